import Logging
import NIOCore
import PeerTransport
import Synchronization

/// The other replicas as this one's threads see them: messages out, frames in to the verifiers, comings and goings to
/// the replica's thread.
final class Peers: Sendable {
    /// What the courier copies into frames: messages with payloads, and proposals without, lest they overtake.
    struct Parcel: Sendable {
        let message: Message
        let addressees: [ValidatorKey]
        let priority: FramePriority
    }

    /// What peers have sent and nobody has checked.
    let intake: Intake
    /// What waits for the courier; at the bound it is dropped, as it would be at a full connection's.
    let parcels = Inbox<Parcel>(items: 4_096, bytes: 512 << 20)

    private let network: PeerNetwork
    private let metrics: ReplicaMetrics
    private let muted = Atomic(false)
    private let listeningPort = Atomic<UInt16>(0)

    /// A network that is not started.
    init(
        _ configuration: Configuration, inbox: Inbox<ReplicaThread.Item>, events: EventHub, metrics: ReplicaMetrics
    ) {
        let intake = Intake(configuration)
        let logger = configuration.logger
        self.intake = intake
        self.metrics = metrics
        network = PeerNetwork(Self.transport(configuration)) { frame, peer in
            intake.take(frame, from: peer)
        } onEvent: { event in
            Self.tell(event, inbox: inbox, events: events, logger: logger)
        }
    }

    // MARK: - Life

    /// Listens, and begins to dial.
    ///
    /// - Throws: `ReplicaError`.
    func start() async throws {
        do {
            listeningPort.store(try await network.start(), ordering: .releasing)
        } catch let error as PeerNetworkError {
            switch error {
            case .addressInUse(let endpoint):
                throw ReplicaError(
                    .inUse, "cannot listen at \(endpoint): another process does",
                    remedy: "stop that process, or set another address in \"listen\" and the others' \"peers\"",
                    cause: error)
            default:
                throw ReplicaError(
                    .transportFailed, "\(error)", remedy: "check the address in \"listen\"", cause: error)
            }
        }
    }

    /// Sends what is queued and closes all connections; nothing comes in after it returns.
    func stop(drainingFor limit: Duration) async { await network.stop(drainingFor: limit) }

    /// Sends nothing from now on.
    func mute() { muted.store(true, ordering: .releasing) }

    /// Whether `mute` was called.
    var isMuted: Bool { muted.load(ordering: .acquiring) }

    /// The port listened at; 0 before that.
    var port: UInt16 { listeningPort.load(ordering: .acquiring) }

    /// Who is connected, in the order of their keys.
    var connected: [ValidatorKey] { network.connectedPeers.compactMap { ValidatorKey($0) }.sorted() }

    // MARK: - Sending

    /// Sends a message to those addressees that are connected; on the replica's thread.
    ///
    /// Messages of one priority keep their order for each addressee. No payload is touched here: the courier does that.
    func send(_ message: Message, to addressees: [ValidatorKey]) {
        guard !addressees.isEmpty else { return }
        let priority = message.priority
        guard priority != .consensus else {
            let encoded = message.encoded()
            return deliver(Frame(kind: encoded.kind, header: encoded.header), to: addressees, .consensus)
        }
        let parcel = Parcel(message: message, addressees: addressees, priority: priority)
        if !parcels.offer(parcel, bytes: message.payloadBytes) { metrics.droppedMessages.increment() }
    }

    /// Puts a parcel into a frame, which copies its payloads once for all addressees, and sends it; on the courier's
    /// thread.
    func dispatch(_ parcel: Parcel) {
        let encoded = parcel.message.encoded()
        let body = encoded.payloads.map { payload in
            var buffer = ByteBufferAllocator().buffer(capacity: payload.count)
            payload.withUnsafeBytes { _ = buffer.writeBytes($0) }
            return buffer
        }
        let frame = Frame(kind: encoded.kind, header: encoded.header, body: body)
        deliver(frame, to: parcel.addressees, parcel.priority)
    }

    /// A peer whose frames were held up may send again.
    func resume(_ peer: PeerKey) { network.resume(peer) }

    private func deliver(_ frame: Frame, to addressees: [ValidatorKey], _ priority: FramePriority) {
        for addressee in addressees {
            guard !isMuted else { return }
            guard let peer = PeerKey(addressee) else { continue }
            if !network.send(frame, to: peer, priority: priority) { metrics.droppedMessages.increment() }
        }
    }

    // MARK: - What the network tells

    private static func tell(
        _ event: PeerEvent, inbox: Inbox<ReplicaThread.Item>, events: EventHub, logger: Logger
    ) {
        switch event {
        case .connected(let peer, let connection):
            guard let key = ValidatorKey(peer) else { return }
            logger.info("connected", metadata: ["peer": "\(key)", "address": "\(connection.address)"])
            inbox.post(.input(.connected(key)))
            events.tell(.peerConnected(key))
        case .disconnected(let peer, let reason):
            guard let key = ValidatorKey(peer) else { return }
            logger.info("disconnected", metadata: ["peer": "\(key)", "reason": "\(reason)"])
            inbox.post(.input(.disconnected(key)))
            events.tell(.peerLost(key, reason: "\(reason)"))
        case .refused(let peer, let address, let reason):
            logger.debug("refused a connection", metadata: ["address": "\(address)", "reason": "\(reason)"])
            events.tell(.refused(peer.flatMap { ValidatorKey($0) }, reason: "\(reason)"))
        case .dialFailed(let peer, let endpoint, let reason):
            logger.debug(
                "dial failed", metadata: ["peer": "\(peer)", "address": "\(endpoint)", "reason": "\(reason)"])
        case .acceptFailed(let reason):
            logger.error("cannot accept a connection", metadata: ["reason": "\(reason)"])
        }
    }

    private static func transport(_ configuration: Configuration) -> PeerNetworkConfiguration {
        var directory: [PeerKey: Endpoint] = [:]
        for (key, endpoint) in configuration.peers.endpoints {
            if let peer = PeerKey(key) { directory[peer] = endpoint }
        }
        var transport = PeerNetworkConfiguration(
            key: own(configuration), listen: configuration.listen, peers: directory)
        transport.emulatedDelay = configuration.emulatedDelay
        transport.limits.headerBytes = Limits.message
        // A run of blocks is at most a window's worth of payloads.
        transport.limits.bodyBytes = min(
            configuration.genesis.maxWindowSize.bytes, Int(UInt32.max) - transport.limits.headerBytes)
        return transport
    }

    private static func own(_ configuration: Configuration) -> PeerKey {
        guard let key = PeerKey(configuration.identity.key) else { preconditionFailure("a key has 32 bytes") }
        return key
    }
}

extension Message {
    /// Which queue of a connection it takes.
    ///
    /// All proposals take one, so that a nudge does not overtake its parent, whose payload the addressee would then ask
    /// for once more.
    fileprivate var priority: FramePriority {
        switch self {
        case .proposal: .payload
        case .blocks, .commits: .sync
        default: .consensus
        }
    }

    /// Bytes of the payloads that travel with it.
    fileprivate var payloadBytes: Int {
        switch self {
        case .proposal(let proposal): proposal.blocks.reduce(0) { $0 + $1.payload.count }
        case .blocks(let answer): answer.blocks.reduce(0) { $0 + $1.payload.count }
        case .commits(.run(_, let blocks)): blocks.reduce(0) { $0 + $1.payload.count }
        default: 0
        }
    }
}

extension PeerKey {
    /// The transport's name for a validator.
    init?(_ key: ValidatorKey) { self.init(bytes: key.bytes) }
}

extension ValidatorKey {
    /// The validator that the transport knows by this name.
    init?(_ peer: PeerKey) { self.init(bytes: peer.bytes) }
}
