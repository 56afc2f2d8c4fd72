import Foundation
import HotStuff
import HotStuffSimulator
import HotStuffStorage
import KeyValue
import Synchronization
import Testing

@Suite("A key-value store with tables of its own", .serialized, .timeLimit(.minutes(5)))
struct StoredKeyValueTests {
    @Test("has the same replies and digests as the one in memory, in both forms")
    func formsAgree() throws {
        let directory = try Directory()
        var inMemory = KeyValue()
        var stored = try StoredKeyValue(directory: directory.new(), batch: .init(blocks: 3))
        var random = Generator(state: 1)
        for height: UInt64 in 1...300 {
            let line = Self.line(&random)
            #expect(try stored.apply(line) == inMemory.apply(line), "\(line)")
            try stored.commit(LogPosition(height: Height(height), block: .zero))
            #expect(stored.stateDigest == inMemory.stateDigest)
        }
    }

    @Test("is given at a start what its tables lack, and still knows whom it has answered what")
    func recovers() async throws {
        let network = try Network(1)
        let id = CommandID(client: 7, sequence: 1)
        let first = try Self.replica(network)
        try await first.start()
        let reply = try await first.submit("add k 3", to: StoredKeyValue.self, id: id)
        #expect(try await first.submit("add k 4", to: StoredKeyValue.self).value == "7")
        try await first.stop()

        let second = try Self.replica(network)
        let events = second.events
        try await second.start()
        let again = try await second.submit("add k 3", to: StoredKeyValue.self, id: id)
        #expect(again.value == "3")
        #expect(again.position == reply.position)
        #expect(try await second.submit("add k 1", to: StoredKeyValue.self).value == "8")
        try await second.stop()
        for await case .recovering(let height, _) in events {
            #expect(height > again.position.height, "what the tables have is not read again")
        }
    }

    @Test("recovers whenever a recovery was interrupted")
    func interrupted() async throws {
        let network = try Network(1)
        let first = try Self.replica(network)
        try await first.start()
        for number in 1...40 { _ = try await first.submit("add k\(number % 3) \(number)", to: StoredKeyValue.self) }
        try await first.stop()
        let configuration = network.configurations[0]
        let log = try ReplicaStore.open(
            directory: configuration.directory, genesis: configuration.genesis, key: configuration.identity.key)
        let blocks = try log.reader()
        let directory = try Directory()
        let tables = directory.new()

        for interruption in stride(from: blocks.tip.height.rawValue / 8, to: blocks.tip.height.rawValue, by: 7) {
            var machine = try Self.machine(in: tables)
            let cut = CutOff(blocks: blocks, from: Height(interruption))
            do {
                try machine.recover(from: CommittedLog(cut, applicationData: []))
                Issue.record("the recovery was not interrupted at \(interruption)")
            } catch is CutOff.Interrupted {}
        }
        var last = try Self.machine(in: tables)
        try last.recover(from: CommittedLog(blocks, applicationData: []))
        var plain = try Self.machine(in: directory.new())
        try plain.recover(from: CommittedLog(blocks, applicationData: []))
        #expect(last.stateDigest == plain.stateDigest)
    }

    @Test("refuses a log that its tables are not of, until they are removed")
    func refuses() async throws {
        let (one, other) = (try Network(1), try Network(1))
        for network in [one, other] {
            let replica = try Self.replica(network)
            try await replica.start()
            _ = try await replica.submit("set k \(network.directory)", to: StoredKeyValue.self)
            try await replica.stop()
        }
        let place = one.configurations[0].directory + "/machine"
        removeDirectory(place)
        try FileManager.default.moveItem(atPath: other.configurations[0].directory + "/machine", toPath: place)
        let replica = try Self.replica(one)
        let error = await #expect(throws: ReplicaError.self) { try await replica.start() }
        #expect(error?.code == .stateAheadOfLog)
        #expect(error?.message.contains("they belong to another log") == true)

        removeDirectory(place)
        let cured = try Self.replica(one)
        try await cured.start()
        #expect(try await cured.submit("get k", to: StoredKeyValue.self).value == one.directory)
        try await cured.stop()
    }

    @Test("keeps the contract when it runs ahead, and in simulated clusters")
    func runsAhead() throws {
        let directory = try Directory()
        try ContractCheck().run(seeds: 0..<4) { context in
            try Self.fill(context.commands)
            return try SpeculativeKeyValue(
                context: context.with(directory: directory.new()), batch: .init(blocks: 5))
        }
        var simulation = Simulation()
        simulation.duration = .seconds(5)
        try simulation.run(seeds: 0..<2) { context in
            try Self.fill(context.commands)
            return try SpeculativeKeyValue(
                context: context.with(directory: directory.new()), batch: .init(blocks: 5))
        }
    }

    @Test("keeps the contract under CommandBlocks")
    func underCommandBlocks() throws {
        let directory = try Directory()
        try ContractCheck().run(seeds: 0..<4) { context in
            try Self.fill(context.commands)
            let machine = try StoredKeyValue(directory: directory.new(), batch: .init(blocks: 5))
            var policy = BatchPolicy()
            policy.maximumCommands = 3
            return CommandBlocks(machine, context: context, batch: policy)
        }
    }

    @Test("is printed as a small machine that keeps its tables too")
    func printedProgram() async throws {
        let network = try Network(1)
        var counts: [[UInt8]?] = []
        for _ in 0..<2 {
            let words = Mutex(["a", "b", "a"])
            let replica = try Replica(configuration: network.configurations[0]) { context in
                try WordCount(context: context) { words.withLock { $0.popLast() } }
            }
            try await replica.start()
            try await replica.waitForPayloads(3 * (counts.count + 1))
            try await replica.stop()
            let store = try OverlayStore(directory: network.configurations[0].directory + "/machine")
            counts.append(try store.value(for: Array("a".utf8)))
        }
        #expect(counts == [[2], [4]])
    }

    // MARK: - Parts

    private static func replica(_ network: Network) throws -> Replica {
        try Replica(configuration: network.configurations[0]) { context in
            CommandBlocks(try StoredKeyValue(directory: context.directory), context: context)
        }
    }

    private static func machine(in directory: String) throws -> CommandBlocks<StoredKeyValue> {
        let context = StateMachineContext(
            signals: MachineSignals {}, payloadLimit: .mebibytes(1), appliedBlockLimit: 10, directory: directory,
            commands: CommandQueue(clock: { .zero }, signalWork: {}))
        return CommandBlocks(try StoredKeyValue(directory: directory, batch: .init(blocks: 5)), context: context)
    }

    private static let clients = Atomic<UInt64>(0)

    /// Ten lines for a machine whose check gives it none, of a client of its own that has another one for each answer.
    private static func fill(_ queue: CommandQueue) throws {
        let client = clients.wrappingAdd(1, ordering: .relaxed).newValue
        for sequence: UInt64 in 1...10 { try submit(CommandID(client: client, sequence: sequence), to: queue) }
    }

    private static func submit(_ id: CommandID, to queue: CommandQueue) throws {
        var random = Generator(state: id.client << 32 + id.sequence)
        try queue.submit(line(&random).payload, id: id) { outcome in
            guard outcome != .stopped else { return }
            // Refused when the queue has closed meanwhile, and then nobody waits for it.
            try? submit(CommandID(client: id.client, sequence: id.sequence + 10), to: queue)
        }
    }

    private static func line(_ random: inout Generator) -> String {
        let key =
            ["a", "b", "e\u{301}", "\u{e9}", String(repeating: "k", count: 257)].randomElement(using: &random) ?? ""
        let number = Int64.random(in: -9...9, using: &random)
        return [
            "set \(key) \(number)", "add \(key) \(number)", "delete \(key)", "get \(key)", "set \(key) word", "what",
        ]
        .randomElement(using: &random) ?? ""
    }
}

/// A log whose reader fails from some height on, as a process that is killed there.
private struct CutOff: CommittedBlocks {
    struct Interrupted: Error {}

    let blocks: LogReader
    let from: Height

    var tip: LogPosition { blocks.tip }
    var tipProof: CommitProof? { blocks.tipProof }
    var firstHeight: Height { blocks.firstHeight }
    func block(at height: Height) throws -> Block? {
        guard height < from else { throw Interrupted() }
        return try blocks.block(at: height)
    }
    func header(at height: Height) throws -> BlockHeader? { try blocks.header(at: height) }
    func position(at height: Height) throws -> LogPosition? { try blocks.position(at: height) }
    func block(with hash: Digest) throws -> Block? { try blocks.block(with: hash) }
}

/// A directory in which machines have directories of their own; goes with this value.
private final class Directory: Sendable {
    private let path: String
    private let count = Atomic<UInt64>(0)

    init() throws { path = try makeTemporaryDirectory() }

    deinit { removeDirectory(path) }

    func new() -> String { "\(path)/\(count.wrappingAdd(1, ordering: .relaxed).newValue)" }
}

extension StateMachineContext {
    fileprivate func with(directory: String) -> StateMachineContext {
        StateMachineContext(
            signals: MachineSignals {}, payloadLimit: payloadLimit, appliedBlockLimit: appliedBlockLimit,
            directory: directory, commands: commands)
    }
}

private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
