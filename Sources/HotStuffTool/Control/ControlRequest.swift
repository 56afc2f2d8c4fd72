import HotStuff

/// A line that a client sends to a replica's control socket: words separated by spaces.
///
/// | line | answer |
/// |---|---|
/// | `status` | the replica's picture, now |
/// | `watch REVISION` | its picture, once it differs from the one of that revision |
/// | `submit CLIENT SEQUENCE COMMAND` | what became of the command, once it is applied; the command is the rest of the line |
/// | `marks HEIGHT` | when the synthetic machine committed blocks above that height, at most `Marks.page` of them |
/// | `accounts COUNT` | what the replica has noted of its blocks, with so many of the last ones, at most `AccountsPage.blocks` |
/// | `market BLOCKS SEED` | synthetic trading data for so many of the exchange's blocks is made and kept back; the answer repeats it |
/// | `open` | the exchange may propose what was kept back; the answer says for how many blocks it is |
/// | `proposals FIRST` | what the exchange noted of its proposals from that number on, at most `TradingFloor.page` |
/// | `load PROPOSE EXECUTE` | the synthetic machine's calls take so many microseconds from now on; the answer repeats them |
///
/// Each line is answered by one line of JSON, `ControlAnswer`; those that wait for something may be overtaken.
enum ControlRequest: Sendable, Hashable {
    /// Asks for the picture.
    case status
    /// Asks for a picture newer than that revision.
    case watch(after: UInt64)
    /// Submits a command of a client.
    case submit(CommandID, String)
    /// Asks for the synthetic machine's marks above a height.
    case marks(after: Height)
    /// Asks for what the replica has noted, with so many of the last blocks.
    case accounts(ofLast: Int)
    /// Makes trading data for so many blocks.
    case market(blocks: Int, seed: UInt64)
    /// Lets the exchange propose what was made.
    case open
    /// Asks for what the exchange has noted, from this proposal on.
    case proposals(from: Int)
    /// Sets what the synthetic machine's calls cost, in microseconds.
    case load(proposeMicroseconds: Int64, executeMicroseconds: Int64)

    /// What a call may cost at most: a minute.
    private static let longestCall: UInt64 = 60_000_000

    /// Why a line is no request.
    struct Malformed: Error, Hashable {
        /// What to send instead.
        let reason: String
    }

    /// Reads a line; total.
    init(line bytes: [UInt8]) throws(Malformed) {
        guard let line = String(validating: bytes, as: UTF8.self) else { throw Malformed(reason: "not UTF-8") }
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true)
        switch (words.first, words.count) {
        case ("status", 1): self = .status
        case ("watch", 2):
            self = .watch(after: try Self.number(words[1], "REVISION"))
        case ("submit", 4):
            let id = CommandID(
                client: try Self.number(words[1], "CLIENT"), sequence: try Self.number(words[2], "SEQUENCE"))
            self = .submit(id, String(words[3]))
        case ("marks", 2):
            self = .marks(after: Height(try Self.number(words[1], "HEIGHT")))
        case ("accounts", 2):
            self = .accounts(ofLast: Int(clamping: try Self.number(words[1], "COUNT")))
        case ("market", 3):
            let blocks = try Self.number(words[1], "BLOCKS")
            guard (1...UInt64(TradingFloor.mostBlocks)).contains(blocks) else {
                throw Malformed(reason: "BLOCKS is 1 to \(TradingFloor.mostBlocks)")
            }
            self = .market(blocks: Int(blocks), seed: try Self.number(words[2], "SEED"))
        case ("open", 1): self = .open
        case ("proposals", 2): self = .proposals(from: Int(clamping: try Self.number(words[1], "FIRST")))
        case ("load", 3):
            let propose = try Self.number(words[1], "PROPOSE")
            let execute = try Self.number(words[2], "EXECUTE")
            guard propose <= Self.longestCall, execute <= Self.longestCall else {
                throw Malformed(reason: "a call takes at most \(Self.longestCall) microseconds")
            }
            self = .load(proposeMicroseconds: Int64(propose), executeMicroseconds: Int64(execute))
        default:
            throw Malformed(
                reason: "send status | watch REVISION | submit CLIENT SEQUENCE COMMAND | marks HEIGHT | "
                    + "accounts COUNT | market BLOCKS SEED | open | proposals FIRST | load PROPOSE EXECUTE")
        }
    }

    /// The line.
    var line: String {
        switch self {
        case .status: "status"
        case .watch(let revision): "watch \(revision)"
        case .submit(let id, let command): "submit \(id.client) \(id.sequence) \(command)"
        case .marks(let height): "marks \(height)"
        case .accounts(let count): "accounts \(count)"
        case .market(let blocks, let seed): "market \(blocks) \(seed)"
        case .open: "open"
        case .proposals(let first): "proposals \(first)"
        case .load(let propose, let execute): "load \(propose) \(execute)"
        }
    }

    private static func number(_ word: Substring, _ name: String) throws(Malformed) -> UInt64 {
        guard let number = UInt64(word) else { throw Malformed(reason: "\(name) is not a whole number") }
        return number
    }
}
