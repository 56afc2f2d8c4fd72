import NIOCore
import NIOPosix

/// Keeps dialling one peer while it has no link, for ever, with growing pauses.
///
/// State belongs to one event loop; calls from elsewhere are passed to it, so they take effect in order.
final class Dialer: Sendable {
    private enum Phase {
        /// There is a link, or nothing has begun.
        case resting
        /// The dial of that number, or its handshake, is under way.
        case dialling(Int)
        /// The next dial is due at some time.
        case waiting(Scheduled<Void>)
        /// No more dials.
        case stopped
    }

    private struct State {
        var phase = Phase.resting
        /// Failures since a link last lived for a while.
        var failures = 0
        /// Dials begun.
        var dials = 0
    }

    private let peer: PeerKey
    private let endpoint: Endpoint
    private let loop: any EventLoop
    private let core: NetworkCore
    private let state: NIOLoopBoundBox<State>

    /// Will dial `endpoint` for `peer`, on an event loop.
    init(peer: PeerKey, endpoint: Endpoint, loop: any EventLoop, core: NetworkCore) {
        self.peer = peer
        self.endpoint = endpoint
        self.loop = loop
        self.core = core
        state = .makeBoxSendingValue(State(), eventLoop: loop)
    }

    /// Dials for the first time.
    func start() { loop.execute { self.dial() } }

    /// The peer has a link: there is no need to dial.
    func linkOpened() {
        loop.execute {
            switch self.state.value.phase {
            case .waiting(let task):
                task.cancel()
                self.state.value.phase = .resting
            case .dialling: self.state.value.phase = .resting
            case .resting, .stopped: break
            }
        }
    }

    /// The peer's link is gone; one that lived for a while ends the memory of failures.
    func linkEnded(lifetime: TimeAmount) {
        loop.execute {
            if lifetime >= TimeAmount(self.core.configuration.timing.longestBackoff) {
                self.state.value.failures = 0
            }
            self.waitAndDial()
        }
    }

    /// Dials no more.
    func stop() {
        loop.execute {
            if case .waiting(let task) = self.state.value.phase { task.cancel() }
            self.state.value.phase = .stopped
        }
    }

    private func dial() {
        guard case .resting = state.value.phase else { return }
        guard !core.table.isStopping, core.table.link(to: peer) == nil else { return }
        state.value.dials += 1
        let number = state.value.dials
        state.value.phase = .dialling(number)
        core.counters.update { $0.dials += 1 }
        let core = core
        let peer = peer
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(core.configuration.timing.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try ConnectionSetup.prepare(channel, core: core, role: .dialled(peer)) { [weak self] _, reason in
                        self?.failed(number, reason)
                    }
                }
            }
            .connect(host: endpoint.host, port: Int(endpoint.port))
            .whenFailure { error in
                let reason = ConnectionEnd.failed(String(describing: error))
                core.counters.end(reason)
                self.failed(number, reason)
            }
    }

    /// A dial came to nothing; on the event loop.
    ///
    /// One that a link of the peer's own making overtook has no follow-up.
    private func failed(_ number: Int, _ reason: ConnectionEnd) {
        core.onEvent(.dialFailed(peer, endpoint, reason))
        guard case .dialling(number) = state.value.phase else { return }
        state.value.failures += 1
        state.value.phase = .resting
        waitAndDial()
    }

    private func waitAndDial() {
        guard case .resting = state.value.phase, !core.table.isStopping else { return }
        let pause = core.configuration.timing.backoff(failures: state.value.failures)
        let task = loop.scheduleTask(in: TimeAmount(pause)) {
            guard case .waiting = self.state.value.phase else { return }
            self.state.value.phase = .resting
            self.dial()
        }
        state.value.phase = .waiting(task)
    }
}
