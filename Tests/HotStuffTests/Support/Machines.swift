@testable import HotStuff

/// Adds a number a block, and tells a probe what it was called for.
struct Adder: StateMachine {
    private var total: UInt64 = 0
    private var applied: [UInt64] = []
    private let probe: Probe

    init(_ probe: Probe) { self.probe = probe }

    mutating func propose() throws -> UInt64? {
        try probe.call(.propose)
        let step = total % 9 + 1
        add(step)
        return step
    }

    static func encode(_ step: UInt64) -> Payload { Payload { $0.append(step) } }

    static func decode(_ payload: Payload) -> UInt64? {
        var reader = payload.reader
        guard let step = reader.read(UInt64.self), reader.isAtEnd else { return nil }
        return step
    }

    mutating func execute(_ step: UInt64) throws {
        try probe.call(.execute)
        add(step)
    }

    mutating func commit(_ position: LogPosition) throws {
        try probe.call(.commit)
        let step = applied.removeFirst()
        probe.committed(step, at: position)
    }

    mutating func rollBack() throws {
        try probe.call(.rollBack)
        for step in applied { total &-= step }
        applied.removeAll()
    }

    var stateDigest: Digest? { Payload { $0.append(total) }.digest }

    consuming func close() throws { probe.closed() }

    private mutating func add(_ step: UInt64) {
        total &+= step
        applied.append(step)
    }
}

/// What survives a restart of a machine that keeps tables of its own; a test keeps it in memory.
final class Notebook: Sendable {
    private let page = Watched<(total: UInt64, position: LogPosition)?>(nil)

    /// What was written down last.
    var entry: (total: UInt64, position: LogPosition)? { page.value }

    func write(_ total: UInt64, _ position: LogPosition) { page.update { $0 = (total, position) } }
}

/// Adds as `Adder` does, and needs nothing of the log that is in its notebook.
struct KeepingAdder: StateMachine {
    private var total: UInt64
    private var applied: [UInt64] = []
    private let notebook: Notebook

    init(_ notebook: Notebook) {
        self.notebook = notebook
        total = notebook.entry?.total ?? 0
    }

    var durablePosition: LogPosition? { notebook.entry?.position }

    mutating func propose() -> UInt64? {
        let step = total % 9 + 1
        execute(step)
        return step
    }

    static func encode(_ step: UInt64) -> Payload { Adder.encode(step) }
    static func decode(_ payload: Payload) -> UInt64? { Adder.decode(payload) }

    mutating func execute(_ step: UInt64) {
        total &+= step
        applied.append(step)
    }

    mutating func commit(_ position: LogPosition) {
        let step = applied.removeFirst()
        notebook.write((notebook.entry?.total ?? 0) &+ step, position)
    }

    mutating func rollBack() {
        for step in applied { total &-= step }
        applied.removeAll()
    }

    var stateDigest: Digest? { Payload { $0.append(total) }.digest }
}

/// What a test sees of a state machine.
final class Probe: Sendable {
    private struct State {
        var counts: [ReplicaError.Call: Int] = [:]
        var total: UInt64 = 0
        var positions: [LogPosition] = []
        var isClosed = false
    }

    struct Planned: Error, Hashable {}

    private let state = Watched(State())
    /// Which call throws, at its how-many-th time.
    private let failing: (call: ReplicaError.Call, number: Int)?

    init(failing: (call: ReplicaError.Call, number: Int)? = nil) { self.failing = failing }

    func call(_ call: ReplicaError.Call) throws {
        let count = state.update { state in
            state.counts[call, default: 0] += 1
            return state.counts[call, default: 0]
        }
        if let failing, failing.call == call, failing.number == count { throw Planned() }
    }

    /// Returns once so many blocks are final in the machine, which may be later than in the log.
    func waitForCommits(_ count: Int) async {
        await state.waitToTheEnd { $0.positions.count >= count ? () : nil }
    }

    func committed(_ step: UInt64, at position: LogPosition) {
        state.update { state in
            state.total &+= step
            state.positions.append(position)
        }
    }

    func closed() { state.update { $0.isClosed = true } }

    func count(of call: ReplicaError.Call) -> Int { state.update { $0.counts[call] ?? 0 } }
    var total: UInt64 { state.update { $0.total } }
    var positions: [LogPosition] { state.update { $0.positions } }
    var isClosed: Bool { state.update { $0.isClosed } }
}
