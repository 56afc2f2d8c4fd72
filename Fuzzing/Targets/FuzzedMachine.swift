internal import HotStuffCore

/// A state machine in its host, which does what the engine says whenever the input lets it.
final class FuzzedMachine {
    /// Takes any payload but those of three bytes, has nothing to propose every fourth time, and doubts every eighth block.
    private struct Machine: StateMachine {
        private var calls: UInt8 = 0

        mutating func propose() -> UInt8? {
            calls &+= 1
            return calls & 3 == 3 ? nil : calls
        }
        static func encode(_ block: UInt8) -> Payload { Payload { $0.append(block) } }
        static func decode(_ payload: Payload) -> UInt8? { payload.count == 3 ? nil : 0 }
        mutating func execute(_ block: UInt8) {}
        mutating func validate(_ block: UInt8) -> Verdict {
            calls &+= 1
            return calls & 7 == 7 ? .invalid(reason: "every eighth") : .valid
        }
        mutating func commit(_ position: LogPosition) {}
        mutating func rollBack() {}
        var stateDigest: Digest? { Digest(of: [calls]) }
        var proposalRetryInterval: Duration? { .zero }
    }

    /// A log without a block.
    private struct EmptyLog: CommittedBlocks {
        let tip: LogPosition
        let tipProof: CommitProof? = nil
        let firstHeight = Height(1)
        func block(at height: Height) -> Block? { nil }
        func header(at height: Height) -> BlockHeader? { nil }
        func position(at height: Height) -> LogPosition? { height == .genesis ? tip : nil }
        func block(with hash: Digest) -> Block? { nil }
    }

    private let signals = MachineSignals {}
    private var host: StateMachineHost<Machine>
    private var instructions: [MachineInstruction] = []
    private let genesis: LogPosition
    private var isRecovered = false

    init(_ genesis: Genesis) {
        host = StateMachineHost(Machine(), signals: signals, payloadLimit: genesis.payloadLimit)
        self.genesis = genesis.genesisPosition
    }

    /// How much is queued.
    var backlog: Int { instructions.count }

    /// Takes an instruction, to be done later.
    func take(_ instruction: MachineInstruction) {
        signals.announce(instruction)
        instructions.append(instruction)
    }

    /// Does the next thing, if there is one.
    func step(_ load: (LogPosition) -> Payload) throws -> MachineAnswer? {
        guard isRecovered else {
            isRecovered = true
            return try host.recover(from: CommittedLog(EmptyLog(tip: genesis), applicationData: []))
        }
        guard !instructions.isEmpty else {
            host.retryIsDue()
            return try host.proposeIfAsked()
        }
        return try host.perform(instructions.removeFirst(), load: load)
    }
}
