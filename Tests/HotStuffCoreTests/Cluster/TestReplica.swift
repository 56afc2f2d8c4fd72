@testable import HotStuffCore

/// One replica of a test cluster: an engine, a log that survives, a state machine that does not.
final class TestReplica {
    let index: Int
    let key: ValidatorKey
    let log: MemoryLog
    private(set) var engine: EngineBox?
    private(set) var life = 0
    var writeDone = Timestamp.zero
    var requests: UInt64 = 0
    var answers: [(id: ProposeRequest.ID, result: Result<Proposed, ProposeError>)] = []
    var checked = 0
    var lastSigned: VotingRecord.Voted?

    private var host: HostBox?
    private var signals = MachineSignals {}
    private var instructions: [MachineInstruction] = []
    private var work: Work?
    private let genesis: Genesis

    /// What the machine's thread is busy with.
    private enum Work {
        case recover
        case instruction(MachineInstruction)
        case propose
    }

    /// A class around the value, so that it is stepped in place.
    final class EngineBox {
        private var engine: Engine
        init(_ engine: Engine) { self.engine = engine }
        func start() -> [Effect] { engine.start() }
        func step(_ input: Input) -> [Effect] { engine.step(input) }
        var status: EngineStatus { engine.status }
    }

    /// A class around the noncopyable host.
    private final class HostBox {
        var host: StateMachineHost<TestMachine>
        init(_ host: consuming StateMachineHost<TestMachine>) { self.host = host }
    }

    init(index: Int, key: ValidatorKey, genesis: Genesis) {
        self.index = index
        self.key = key
        self.genesis = genesis
        log = MemoryLog(genesis: genesis)
    }

    var isUp: Bool { engine != nil }

    func start(_ configuration: EngineConfiguration, machine: TestMachine, now: Timestamp) -> [Effect] {
        life += 1
        signals = MachineSignals {}
        host = HostBox(
            StateMachineHost(machine, signals: signals, payloadLimit: configuration.genesis.payloadLimit))
        observed = machine.observed
        instructions = []
        work = nil
        writeDone = now
        pendingRecovery = true
        let engine = EngineBox(Engine(configuration: configuration, recovered: log.recovered(), now: now))
        self.engine = engine
        return engine.start()
    }

    private var pendingRecovery = false

    func crash() {
        engine = nil
        host = nil
    }

    func give(_ instruction: MachineInstruction) {
        signals.announce(instruction)
        instructions.append(instruction)
    }

    /// Takes up the next piece of work, if there is one and none is under way; answers how long it takes.
    func beginMachineWork(propose: Duration, execute: Duration) -> Duration? {
        guard work == nil, let host else { return nil }
        if pendingRecovery {
            pendingRecovery = false
            work = .recover
            return execute
        }
        if !instructions.isEmpty {
            let next = instructions.removeFirst()
            work = .instruction(next)
            if case .execute = next { return execute }
            return .zero
        }
        guard host.host.asking == .now else { return nil }
        work = .propose
        return propose
    }

    /// Does the work whose time is over.
    func finishMachineWork() -> MachineAnswer? {
        guard let done = work, let host else { return nil }
        work = nil
        do {
            switch done {
            case .recover:
                return try host.host.recover(from: CommittedLog(log, applicationData: []))
            case .instruction(let instruction):
                return try host.host.perform(instruction) { [log] position in
                    log.held[position.block]?.payload ?? .empty
                }
            case .propose: return try host.host.proposeIfAsked()
            }
        } catch {
            preconditionFailure("the test's machine threw \(error)")
        }
    }

    /// What the machine has made final; nil before it has recovered.
    private(set) var observed: TestMachine.Observed?
}
