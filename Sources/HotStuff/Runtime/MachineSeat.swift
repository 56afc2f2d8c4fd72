import Synchronization

/// What other threads share with the state machine's: its instructions, its signals and its commands.
final class MachineSeat: Sendable {
    /// What is to be done, in order; bounded by the engine's credit and its limit on decided blocks.
    let instructions: Inbox<MachineInstruction>
    let signals: MachineSignals
    let commands: CommandQueue
    private let abandoned = Atomic(false)
    private let needed = Atomic<UInt64>(1)

    /// The seat of a machine that does not exist yet.
    init(_ configuration: Configuration) {
        let instructions = Inbox<MachineInstruction>()
        let signals = MachineSignals { instructions.wake() }
        var limits = CommandQueue.Limits()
        limits.size = configuration.commandQueue
        limits.payload = configuration.genesis.payloadLimit
        let clock = configuration.clock
        self.instructions = instructions
        self.signals = signals
        commands = CommandQueue(limits: limits, clock: { clock.now }, signalWork: { signals.signalWork() })
    }

    /// Queues an instruction; a proposal in the making learns of a roll back at once.
    func give(_ instruction: MachineInstruction) {
        signals.announce(instruction)
        instructions.post(instruction)
    }

    /// The machine says what of the log it no longer needs: what survives in its own tables, of what it has made final.
    ///
    /// - Parameters:
    ///   - durable: its `durablePosition`; nil if it needs all.
    ///   - final: the newest block that it was told is final; what it claims beyond that is not believed.
    func noteDurable(_ durable: LogPosition?, final: LogPosition) {
        let kept = durable.map { min($0.height, final.height) } ?? .genesis
        needed.store(kept.successor?.rawValue ?? .max, ordering: .releasing)
    }

    /// The lowest height that the machine still needs from the log: all of it, until it has said so.
    var neededFrom: Height { Height(needed.load(ordering: .acquiring)) }

    /// No more instructions come: the machine does those that are there, and closes.
    func close() {
        signals.end()
        instructions.close()
    }

    /// What is still to be done is left: the machine closes after its present call.
    func abandon() {
        abandoned.store(true, ordering: .releasing)
        close()
    }

    /// Whether what is still to be done is left.
    var isAbandoned: Bool { abandoned.load(ordering: .acquiring) }
}
