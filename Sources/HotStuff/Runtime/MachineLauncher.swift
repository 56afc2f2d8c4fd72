import Synchronization

/// Knows how to make a state machine, of whatever type, on the thread that will own it.
struct MachineLauncher: Sendable {
    /// Makes the machine and runs it until its seat is closed.
    let run: @Sendable (MachineThread) -> Void
    /// Which type the machine is of.
    let machineType: ObjectIdentifier
    /// What its verifiers ask of a payload: the only call made on other threads, with `check`.
    let accepts: @Sendable (Payload) -> Bool
    /// Sees that a large proposal may be proposed, and computes its digest.
    let check: @Sendable (Payload) throws -> Void

    /// Makes the machine by `make`.
    init<Machine: StateMachine & ~Copyable>(_ make: @escaping @Sendable (StateMachineContext) throws -> Machine) {
        run = { thread in thread.run(make) }
        machineType = ObjectIdentifier(Machine.self)
        accepts = { Machine.accepts($0) }
        check = { try StateMachineHost<Machine>.check($0) }
    }

    /// Hands over a machine that exists.
    init<Machine: StateMachine & ~Copyable>(handingOver machine: consuming sending Machine) {
        let seat = HandedOver(machine)
        self.init { (_: StateMachineContext) throws -> Machine in
            guard let machine = seat.take() else {
                throw ReplicaError(.notRunning, "the machine was handed over before", remedy: "make another one")
            }
            return machine
        }
    }
}

/// A machine on its way from the thread that made it to the one that will own it.
private final class HandedOver<Machine: StateMachine & ~Copyable>: Sendable {
    private let box: Mutex<Machine?>

    init(_ machine: consuming sending Machine) { box = Mutex(machine) }

    func take() -> sending Machine? { box.withLock { $0.take() } }
}
