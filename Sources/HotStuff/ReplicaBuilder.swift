/// Sets what a replica needs, then makes it; a value, every setter returns a changed copy.
///
/// ```swift
/// let replica = try Replica.builder(configuration)
///     .stateMachine { context in CommandBlocks(KeyValue(), context: context) }
///     .onViewChange { view, leader in print("view \(view): \(leader)") }
///     .build()
/// ```
public struct ReplicaBuilder: Sendable {
    private var configuration: Configuration
    private var launch: MachineLauncher?
    private var handlers: [@Sendable (ReplicaEvent) async -> Void] = []

    init(_ configuration: Configuration) { self.configuration = configuration }

    /// Makes the state machine on the thread that will own it.
    public func stateMachine<Machine: StateMachine & ~Copyable>(
        _ make: @escaping @Sendable (StateMachineContext) throws -> Machine
    ) -> Self {
        changed { $0.launch = MachineLauncher(make) }
    }

    /// Decides when this replica proposes while it leads.
    public func pacemaker(_ pacemaker: any Pacemaker) -> Self { changed { $0.configuration.pacemaker = pacemaker } }

    /// Decides how long a view may go without progress.
    public func viewDuration(_ duration: any ViewDuration) -> Self {
        changed { $0.configuration.viewDuration = duration }
    }

    /// Called for every event, in order, off the replica's threads; a slow handler is told how many it missed.
    ///
    /// Each handler has a bounded buffer of its own, from the making of the replica to its end.
    public func onEvent(_ handler: @escaping @Sendable (ReplicaEvent) async -> Void) -> Self {
        changed { $0.handlers.append(handler) }
    }

    /// Called for blocks as they are decided and in the log; as lossy as `onEvent`.
    public func onCommit(_ handler: @escaping @Sendable (LogPosition) async -> Void) -> Self {
        onEvent { if case .committed(let position, _) = $0 { await handler(position) } }
    }

    /// Called when the state machine has undone blocks; as lossy as `onEvent`.
    public func onRollBack(_ handler: @escaping @Sendable (RolledBack) async -> Void) -> Self {
        onEvent { if case .rolledBack(let rolledBack) = $0 { await handler(rolledBack) } }
    }

    /// Called when a view begins here; as lossy as `onEvent`.
    public func onViewChange(_ handler: @escaping @Sendable (View, ValidatorKey) async -> Void) -> Self {
        onEvent { if case .viewEntered(let view, let leader) = $0 { await handler(view, leader) } }
    }

    /// Makes the replica, which does nothing until it is started.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`, also if no state machine was set.
    public func build() throws -> Replica {
        guard let launch else {
            throw ReplicaError(
                .invalidConfiguration, "the replica has no state machine",
                remedy: "call stateMachine(_:) before build()")
        }
        return try Replica(configuration: configuration, launch: launch, handlers: handlers)
    }

    private func changed(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}
