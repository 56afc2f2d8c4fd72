import ArgumentParser
import BatchExchange
import Foundation
import HotStuff
import HotStuffStorage
import KeyValue

/// `hotstuff replay`: executes a block again after which a replica's state differed from a quorum's.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Execute a block again after which a replica's state differed.",
        discussion: """
            A replica whose state machine computed something else than a quorum's keeps the block and both digests in a \
            file, divergence-HEIGHT, in its data directory. This takes a new state machine through the log beside the \
            file up to that block, executes it, and says whose digest comes out; twice, so that a machine that computes \
            something else each time shows itself. The replica may be running.
            """)

    @Argument(help: "The file that the replica has kept.")
    var file: String

    @Option(
        help: ArgumentHelp("The replica's configuration; without it, config.json beside its data.", valueName: "file"))
    var config: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let kept = try DivergenceFile(contentsOf: file)
        var place = LogPlace()
        place.data = URL(fileURLWithPath: file).deletingLastPathComponent().path
        place.config = config
        let application = try Application(place.neededConfiguration().application)
        let replay = Replay(
            kept: kept, log: try place.open().reader(), genesis: try place.neededConfiguration().genesis)
        let found = try (0..<2).map { _ in try replay.run(application) }
        let verdict = Verdict(found, kept.divergence)
        try output.publish(
            [
                "height": .height(kept.divergence.position.height),
                "block": .string(kept.divergence.position.block.hexadecimalText),
                "replica": .string(kept.divergence.replica.base64),
                "digest": .string(kept.divergence.digest.hexadecimalText),
                "quorum": .string(kept.divergence.quorum.hexadecimalText),
                "replayed": .array(found.map { $0.map { .string($0.hexadecimalText) } ?? .null }),
                "verdict": .string(verdict.rawValue),
            ],
            human: """
                block \(kept.divergence.position): the replica had \(kept.divergence.digest), a quorum \
                \(kept.divergence.quorum); executed again: \(found.map { $0.map { "\($0)" } ?? "none" }.joined(separator: ", "))
                \(verdict.text)
                """)
    }

    /// What the digests mean.
    private enum Verdict: String {
        case quorum, replica, other, changing

        init(_ found: [Digest?], _ divergence: Divergence) {
            if Set(found).count > 1 {
                self = .changing
            } else if found.first == divergence.quorum {
                self = .quorum
            } else {
                self = found.first == divergence.digest ? .replica : .other
            }
        }

        var text: String {
            switch self {
            case .quorum:
                "as the quorum: this program is right, and what the replica had came of another program, of damage, or of "
                    + "chance; start it anew from its log"
            case .replica:
                "as the replica: this program does what it did, and the quorum's does something else; compare versions"
            case .other:
                "as neither: the state machine depends on something else than the log, or this is a third program"
            case .changing: "another state each time: the state machine is not deterministic"
            }
        }
    }
}

/// Takes a new state machine through a log up to a block that was kept.
struct Replay {
    let kept: DivergenceFile
    let log: LogReader
    let genesis: Genesis

    /// The digest after the block.
    func run(_ application: Application) throws -> Digest? {
        let directory = try WorkingDirectory(nil, prefix: "hotstuff-replay")
        return switch application {
        case .keyValue: try run(directory) { CommandBlocks(KeyValue(), context: $0) }
        case .storedKeyValue:
            try run(directory) { CommandBlocks(try StoredKeyValue(directory: $0.directory), context: $0) }
        case .speculativeKeyValue: try run(directory) { try SpeculativeKeyValue(context: $0) }
        case .synthetic(let load): try run(directory) { _ in SyntheticMachine(load, on: MachineBoard()) }
        case .verifiedExchange(_, let accounts):
            // The replicas did not execute; here the exchange itself does.
            try run(directory) { context in
                BatchExchange(try ExchangeBench.rules(accounts: accounts), pool: TransactionPool(), context: context)
            }
        }
    }

    private func run<Machine: StateMachine & ~Copyable>(
        _ directory: WorkingDirectory, _ make: (StateMachineContext) throws -> Machine
    ) throws -> Digest? {
        let signals = MachineSignals {}
        let context = StateMachineContext(
            signals: signals, payloadLimit: genesis.payloadLimit, appliedBlockLimit: 1, directory: directory.path,
            commands: CommandQueue(clock: { .zero }, signalWork: {}))
        var host = StateMachineHost(try make(context), signals: signals, payloadLimit: genesis.payloadLimit)
        let position = kept.divergence.position
        guard try log.position(at: position.height) == position else {
            throw ToolError(
                "the log beside the file has no block \(position)", remedy: "leave the file in its replica's directory")
        }
        _ = try host.recover(
            from: CommittedLog(LogBelow(log: log, height: position.height), applicationData: genesis.applicationData))
        let block = DecidedPayload(position: position, payload: kept.payload)
        var digest: Digest?
        if case .executed(_, let readings) = try host.perform(.execute(block), load: { _ in kept.payload }) {
            digest = readings.digest
        }
        if case .committed(_, let readings?) = try host.perform(.commit(position), load: { _ in kept.payload }) {
            digest = readings.digest
        }
        return digest
    }
}

/// A log as it was before the block at a height.
private struct LogBelow: CommittedBlocks {
    let log: LogReader
    let height: Height

    var tip: LogPosition {
        get throws {
            guard height > .genesis, let tip = try log.position(at: Height(height.rawValue - 1)) else {
                throw ToolError("the log has nothing below height \(height)", remedy: "replay where all is kept")
            }
            return tip
        }
    }
    var tipProof: CommitProof? { nil }
    var firstHeight: Height { log.firstHeight }
    func block(at height: Height) throws -> Block? { try log.block(at: height) }
    func header(at height: Height) throws -> BlockHeader? { try log.header(at: height) }
    func position(at height: Height) throws -> LogPosition? { try log.position(at: height) }
    func block(with hash: Digest) throws -> Block? { try log.block(with: hash) }
}
