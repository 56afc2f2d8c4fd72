internal import DequeModule

/// A state machine and what its owner must know of it: what the thread that owns it runs, and the simulator too.
///
/// No threads in here. The owner calls `recover`, then `perform` with each instruction in order and, when none waits,
/// `proposeIfAsked`; every answer goes to the engine in the order in which it was given.
///
/// Its list of applied blocks mirrors the ledger's, so no instruction needs to name a block: what does not decode has a
/// place in it and no effect, and what `rollBack(keepingOldest:)` did not keep is executed again at once.
public struct StateMachineHost<Machine: StateMachine & ~Copyable>: ~Copyable {
    private var machine: Machine
    private let signals: MachineSignals
    private let payloadLimit: ByteCount
    private let clock: @Sendable () -> Timestamp
    /// What is applied and not committed, oldest first.
    private var applied: Deque<Applied> = []
    /// How many of those, from the oldest on, the machine really has: all, unless it had to be rolled back further.
    private var inMachine = 0
    private var generation: UInt64 = 0
    /// How many more proposals may be made.
    private var credit = 0
    /// Whether `propose()` has returned nil and no reason to ask again has come since.
    private var isWaiting = false
    /// Whether `propose()` may have left its state half made; then the next call is `rollBack()`.
    private var isHalfMade = false
    /// What the machine has been called for so far.
    public private(set) var counters = MachineCounters()
    /// From so many bytes on a proposal is left to be checked, by `check(_:)`, by whoever takes the answer.
    public var leavesUnchecked: ByteCount?

    /// Runs `machine`, which was made with a context of these signals.
    ///
    /// - Parameter clock: tells the counters how long calls take; nothing else depends on it.
    public init(
        _ machine: consuming Machine, signals: MachineSignals, payloadLimit: ByteCount,
        clock: @escaping @Sendable () -> Timestamp = { .zero }
    ) {
        self.machine = machine
        self.signals = signals
        self.payloadLimit = payloadLimit
        self.clock = clock
    }

    /// The machine's first call: brings its state to the log's tip.
    ///
    /// - Throws: `StateMachineFault`.
    public mutating func recover(from log: borrowing CommittedLog) throws -> MachineAnswer {
        let tip = log.tip
        do {
            try log.checkTables(at: machine.durablePosition)
            try machine.recover(from: log)
        } catch { throw StateMachineFault(call: .recover, position: nil, cause: error) }
        return .recovered(tip: tip, readings: readings)
    }

    /// Does what the ledger says; nil where it waits for no answer.
    ///
    /// - Parameter load: reads the payload of a decided block from the log, for an instruction that does not carry it.
    /// - Throws: `StateMachineFault`; what `load` throws.
    public mutating func perform(
        _ instruction: MachineInstruction, load: (LogPosition) throws -> Payload
    ) throws -> MachineAnswer? {
        switch instruction {
        case .propose(let generation, let allowance):
            precondition(generation == self.generation, "asked for a proposal of a generation that is not there")
            credit += allowance
            return nil
        case .stopProposing(let generation):
            precondition(generation == self.generation, "told to stop in a generation that is not there")
            credit = 0
            return .stopped(generation: generation)
        case .validate(let block):
            return .validated(block.position, try validate(block.payload ?? load(block.position), at: block.position))
        case .execute(let block):
            try execute(block.payload ?? load(block.position), at: block.position)
            return .executed(block.position, readings: Machine.speculates ? readings : .none)
        case .commit(let position):
            try commit(position)
            return .committed(position, readings: Machine.speculates ? nil : readings)
        case .rollBack(let generation, let count):
            try rollBack(keepingOldest: count)
            self.generation = generation
            signals.reached(generation)
            return .rolledBack(generation: generation, kept: count)
        }
    }

    /// Makes one proposal if one is asked for and the machine is not waiting for work; nil if not, or if what was in
    /// the making is no longer wanted.
    ///
    /// - Throws: `StateMachineFault`; also for a proposal whose bytes are empty, too many, or do not decode.
    public mutating func proposeIfAsked() throws -> MachineAnswer? {
        guard asking == .now else { return nil }
        _ = signals.takeWork()  // before the call: a signal given while `propose()` runs counts
        isWaiting = false
        let start = clock()
        guard let block = try StateMachineFault.naming(.propose, { try machine.propose() }) else {
            guard signals.isProposalWanted else {
                isHalfMade = true
                counters.undoneTime += clock() - start
                return nil
            }
            isWaiting = true
            return .nothingToPropose(generation: generation)
        }
        let payload = try StateMachineFault.naming(.encode) { try usable(Machine.encode(block)) }
        applied.append(Applied(payload: payload, isSkipped: false, isOwn: true, cost: clock() - start))
        inMachine += 1
        credit -= 1
        counters.proposals += 1
        return .proposed(
            generation: generation, payload: payload, readings: Machine.speculates ? readings : .none)
    }

    /// When `proposeIfAsked` would have something to do.
    public var asking: ProposalAsking {
        guard credit > 0, !isHalfMade, signals.isProposalWanted else { return .never }
        guard isWaiting, !signals.isWorkSignalled else { return .now }
        return machine.proposalRetryInterval.map { .onSignal(orAfter: $0) } ?? .onSignal(orAfter: nil)
    }

    /// What of the committed log survives a restart in the machine's own tables; nil for nothing.
    public var durablePosition: LogPosition? { machine.durablePosition }

    /// The pause that `asking` named is over.
    public mutating func retryIsDue() { isWaiting = false }

    /// The machine's last call.
    ///
    /// - Throws: `StateMachineFault`.
    public consuming func close() throws {
        if isHalfMade { try StateMachineFault.naming(.rollBack) { try machine.rollBack() } }
        do { try machine.close() } catch { throw StateMachineFault(call: .close, position: nil, cause: error) }
    }

    // MARK: - Parts

    private var readings: StateReadings {
        StateReadings(digest: machine.stateDigest, wish: machine.wishedValidators)
    }

    /// Applies a payload, or skips it if it does not decode.
    private mutating func execute(_ payload: Payload, at position: LogPosition) throws {
        try undoHalfMade()
        try applyAgain(upTo: applied.count)
        let start = clock()
        let isApplied = try apply(payload, at: position)
        if !isApplied { counters.skips += 1 }
        applied.append(Applied(payload: payload, isSkipped: !isApplied, isOwn: false, cost: clock() - start))
        inMachine += 1
    }

    /// Asks for a verdict on the state that all applied blocks lead to.
    private mutating func validate(_ payload: Payload, at position: LogPosition) throws -> Verdict {
        try undoHalfMade()
        try applyAgain(upTo: applied.count)
        guard let block = Machine.decode(payload) else { return .invalid(reason: "its payload does not decode") }
        counters.validations += 1
        return try StateMachineFault.naming(.validate, at: position) { try machine.validate(block) }
    }

    private mutating func commit(_ position: LogPosition) throws {
        try undoHalfMade()
        try applyAgain(upTo: 1)
        guard let oldest = applied.popFirst() else {
            preconditionFailure("told to commit \(position), and nothing is applied")
        }
        inMachine -= 1
        guard !oldest.isSkipped else { return }
        try StateMachineFault.naming(.commit, at: position) { try machine.commit(position) }
        counters.commits += 1
        if oldest.isOwn { counters.avoidedExecutions += 1 }
    }

    private mutating func rollBack(keepingOldest count: Int) throws {
        precondition(count <= applied.count, "told to keep \(count) blocks, and \(applied.count) are applied")
        credit = 0
        isWaiting = false
        try undoHalfMade()
        if inMachine > count {  // a roll back of nothing costs nothing
            let kept = try machineRollBack(keepingOldest: applied.prefix(count).count { !$0.isSkipped })
            inMachine = place(after: kept)
        }
        for undone in applied.suffix(applied.count - count) where !undone.isSkipped {
            counters.undoneBlocks += 1
            counters.undoneTime += undone.cost
        }
        applied.removeLast(applied.count - count)
        try applyAgain(upTo: count)
    }

    /// Rolls a state half made back to the last commit, where alone the machine copes with it.
    ///
    /// Instructions that were queued before the roll back may still come first, so what they need is applied again.
    private mutating func undoHalfMade() throws {
        guard isHalfMade else { return }
        isHalfMade = false
        inMachine = try machineRollBack(keepingOldest: 0)
    }

    private mutating func machineRollBack(keepingOldest count: Int) throws -> Int {
        counters.rollBacks += 1
        let kept = try StateMachineFault.naming(.rollBack) {
            guard count > 0 else {
                try machine.rollBack()
                return 0
            }
            return try machine.rollBack(keepingOldest: count)
        }
        guard (0...count).contains(kept) else {
            let cause = StateMachineFault.BrokenContract.kept(kept, of: count)
            throw StateMachineFault(call: .rollBack, position: nil, cause: cause)
        }
        return kept
    }

    /// How many applied blocks there are up to the machine's `kept` oldest, those that it was not given included.
    private func place(after kept: Int) -> Int {
        var left = kept
        return applied.firstIndex { block in
            if block.isSkipped { return false }
            left -= 1
            return left < 0
        } ?? applied.count
    }

    /// Gives the machine again what a roll back took and still counts as applied.
    private mutating func applyAgain(upTo count: Int) throws {
        while inMachine < min(count, applied.count) {
            let block = applied[inMachine]
            if !block.isSkipped { _ = try apply(block.payload, at: nil) }
            applied[inMachine].isOwn = false
            inMachine += 1
        }
    }

    /// Gives the machine a payload; false if it does not decode.
    private mutating func apply(_ payload: Payload, at position: LogPosition?) throws -> Bool {
        guard let block = Machine.decode(payload) else { return false }
        try StateMachineFault.naming(.execute, at: position) { try machine.execute(block) }
        counters.executions += 1
        return true
    }

    /// An own proposal's payload, if it may be proposed.
    private func usable(_ payload: Payload) throws -> Payload {
        guard !payload.isEmpty else { throw StateMachineFault.BrokenContract.emptyPayload }
        guard payload.count <= payloadLimit.bytes else {
            throw StateMachineFault.BrokenContract.tooLong(.bytes(payload.count), limit: payloadLimit)
        }
        if leavesUnchecked.map({ payload.count < $0.bytes }) ?? true { try Self.lookThrough(payload) }
        return payload
    }

    private static func lookThrough(_ payload: Payload) throws {
        guard Machine.accepts(payload) else { throw StateMachineFault.BrokenContract.undecodable }
        _ = payload.digest
    }

    /// Sees that a proposal decodes, and computes its digest.
    ///
    /// Both look at every byte, so the replica's thread has no part in it; any other may.
    ///
    /// - Throws: `StateMachineFault`.
    public static func check(_ payload: Payload) throws {
        try StateMachineFault.naming(.encode) { try lookThrough(payload) }
    }
}

/// A block applied to the machine, or skipped in its place.
private struct Applied {
    let payload: Payload
    let isSkipped: Bool
    /// Whether the machine proposed it, and has not executed it since.
    var isOwn: Bool
    /// What proposing or executing it took.
    let cost: Duration
}

/// When a state machine is asked for its next proposal.
public enum ProposalAsking: Sendable, Hashable {
    /// Not before the next instruction.
    case never
    /// At once.
    case now
    /// When it signals work, or after a pause that it named.
    case onSignal(orAfter: Duration?)
}

/// What a state machine was called for, in one life.
public struct MachineCounters: Sendable, Hashable {
    /// Proposals made.
    public var proposals = 0
    /// Blocks executed, those that were executed again after a roll back included.
    public var executions = 0
    /// Blocks whose validity was asked for.
    public var validations = 0
    /// Blocks made final.
    public var commits = 0
    /// Those of them that the machine had proposed itself, and so never executed.
    public var avoidedExecutions = 0
    /// Roll backs that undid something.
    public var rollBacks = 0
    /// Blocks that roll backs undid for good, proposals and executions alike.
    public var undoneBlocks = 0
    /// What proposing and executing them had taken, and proposals that were given up half made.
    public var undoneTime = Duration.zero
    /// Payloads that did not decode.
    public var skips = 0

    /// Nothing yet.
    public init() {}
}
