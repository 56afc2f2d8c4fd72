import NIOCore
import NIOPosix
import Synchronization

/// Frames between peers over TCP: one connection a peer, made again whenever it is lost.
///
/// Frames of three priorities share a connection; a large one does not hold up a small one of a higher priority. It may
/// lose frames, those queued or on the way when a connection ends, and says so by its events; within one connection
/// frames of one priority arrive once and in order.
///
/// ```swift
/// let network = PeerNetwork(configuration) { frame, sender in
///     inbox.offer(frame, from: sender)          // false: read no more from this peer until `resume`
/// } onEvent: { event in
///     log(event)
/// }
/// let port = try await network.start()
/// network.send(Frame(kind: 1, header: vote), to: leader, priority: .consensus)
/// await network.stop()
/// ```
///
/// All methods may be called from any thread. Both closures are called on event loops: they must not block, and may
/// call `send` and `resume`. For one peer they are called one at a time; for several peers at once if there are several
/// event loops. Dropping a network asks for what `stop` does, without draining and without waiting.
public final class PeerNetwork: Sendable {
    private enum Phase {
        case new
        case starting
        case running(MultiThreadedEventLoopGroup, Listener?)
        case over
    }

    private let core: NetworkCore
    private let phase = Mutex(Phase.new)

    /// Makes a network that does nothing until ``start()``.
    ///
    /// - Parameters:
    ///   - configuration: checked by `start`.
    ///   - deliver: takes a frame. True: go on. False: this frame is taken, and no other from this peer is delivered
    ///     until ``resume(_:)``; meanwhile the connection is not read, so that the peer's sends back up.
    ///   - onEvent: told of every change of a connection.
    public convenience init(
        _ configuration: PeerNetworkConfiguration,
        deliver: @escaping @Sendable (ReceivedFrame, PeerKey) -> Bool,
        onEvent: @escaping @Sendable (PeerEvent) -> Void
    ) {
        self.init(configuration, security: .plain, deliver: deliver, onEvent: onEvent)
    }

    /// As the public initialiser, with something between socket and hello.
    init(
        _ configuration: PeerNetworkConfiguration, security: ConnectionSecurity,
        deliver: @escaping @Sendable (ReceivedFrame, PeerKey) -> Bool,
        onEvent: @escaping @Sendable (PeerEvent) -> Void
    ) {
        core = NetworkCore(configuration: configuration, security: security, deliver: deliver, onEvent: onEvent)
    }

    deinit {
        _ = core.table.stop()
        core.stopDialling()
        if case .running(let group, _) = phase.withLock({ $0 }) { group.shutdownGracefully { _ in } }
    }

    /// Listens and begins to dial; returns the port listened at, 0 if the configuration says to dial only.
    ///
    /// - Throws: ``PeerNetworkError``; nothing runs then, and the network can't be started again.
    @discardableResult
    public func start() async throws -> UInt16 {
        guard beginOnce() else { throw PeerNetworkError.alreadyStarted }
        let configuration = core.configuration
        if let fault = configuration.fault { throw PeerNetworkError.badConfiguration(fault) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoopThreads)
        var listener: Listener?
        do {
            if let endpoint = configuration.listen {
                listener = try await Listener(at: endpoint, group: group, core: core)
            }
        } catch {
            await shutDown(group)
            throw error
        }
        let port = listener?.port ?? 0
        guard finishStart(.running(group, listener)) else {
            await shutDown(group)
            throw PeerNetworkError.alreadyStarted
        }
        core.startDialling(on: group)
        return port
    }

    /// Sends what is queued, closes every connection and stops the threads; returns when all is done.
    ///
    /// Frames may be delivered until it returns. A second call, or one before `start`, does nothing.
    ///
    /// - Parameter limit: how long a connection may take to send what is queued; then it is dropped.
    public func stop(drainingFor limit: Duration = .seconds(1)) async {
        let before = phase.withLock { phase in
            defer { phase = .over }
            return phase
        }
        let links = core.table.stop()
        core.stopDialling()
        guard case .running(let group, let listener) = before else { return }
        await listener?.close()
        for link in links {
            // Without time to drain, what is queued must not leave either: its sender has failed.
            if limit > .zero { link.drain(limit: TimeAmount(limit)) } else { link.end(.stopped) {} }
        }
        for link in links {
            do {
                try await link.channel.closeFuture.get()
            } catch {
                // A channel's close future does not fail.
            }
        }
        await shutDown(group)
    }

    /// Queues a frame for a peer and returns at once.
    ///
    /// - Returns: false if the frame was dropped: the queue of that priority is full, there is no connection to the
    ///   peer, or header or body are longer than the limits. Each is counted, see ``TransportCounters/Drop``.
    @discardableResult
    public func send(_ frame: Frame, to peer: PeerKey, priority: FramePriority) -> Bool {
        if let drop = enqueue(frame, peer, priority) {
            core.counters.drop(drop)
            return false
        }
        return true
    }

    /// Delivers again the frames of a peer for which `deliver` answered false; does nothing if none are held.
    public func resume(_ peer: PeerKey) { core.table.link(to: peer)?.resume() }

    /// The peers that are connected, in no order; for an instant after `disconnected` the peer is still among them.
    public var connectedPeers: [PeerKey] { core.table.peers }

    /// What has been done so far.
    public var counters: TransportCounters { core.counters.snapshot }

    private func enqueue(_ frame: Frame, _ peer: PeerKey, _ priority: FramePriority) -> TransportCounters.Drop? {
        let limits = core.configuration.limits
        guard frame.header.readableBytes <= limits.headerBytes, frame.bodyByteCount <= limits.bodyBytes else {
            return .tooLong
        }
        guard let link = core.table.link(to: peer) else { return .notConnected }
        return link.send(frame, priority)
    }

    /// Leaves the phase `new`, once.
    private func beginOnce() -> Bool {
        phase.withLock { phase in
            guard case .new = phase else { return false }
            phase = .starting
            return true
        }
    }

    /// Enters the phase `running`, unless `stop` came first.
    private func finishStart(_ running: Phase) -> Bool {
        phase.withLock { phase in
            guard case .starting = phase else { return false }
            phase = running
            return true
        }
    }

    private func shutDown(_ group: MultiThreadedEventLoopGroup) async {
        do {
            try await group.shutdownGracefully()
        } catch {
            // Only a group that is shared, or already stopped, refuses: this one is neither.
            assertionFailure("event loops refused to stop: \(error)")
        }
    }
}
