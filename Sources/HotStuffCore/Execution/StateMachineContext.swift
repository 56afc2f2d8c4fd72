internal import Synchronization

/// What the framework gives a state machine when it is made; `Sendable`, so its worker threads may hold it.
public struct StateMachineContext: Sendable {
    private let signals: MachineSignals
    /// Most bytes that a payload may have; part of the genesis configuration.
    public let payloadLimit: ByteCount
    /// Most blocks that are ever applied and not committed: `L` windows, the buffer, and the one being made.
    public let appliedBlockLimit: Int
    /// A directory beside the log for the machine's own tables; it exists and is locked with the replica's.
    public let directory: String
    /// Commands submitted at this replica; what `CommandBlocks` draws from.
    public let commands: CommandQueue

    /// A context for one machine, made by whoever runs it.
    public init(
        signals: MachineSignals, payloadLimit: ByteCount, appliedBlockLimit: Int, directory: String,
        commands: CommandQueue
    ) {
        self.signals = signals
        self.payloadLimit = payloadLimit
        self.appliedBlockLimit = appliedBlockLimit
        self.directory = directory
        self.commands = commands
    }

    /// Says that `propose()` would now find work; cheap, idempotent, from any thread, also while `propose()` runs.
    public func signalWork() { signals.signalWork() }

    /// False once what `propose()` is making will be thrown away.
    ///
    /// Then it may return nil at once, its state half made: the next call is `rollBack()`.
    public var isProposalWanted: Bool { signals.isProposalWanted }
}

/// What other threads tell a state machine that may be in the middle of a call: atomics, no locks.
public final class MachineSignals: Sendable {
    private let hasWork = Atomic(false)
    private let hasEnded = Atomic(false)
    /// The newest generation that an instruction was given for.
    private let newest = Atomic<UInt64>(0)
    /// The generation that the machine is at.
    private let current = Atomic<UInt64>(0)
    private let wake: @Sendable () -> Void

    /// Signals that call `wake`, on the signaller's thread, when the machine's may have something to do.
    public init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Says that `propose()` would now find work.
    public func signalWork() {
        // Only the first of many signals wakes the thread; it takes the flag back before it asks.
        if !hasWork.exchange(true, ordering: .acquiringAndReleasing) { wake() }
    }

    /// Whether what is being made has not been rolled back meanwhile.
    public var isProposalWanted: Bool {
        !hasEnded.load(ordering: .acquiring) && newest.load(ordering: .acquiring) <= current.load(ordering: .acquiring)
    }

    /// Called with each instruction before it is queued, in order and by one thread, so that a proposal in the making
    /// learns of a roll back.
    public func announce(_ instruction: MachineInstruction) {
        if case .rollBack(let generation, _) = instruction { newest.store(generation, ordering: .releasing) }
    }

    /// Nothing is wanted any more: the replica stops.
    public func end() {
        // A flag, not a highest generation: `Atomic<UInt64>.max` compares as if signed in Swift 6.3.1.
        hasEnded.store(true, ordering: .releasing)
    }

    /// The machine has been brought to this generation.
    package func reached(_ generation: UInt64) { current.store(generation, ordering: .releasing) }

    /// Whether there was a signal since the last call.
    func takeWork() -> Bool { hasWork.exchange(false, ordering: .acquiringAndReleasing) }

    /// Whether `takeWork` would say so.
    var isWorkSignalled: Bool { hasWork.load(ordering: .acquiring) }
}
