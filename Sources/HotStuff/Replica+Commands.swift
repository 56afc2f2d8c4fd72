extension Replica {
    /// Queues a command here, and returns its reply once it has committed and been applied here.
    ///
    /// The state machine must be `CommandBlocks<Machine>`, and this replica must lead. Where another leads, or comes to
    /// while the caller waits, the error names it: submit the command there, under the same ID, and it executes once.
    ///
    /// - Parameter id: who submits, and its number; nil for a number of the replica's own, under which a command that
    ///   is submitted again counts as another one.
    /// - Throws: `ProposeError.notLeader`; `ReplicaError`: `queueFull` with a pause to retry after, `notRunning`,
    ///   `unsupported` if the state machine takes no such commands or the reply is not remembered any more;
    ///   `CancellationError`. The command may execute all the same, but for `queueFull` and `unsupported`.
    public func submit<Machine: CommandStateMachine & ~Copyable>(
        _ command: Machine.Command, to machine: Machine.Type, id: CommandID? = nil
    ) async throws -> Committed<Machine.Reply> {
        guard machineType == ObjectIdentifier(CommandBlocks<Machine>.self) else {
            throw ReplicaError(
                .unsupported, "the replica's state machine is not CommandBlocks<\(Machine.self)>",
                remedy: "make it with that type, or submit to the type that it was made with")
        }
        switch try await core.submissions.submit(command.payload, id: id) {
        case .replied(let payload, let position):
            guard let reply = Machine.Reply(payload: payload) else {
                throw ReplicaError(
                    .stateMachineFailed, "a reply's bytes do not decode",
                    remedy: "correct the reply's encode and decode", position: position)
            }
            return Committed(value: reply, position: position)
        case .alreadyApplied:
            throw ReplicaError(
                .unsupported, "the command was applied before, and its reply is not remembered",
                remedy: "take it as done; give each command a number above the client's last one")
        case .unreadable:
            throw ReplicaError(
                .unsupported, "the command's bytes do not decode", remedy: "correct the command's encode and decode")
        case .stopped: throw ReplicaError.stopped
        }
    }
}

/// A result, and where in the log it became final.
public struct Committed<Value: Sendable>: Sendable {
    /// The result.
    public let value: Value
    /// The block that made it final.
    public let position: LogPosition

    /// A result of the block at `position`.
    public init(value: Value, position: LogPosition) {
        self.value = value
        self.position = position
    }
}
