internal import HotStuffCore

/// Where a replica's state machine sits, whatever its type.
protocol MachineSeat: AnyObject {
    /// When it would make a proposal.
    var asking: ProposalAsking { get }
    /// What it was called for in this life.
    var counters: MachineCounters { get }
    /// The first call.
    func recover(from log: DiskImage, applicationData: [UInt8]) throws -> MachineAnswer
    /// Does what the ledger says.
    func perform(_ instruction: MachineInstruction, load: (LogPosition) throws -> Payload) throws -> MachineAnswer?
    /// Makes a proposal if one is asked for.
    func proposeIfAsked() throws -> MachineAnswer?
    /// The pause that `asking` named is over.
    func retryIsDue()
}

/// A state machine of one type in its seat: the host that ships, in a class.
private final class HostedMachine<Machine: StateMachine & ~Copyable>: MachineSeat {
    private var host: StateMachineHost<Machine>

    init(_ host: consuming StateMachineHost<Machine>) { self.host = host }

    var asking: ProposalAsking { host.asking }
    var counters: MachineCounters { host.counters }
    func recover(from log: DiskImage, applicationData: [UInt8]) throws -> MachineAnswer {
        try host.recover(from: CommittedLog(log, applicationData: applicationData))
    }
    func perform(_ instruction: MachineInstruction, load: (LogPosition) throws -> Payload) throws -> MachineAnswer? {
        try host.perform(instruction, load: load)
    }
    func proposeIfAsked() throws -> MachineAnswer? { try host.proposeIfAsked() }
    func retryIsDue() { host.retryIsDue() }
}

/// For whom a state machine is made.
struct MachinePlace: Sendable {
    /// The node; −1 for the reference, which no node runs.
    var node = -1
    /// Which of its lives.
    var life = 0
    /// Whether there is nothing to propose for a while.
    var isQuiet: @Sendable () -> Bool = { false }
}

/// How the state machines of a world are made.
struct MachineMaker: Sendable {
    /// Seats a new machine; called at every start of a replica.
    let seat: @Sendable (StateMachineContext, MachineSignals, MachinePlace) throws -> any MachineSeat
    /// Whether the machine could take a payload.
    let accepts: @Sendable (Payload) -> Bool

    /// Makes machines of one type.
    static func making<Machine: StateMachine & ~Copyable>(
        _ make: @escaping @Sendable (StateMachineContext, MachinePlace) throws -> Machine
    ) -> MachineMaker {
        MachineMaker(
            seat: { context, signals, place in
                let machine: Machine
                do {
                    machine = try make(context, place)
                } catch {
                    throw StateMachineFault(call: .make, position: nil, cause: error)
                }
                return HostedMachine(
                    StateMachineHost(machine, signals: signals, payloadLimit: context.payloadLimit))
            },
            accepts: { Machine.accepts($0) })
    }
}
