internal import HotStuffCore

/// A state machine that is called directly, without the host that would make up for what it does wrong.
final class CalledMachine<Machine: StateMachine & ~Copyable> {
    /// Commands submitted to it.
    let commands: CommandQueue
    private var machine: Machine
    private let signals = MachineSignals {}
    private let payloadLimit: ByteCount
    private var generation: UInt64 = 0

    /// A machine that has recovered from `log`.
    init(genesis: Genesis, log: DiskImage, make: (StateMachineContext) throws -> Machine) throws {
        payloadLimit = genesis.payloadLimit
        let signals = signals
        let commands = CommandQueue(clock: { .zero }, signalWork: { signals.signalWork() })
        self.commands = commands
        let context = StateMachineContext(
            signals: signals, payloadLimit: payloadLimit, appliedBlockLimit: 1_024, directory: "", commands: commands)
        do { machine = try make(context) } catch { throw ContractBreach(description: "making it failed: \(error)") }
        try named("recover(from:)") {
            try machine.recover(from: CommittedLog(log, applicationData: genesis.applicationData))
        }
    }

    /// Of the state, applied blocks included.
    var digest: Digest? { machine.stateDigest }

    /// Proposes; nil if there is nothing to propose.
    func propose() throws -> Payload? {
        guard let block = try named("propose()", { try machine.propose() }) else { return nil }
        let payload = try named("encode(_:)") { try Machine.encode(block) }
        guard !payload.isEmpty else { throw ContractBreach(description: "encode(_:) gave no bytes") }
        guard payload.count <= payloadLimit.bytes else {
            throw ContractBreach(
                description: "encode(_:) gave \(payload.count) bytes, more than the \(payloadLimit) allowed")
        }
        guard let decoded = try decoded(payload) else {
            throw ContractBreach(description: "decode(_:) refuses what encode(_:) gave")
        }
        guard try named("encode(_:)", { try Machine.encode(decoded) }) == payload else {
            throw ContractBreach(description: "what decode(_:) gives encodes to other bytes than it was decoded from")
        }
        return payload
    }

    /// Proposes while nobody wants it any more, so that the state may be left half made, and rolls that back.
    func proposeInVain() throws {
        generation += 1
        signals.announce(.rollBack(generation: generation, keepingOldest: 0))
        _ = try named("propose()") { try machine.propose() }
        try rollBack()
        signals.reached(generation)
    }

    /// Applies a payload; false if it holds no block.
    func execute(_ payload: Payload) throws -> Bool {
        guard let block = try decoded(payload) else { return false }
        try named("execute(_:)") { try machine.execute(block) }
        return true
    }

    /// What it says of a payload before a vote; nil if that holds no block.
    func verdict(on payload: Payload) throws -> Verdict? {
        guard let block = try decoded(payload) else { return nil }
        return try named("validate(_:)") { try machine.validate(block) }
    }

    private func decoded(_ payload: Payload) throws -> Machine.Block? {
        let block = Machine.decode(payload)
        guard Machine.accepts(payload) == (block != nil) else {
            throw ContractBreach(description: "accepts(_:) and decode(_:) disagree about \(payload.count) bytes")
        }
        return block
    }

    /// Makes the oldest applied block final.
    func commit(_ position: LogPosition) throws { try named("commit(_:)") { try machine.commit(position) } }

    /// Undoes what is applied.
    func rollBack() throws { try named("rollBack()") { try machine.rollBack() } }

    /// Undoes the newest applied blocks; how many it kept.
    func rollBack(keepingOldest count: Int) throws -> Int {
        guard count > 0 else {
            try rollBack()
            return 0
        }
        let kept = try named("rollBack(keepingOldest:)") { try machine.rollBack(keepingOldest: count) }
        guard (0...count).contains(kept) else {
            throw ContractBreach(description: "rollBack(keepingOldest: \(count)) says that it kept \(kept)")
        }
        return kept
    }

    private func named<R>(_ call: String, _ body: () throws -> R) throws -> R {
        do { return try body() } catch { throw ContractBreach(description: "\(call) threw \(error)") }
    }
}
