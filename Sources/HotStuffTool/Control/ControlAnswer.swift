import BatchExchange
import Foundation
import HotStuff

/// A line that a replica's control socket answers with: a JSON object with one member, which says what it is.
enum ControlAnswer: Codable, Sendable, Hashable {
    /// The replica as it is.
    case picture(Picture)
    /// What became of a command.
    case command(CommandResult)
    /// A page of the synthetic machine's marks.
    case marks(Marks)
    /// What the replica has noted of its blocks.
    case accounts(AccountsPage)
    /// The synthetic machine's calls cost this from now on.
    case load(SyntheticMachine.Load)
    /// There is trading data for so many blocks.
    case market(blocks: Int)
    /// What the exchange has noted of its proposals.
    case proposals([ProposalMark])
    /// The request could not be served.
    case refused(Refusal)

    /// What became of one client's command.
    struct CommandResult: Codable, Sendable, Hashable {
        /// Who numbers.
        let client: UInt64
        /// The command's number.
        let sequence: UInt64
        /// What the machine replied; nil where that is not known, as the command was applied before.
        let reply: String?
        /// The block that applied it; nil as above.
        let height: UInt64?
    }

    /// Why a request was not served.
    struct Refusal: Codable, Sendable, Hashable {
        /// What to branch on.
        let code: Code
        /// What is wrong and what would be right.
        let reason: String
        /// Which command it is about; nil if it is about none.
        var client: UInt64?
        /// That command's number.
        var sequence: UInt64?

        /// Kinds of refusals.
        enum Code: String, Codable, Sendable {
            /// The line is no request.
            case malformed
            /// Another replica leads: submit there.
            case notLeader
            /// An earlier command of the client was refused: submit from that one on again.
            case outOfOrder
            /// There is no room: submit again later.
            case full
            /// The replica's state machine has no such thing.
            case unsupported
            /// The replica stops.
            case stopping
        }
    }

    /// The answer on one line.
    var line: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return #"{"refused":{"code":"unsupported","reason":""}}"# }
        return String(decoding: data, as: UTF8.self)
    }

    /// Reads a line.
    init(line: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(ControlAnswer.self, from: Data(line))
        } catch {
            throw ToolError(
                "a replica's control socket answered \(String(decoding: line.prefix(200), as: UTF8.self))",
                remedy: "run replicas and tool of the same version")
        }
    }

    private enum Kind: String, CodingKey {
        case picture
        case command
        case marks
        case accounts
        case load
        case market
        case proposals
        case refused
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Kind.self)
        if let picture = try container.decodeIfPresent(Picture.self, forKey: .picture) {
            self = .picture(picture)
        } else if let result = try container.decodeIfPresent(CommandResult.self, forKey: .command) {
            self = .command(result)
        } else if let marks = try container.decodeIfPresent(Marks.self, forKey: .marks) {
            self = .marks(marks)
        } else if let accounts = try container.decodeIfPresent(AccountsPage.self, forKey: .accounts) {
            self = .accounts(accounts)
        } else if let microseconds = try container.decodeIfPresent([Int64].self, forKey: .load) {
            guard microseconds.count == 2 else {
                throw DecodingError.dataCorruptedError(forKey: .load, in: container, debugDescription: "not two times")
            }
            self = .load(.init(propose: .microseconds(microseconds[0]), execute: .microseconds(microseconds[1])))
        } else if let blocks = try container.decodeIfPresent(Int.self, forKey: .market) {
            self = .market(blocks: blocks)
        } else if let marks = try container.decodeIfPresent([ProposalMark].self, forKey: .proposals) {
            self = .proposals(marks)
        } else {
            self = .refused(try container.decode(Refusal.self, forKey: .refused))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Kind.self)
        switch self {
        case .picture(let picture): try container.encode(picture, forKey: .picture)
        case .command(let result): try container.encode(result, forKey: .command)
        case .marks(let marks): try container.encode(marks, forKey: .marks)
        case .accounts(let accounts): try container.encode(accounts, forKey: .accounts)
        case .load(let load):
            let microseconds = [load.propose, load.execute].map { Int64(clamping: $0.wholeNanoseconds / 1_000) }
            try container.encode(microseconds, forKey: .load)
        case .market(let blocks): try container.encode(blocks, forKey: .market)
        case .proposals(let marks): try container.encode(marks, forKey: .proposals)
        case .refused(let refusal): try container.encode(refusal, forKey: .refused)
        }
    }
}
