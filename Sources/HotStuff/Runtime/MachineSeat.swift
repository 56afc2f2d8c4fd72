import Synchronization

/// What other threads share with the state machine's: its instructions, its signals and its commands.
final class MachineSeat: Sendable {
    /// What is to be done, in order; bounded by the engine's credit and its limit on decided blocks.
    let instructions: Inbox<MachineInstruction>
    let signals: MachineSignals
    let commands: CommandQueue
    private let abandoned = Atomic(false)

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
