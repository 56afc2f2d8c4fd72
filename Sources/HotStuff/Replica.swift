public import ServiceLifecycle

/// One replica of the cluster: its threads, its log, its state machine.
///
/// ```swift
/// let configuration = try Configuration(contentsOf: "replica-0/config.json")
/// let replica = try Replica(configuration: configuration) { _ in Counter() }
/// try await replica.run()
/// ```
///
/// It runs once: make another one to start again. Dropping the last reference asks it to stop and does not wait; its
/// event handlers and pacemaker do not keep it alive.
public final class Replica: Service, Proposer {
    /// What outlives the replica until its threads have ended.
    let core: ReplicaCore
    private let launch: MachineLauncher
    /// Which type the state machine is of.
    var machineType: ObjectIdentifier { launch.machineType }

    /// Makes the machine on the thread that will own it, when the replica starts.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`. What `makeStateMachine` throws, `start()` throws as
    ///   `stateMachineFailed`.
    public convenience init<Machine: StateMachine & ~Copyable>(
        configuration: Configuration,
        _ makeStateMachine: @escaping @Sendable (StateMachineContext) throws -> Machine
    ) throws {
        try self.init(configuration: configuration, launch: MachineLauncher(makeStateMachine), handlers: [])
    }

    /// Hands over a machine that exists already; the compiler sees to it that the caller keeps no way to reach it.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`.
    public convenience init<Machine: StateMachine & ~Copyable>(
        _ stateMachine: consuming sending Machine, configuration: Configuration
    ) throws {
        try self.init(configuration: configuration, launch: MachineLauncher(handingOver: stateMachine), handlers: [])
    }

    /// Sets what a replica needs one by one, then makes it.
    public static func builder(_ configuration: Configuration) -> ReplicaBuilder { ReplicaBuilder(configuration) }

    init(
        configuration: Configuration, launch: MachineLauncher,
        handlers: [@Sendable (ReplicaEvent) async -> Void]
    ) throws {
        try configuration.validate()
        self.launch = launch
        core = ReplicaCore(configuration: configuration, handlers: handlers)
    }

    deinit { core.requestStop(within: .seconds(10)) }

    /// Opens the log, recovers the machine, listens; returns when it can be asked for something.
    ///
    /// - Throws: `ReplicaError`: `inUse` for a directory or port that another has, `storageFailed`, `wrongChain`,
    ///   `stateMachineFailed` and so on; `notRunning` if it was started before. It is stopped then.
    public func start() async throws { try await core.start(launch) }

    /// Drains transport, consensus, state machine and writer in that order; a leader hands its view over first.
    ///
    /// Does nothing where nothing was started. Several callers may wait for the same stop.
    ///
    /// - Parameter limit: how long draining may take. What the state machine has not executed by then it gets again
    ///   after the next start.
    /// - Throws: the `ReplicaError` that had stopped it earlier, if one had; `deadlineExceeded` if a call of the state
    ///   machine is still running at the limit, and then the directory stays in use until that returns.
    public func stop(within limit: Duration = .seconds(10)) async throws {
        core.requestStop(within: limit)
        try await core.waitUntilStopped()
    }

    /// `start()`, then serves until the task is cancelled or a graceful shutdown is asked for, then `stop()`.
    ///
    /// - Throws: what `start` and `stop` throw.
    public func run() async throws {
        try await start()
        await cancelWhenGracefulShutdown { [core] in await core.waitUntilStopping() }
        try await stop()
    }

    /// Returns when this replica stops: because it was asked to, or can't go on; at once if the task is cancelled.
    public func waitUntilStopping() async { await core.waitUntilStopping() }
}
