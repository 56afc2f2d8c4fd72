import NIOCore
import Synchronization

/// What the parts of a network share; outlives ``PeerNetwork`` only until its event loops have stopped.
final class NetworkCore: Sendable {
    /// As given by the user.
    let configuration: PeerNetworkConfiguration
    /// Random; tells peers this network from the one before a restart.
    let session = UInt64.random(in: .min ... .max)
    /// What stands before the hello.
    let security: ConnectionSecurity
    /// What has been done.
    let counters = CounterStore()
    /// Who is connected.
    let table: LinkTable
    /// Hands a frame to the user, on an event loop; false to hold the rest of this connection.
    let deliver: @Sendable (ReceivedFrame, PeerKey) -> Bool
    /// Tells the user what happened, on an event loop.
    let onEvent: @Sendable (PeerEvent) -> Void
    private let dialers = Mutex<[PeerKey: Dialer]>([:])

    /// Nothing runs yet.
    init(
        configuration: PeerNetworkConfiguration, security: ConnectionSecurity,
        deliver: @escaping @Sendable (ReceivedFrame, PeerKey) -> Bool,
        onEvent: @escaping @Sendable (PeerEvent) -> Void
    ) {
        self.configuration = configuration
        self.security = security
        self.deliver = deliver
        self.onEvent = onEvent
        table = LinkTable(configuration: configuration)
    }

    /// Begins to dial the peers that this side dials.
    func startDialling(on group: any EventLoopGroup) {
        for (peer, endpoint) in configuration.peers where configuration.dials(peer) {
            let dialer = Dialer(peer: peer, endpoint: endpoint, loop: group.next(), core: self)
            dialers.withLock { $0[peer] = dialer }
            dialer.start()
        }
    }

    /// Tells the peer's dialer that there is a link, whoever dialled it.
    func linkOpened(_ link: Link) { dialer(of: link.peer)?.linkOpened() }

    /// Tells the peer's dialer that its link is gone.
    func linkEnded(_ link: Link) { dialer(of: link.peer)?.linkEnded(lifetime: .now() - link.openedAt) }

    /// Stops dialling and breaks the circle of dialers and core.
    func stopDialling() {
        let all = dialers.withLock { dialers in
            defer { dialers = [:] }
            return Array(dialers.values)
        }
        for dialer in all { dialer.stop() }
    }

    private func dialer(of peer: PeerKey) -> Dialer? { dialers.withLock { $0[peer] } }
}
