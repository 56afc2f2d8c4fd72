import NIOCore
import Synchronization

/// Who is connected, who is shaking hands, and who may be: the rules by which there is one link a peer.
final class LinkTable: Sendable {
    /// What becomes of a connection whose handshake is over.
    enum Admission {
        /// It is the peer's link now.
        case admitted
        /// It will be, once that link has ended: end it and ask again.
        case replaces(Link)
        /// It is turned away.
        case refused(Refusal)
    }

    private struct State {
        var links: [PeerKey: Link] = [:]
        /// Accepted connections in their handshake, the oldest first.
        var handshakes: [any Channel] = []
        var isStopping = false
    }

    private let configuration: PeerNetworkConfiguration
    private let state = Mutex(State())

    /// An empty table.
    init(configuration: PeerNetworkConfiguration) { self.configuration = configuration }

    /// Whether ``stop()`` was called.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// The peers that have a link, in no order.
    var peers: [PeerKey] { state.withLock { Array($0.links.keys) } }

    /// The peer's link; nil if it has none.
    func link(to peer: PeerKey) -> Link? { state.withLock { $0.links[peer] } }

    /// Decides on a connection that says it is from `link.peer`; on its event loop.
    func admit(_ link: Link) -> Admission {
        if link.peer == configuration.key { return .refused(.ownKey) }
        let isStranger = configuration.peers[link.peer] == nil
        // The user's closure is called without the lock: it may ask the network something.
        if isStranger, !configuration.admitsStranger(link.peer) { return .refused(.policy) }
        return state.withLock { state in
            if state.isStopping { return .refused(.stopping) }
            if let existing = state.links[link.peer] {
                return isKept(existing, against: link) ? .refused(.crossed) : .replaces(existing)
            }
            if isStranger {
                let strangers = state.links.keys.count { configuration.peers[$0] == nil }
                guard strangers < configuration.limits.strangers else { return .refused(.noSlot) }
            }
            state.links[link.peer] = link
            return .admitted
        }
    }

    /// Takes out a link that has ended; after its `disconnected` event.
    func remove(_ link: Link) {
        state.withLock { state in
            if state.links[link.peer] === link { state.links[link.peer] = nil }
        }
    }

    /// Notes an accepted connection; returns the one that must make room for it, if there are too many.
    ///
    /// The oldest goes: a flood of silent connections can then shorten an honest handshake's time, but not shut it out.
    func beginHandshake(_ channel: any Channel) -> (any Channel)? {
        state.withLock { state in
            state.handshakes.append(channel)
            return state.handshakes.count > configuration.limits.handshakes ? state.handshakes.removeFirst() : nil
        }
    }

    /// Forgets a connection whose handshake is over, one way or the other.
    func endHandshake(_ channel: any Channel) {
        state.withLock { state in
            if let index = state.handshakes.firstIndex(where: { $0 === channel }) {
                state.handshakes.remove(at: index)
            }
        }
    }

    /// Admits nobody any more; returns the links there are.
    func stop() -> [Link] {
        state.withLock { state in
            state.isStopping = true
            return Array(state.links.values)
        }
    }

    /// Whether of two connections with one peer the older is kept.
    ///
    /// Both ends must come to the same answer.
    ///
    /// A peer dials only while it knows of no link. So a new connection means that it lost the old one, perhaps by a
    /// crash that this side can't see yet, and the newest is kept, lest it be locked out; unless both ends dialled at
    /// the same time. Such crossing shows soon after the first of the two was open, since each end gives up its dial
    /// when the other's connection opens; then the one dialled by the smaller key is kept.
    private func isKept(_ existing: Link, against newcomer: Link) -> Bool {
        guard newcomer.session == existing.session, newcomer.direction != existing.direction else { return false }
        let timing = configuration.timing
        let age = newcomer.openedAt - existing.openedAt
        guard age < TimeAmount(timing.connectTimeout + timing.handshakeTimeout) else { return false }
        let isOwnDialKept = configuration.key < existing.peer
        return (existing.direction == .dialled) == isOwnDialKept
    }
}
