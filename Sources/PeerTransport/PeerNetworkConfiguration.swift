/// What one side of a network needs to know; checked as a whole by ``PeerNetwork/start()``.
public struct PeerNetworkConfiguration: Sendable {
    /// This side's key.
    public var key: PeerKey
    /// Where to accept connections; nil to dial only.
    ///
    /// Port 0 takes a free one, which `start` returns.
    public var listen: Endpoint?
    /// The peers whose address is known; an entry for `key` itself is ignored.
    public var peers: [PeerKey: Endpoint]
    /// Which of `peers` this side dials.
    public var dialling = Dialling.largerKeys
    /// Whether a peer that `peers` does not name may connect, if a slot is free; called on event loops.
    public var admitsStranger: @Sendable (PeerKey) -> Bool = { _ in true }
    /// Every maximum.
    public var limits = TransportLimits()
    /// Every waiting time.
    public var timing = TransportTiming()
    /// One way delay to emulate: every received frame is delivered this long after it arrived; zero for none.
    ///
    /// Delays overlap and do not limit throughput up to ``TransportLimits/delayedBytes`` a delay.
    public var emulatedDelay: Duration = .zero
    /// Threads that serve sockets; each connection stays on one.
    public var eventLoopThreads = 1

    /// Which peers of the directory are dialled.
    public enum Dialling: Sendable, Hashable {
        /// Those with a larger key; the others dial this side. For peers that have each other in their directories.
        case largerKeys
        /// All of them. For a side that is in nobody's directory.
        case everyone
    }

    /// Serves as `key`, accepting at `listen` and reaching `peers`.
    public init(key: PeerKey, listen: Endpoint?, peers: [PeerKey: Endpoint]) {
        self.key = key
        self.listen = listen
        self.peers = peers
    }

    /// Whether this side dials that peer.
    func dials(_ peer: PeerKey) -> Bool {
        peer != key && (dialling == .everyone || key < peer)
    }

    /// Why the configuration can't be used; nil if it can.
    var fault: String? {
        if eventLoopThreads < 1 { return "eventLoopThreads must be at least 1" }
        if emulatedDelay < .zero { return "emulatedDelay must not be negative" }
        return limits.fault ?? timing.fault
    }
}

/// Why a network did not start.
public enum PeerNetworkError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Something already listens there.
    case addressInUse(Endpoint)
    /// The address can't be listened at, for the reason the system gave.
    case cannotListen(Endpoint, reason: String)
    /// A value of the configuration makes no sense; says which.
    case badConfiguration(String)
    /// `start` was called before, or `stop` was.
    case alreadyStarted

    /// One line that names the thing.
    public var description: String {
        switch self {
        case .addressInUse(let endpoint): "\(endpoint) is in use by another process"
        case .cannotListen(let endpoint, let reason): "cannot listen at \(endpoint): \(reason)"
        case .badConfiguration(let what): "bad transport configuration: \(what)"
        case .alreadyStarted: "the network was started or stopped before"
        }
    }
}
