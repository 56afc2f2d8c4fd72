import Dispatch
import Logging
import Synchronization

/// What a replica's public face and its threads share; outlives the `Replica` until the threads have ended.
///
/// Each part is immutable, locks itself, or is one thread's inbox. What a thread owns alone is not here.
final class ReplicaCore: Sendable {
    let configuration: Configuration
    let clock: ReplicaClock
    let logger: Logger
    let metrics: ReplicaMetrics
    let life = Watched(ReplicaLife())
    /// What the replica's thread is told.
    let inbox: Inbox<ReplicaThread.Item>
    /// What the writer's thread is to make durable; bounded by the engine, which has only so many blocks in flight.
    let writes = Inbox<WriterThread.Request>()
    let machine: MachineSeat
    let peers: Peers
    let calls: ProposeCalls
    let board = Watched(TenureBoard())
    let lead = Watched(LeadBook())
    let events: EventHub
    let logFeed = LogFeed()
    let submissions: Submissions
    let repairs: Repairs
    /// Whether the log's disk is short of space, so that nothing is written.
    let isShortOfSpace = Atomic(false)
    private let statusBoard: Mutex<ReplicaStatus>

    /// Messages that wait for the replica's thread.
    private static let inboxItems = 8_192
    /// Their bytes, payloads included.
    private static let inboxBytes = 256 << 20

    /// The shared parts of a replica that is not started.
    init(configuration: Configuration, handlers: [@Sendable (ReplicaEvent) async -> Void]) {
        self.configuration = configuration
        clock = configuration.clock
        logger = configuration.logger
        metrics = ReplicaMetrics(replica: configuration.identity.key)
        inbox = Inbox(items: Self.inboxItems, bytes: Self.inboxBytes)
        machine = MachineSeat(configuration)
        calls = ProposeCalls(inbox: inbox)
        events = EventHub(limit: configuration.eventBuffer)
        submissions = Submissions(queue: machine.commands)
        repairs = Repairs(configuration, inbox: inbox, events: events)
        peers = Peers(configuration, inbox: inbox, events: events, metrics: metrics)
        statusBoard = Mutex(ReplicaStatus(before: configuration))
        for handler in handlers {
            let reader = events.newReader()
            Task.detached { while let event = await reader.next() { await handler(event) } }
        }
    }

    /// What a pacemaker is given.
    var proposer: ReplicaProposer { ReplicaProposer(calls: calls, board: board, lead: lead, clock: clock) }

    /// A moment's picture.
    var status: ReplicaStatus {
        let life = life.value
        var status = statusBoard.withLock { $0 }
        switch life.phase {
        case .idle: status.phase = .idle
        case .starting: status.phase = .recovering
        case .running: if isShortOfSpace.load(ordering: .acquiring) { status.phase = .waitingForSpace }
        case .stopping: status.phase = .stopping
        case .stopped: status.phase = .stopped
        }
        status.listeningPort = peers.port
        status.connectedPeers = peers.connected
        return status
    }

    /// The replica's thread shows where its engine stands.
    func show(_ engine: EngineStatus) { statusBoard.withLock { $0.take(engine) } }

    /// The books of the replica's thread, asked for in turn; nil if that is not running.
    func accounts(ofLast count: Int) async -> BlockAccounts? {
        let phase = life.value.phase
        guard phase != .idle, phase != .stopped else { return nil }
        return await withCheckedContinuation { continuation in
            let request = AccountsRequest(ofLast: count) { continuation.resume(returning: $0) }
            inbox.post(.accounts(request))
        }
    }

    // MARK: - Ending

    /// Asks the replica to stop; one that was never started is stopped at once.
    func requestStop(within limit: Duration) {
        let wasIdle = life.update { life in
            guard life.phase < .stopping else { return false }
            defer { life.phase = life.phase == .idle ? .stopped : .stopping }
            life.stopLimit = limit
            return life.phase == .idle
        }
        if wasIdle { endFeeds() }
    }

    /// Stops the replica because it cannot go on; from now on it sends nothing.
    ///
    /// The first cause counts.
    func fail(_ error: ReplicaError) {
        peers.mute()
        let isFirst = life.update { life in
            guard life.cause == nil, life.phase != .stopped else { return false }
            life.cause = error
            if life.phase < .stopping { life.phase = .stopping }
            return true
        }
        guard isFirst else { return }
        logger.critical("\(error.message)", metadata: ["code": "\(error.code)", "remedy": "\(error.remedy)"])
        events.tell(.failed(error))
        repairs.end()
        machine.abandon()
        inbox.close()
    }

    /// Whether something has stopped this replica.
    var hasFailed: Bool { peers.isMuted }

    /// Returns when the replica is asked to stop, or stops by itself, or when the task is cancelled.
    func waitUntilStopping() async {
        _ = try? await life.wait { $0.phase >= .stopping ? () : nil }
    }

    /// Returns when the replica has stopped.
    ///
    /// - Throws: what had stopped it.
    func waitUntilStopped() async throws {
        let cause = await life.waitToTheEnd { $0.phase == .stopped ? .some($0.cause) : nil }
        if let cause { throw cause }
    }

    /// Tells all who wait that nothing more comes.
    func endFeeds() {
        calls.end()
        submissions.end()
        board.update { $0.isOver = true }
        lead.update { $0.isOver = true }
        logFeed.end(life.value.cause)
        events.end()
    }

    // MARK: - Threads

    /// Starts one of the replica's threads.
    func startThread(
        _ thread: ReplicaLife.Thread, stack: Int = DedicatedThread.smallStack, _ body: sending @escaping () -> Void
    ) throws {
        life.update { _ = $0.threads.insert(thread) }
        do {
            try DedicatedThread.start(thread.name, stack: stack, body) { [life] in
                life.update { _ = $0.threads.remove(thread) }
            }
        } catch {
            life.update { _ = $0.threads.remove(thread) }
            throw error
        }
    }

    /// Waits until a thread has ended, or never began.
    func waitForEnd(of thread: ReplicaLife.Thread) async {
        await life.waitToTheEnd { $0.threads.contains(thread) ? nil : () }
    }
}

extension ReplicaStatus {
    /// The picture of a replica that has not begun.
    init(before configuration: Configuration) {
        let epoch = configuration.genesis.firstEpoch
        self.init(
            phase: .idle, role: .listener, epoch: epoch.epoch, view: View(0),
            leader: epoch.leader(of: View(0), by: configuration.genesis.rotation).key, committed: epoch.genesis,
            executed: .genesis, bufferedProposals: 0, uncertifiedBlocks: 0, uncommittedBlocks: 0, listeningPort: 0,
            connectedPeers: [])
    }

    /// Takes over where the engine stands.
    mutating func take(_ engine: EngineStatus) {
        phase = engine.isCatchingUp ? .catchingUp : .running
        role =
            engine.isStableLeader
            ? .leader : !engine.isValidator ? .listener : engine.hasForgotten ? .forgetful : .validator
        epoch = engine.epoch
        view = engine.view
        leader = engine.leader
        committed = engine.committed
        executed = engine.executed
        bufferedProposals = engine.bufferedProposals
        uncertifiedBlocks = engine.uncertifiedBlocks
        uncommittedBlocks = engine.uncommittedBlocks
    }
}
