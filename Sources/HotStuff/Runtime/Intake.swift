import PeerTransport
import Synchronization

/// What peers have sent and nobody has checked: a lane for what is small and urgent, lanes for what has payloads, and
/// one for strangers.
///
/// Each known peer, a validator or one that the configuration names, has a quota of its own in every lane, so that one
/// that floods holds up itself alone: past its quota the transport reads no more from it until half of it is done, and
/// what it sends over another connection meanwhile is dropped. Strangers share one quota and one lane, whatever keys
/// they give themselves; beyond it their frames are dropped.
final class Intake: Sendable {
    /// A frame of a peer.
    struct Item: Sendable {
        let frame: ReceivedFrame
        let peer: PeerKey
    }

    /// What one thread works off.
    struct Lane: Sendable {
        fileprivate let quota: PeerQuota
        /// Whether all its peers share the quota.
        fileprivate var isShared = false
        let items = Inbox<Item>()

        /// An item is done; true if its peer was held up and may send again.
        func finished(_ item: Item) -> Bool { quota.release(item.frame.byteCount, of: isShared ? nil : item.peer) }
    }

    /// The first is for what is small and urgent, the last for strangers; in the others each peer has its place.
    let lanes: [Lane]
    private let known: Set<PeerKey>

    /// The lanes of a replica.
    init(_ configuration: Configuration) {
        let urgent = Lane(quota: PeerQuota(frames: 1_024, bytes: 16 << 20))
        let bytes = max(64 << 20, 2 * configuration.genesis.payloadLimit.bytes)
        let large = (0..<configuration.verifierThreads).map { _ in Lane(quota: PeerQuota(frames: 1_024, bytes: bytes)) }
        lanes = [urgent] + large + [Lane(quota: PeerQuota(frames: 1_024, bytes: bytes), isShared: true)]
        let validators = configuration.genesis.validators.members.map(\.key)
        known = Set((validators + configuration.peers.endpoints.keys).compactMap { PeerKey($0) })
    }

    /// Takes a frame; false if its peer is not to be read until it is resumed.
    func take(_ frame: ReceivedFrame, from peer: PeerKey) -> Bool {
        guard known.contains(peer) else {
            // A stranger is not worth waiting for: what there is no room for is dropped.
            let lane = lanes[lanes.count - 1]
            if lane.quota.charge(frame.byteCount, to: nil) != .over {
                lane.items.post(Item(frame: frame, peer: peer))
            }
            return true
        }
        let lane = lanes[frame.priority == .consensus ? 0 : 1 + peer.place(among: lanes.count - 2)]
        switch lane.quota.charge(frame.byteCount, to: peer) {
        case .taken:
            lane.items.post(Item(frame: frame, peer: peer))
            return true
        case .last:
            lane.items.post(Item(frame: frame, peer: peer))
            return false
        case .over: return false  // it is being held, and has come by another connection
        }
    }

    /// Takes no more frames.
    func close() { for lane in lanes { lane.items.close() } }
}

/// How much of a lane each peer takes up.
private final class PeerQuota: Sendable {
    private struct Load {
        var frames = 0
        var bytes = 0
        var isHeld = false
    }

    /// What became of a frame.
    enum Charge {
        /// There is room for more.
        case taken
        /// It was the last one that there was room for.
        case last
        /// There was no room for it.
        case over
    }

    private let frames: Int
    private let bytes: Int
    /// By peer; nil for all that share.
    private let loads = Mutex<[PeerKey?: Load]>([:])

    init(frames: Int, bytes: Int) {
        self.frames = frames
        self.bytes = bytes
    }

    /// Counts a frame, if there is room: one that begins below the bounds may pass them.
    func charge(_ size: Int, to peer: PeerKey?) -> Charge {
        loads.withLock { loads in
            var load = loads[peer] ?? Load()
            guard !load.isHeld else { return .over }
            load.frames += 1
            load.bytes += size
            load.isHeld = load.frames >= frames || load.bytes >= bytes
            loads[peer] = load
            return load.isHeld ? .last : .taken
        }
    }

    /// Gives a frame's room back; true if the peer was held and may send again.
    func release(_ size: Int, of peer: PeerKey?) -> Bool {
        loads.withLock { loads in
            guard var load = loads[peer] else { return false }
            load.frames -= 1
            load.bytes -= size
            let resumes = load.isHeld && load.frames <= frames / 2 && load.bytes <= bytes / 2
            if resumes { load.isHeld = false }
            loads[peer] = load.frames == 0 ? nil : load
            return resumes
        }
    }
}

extension PeerKey {
    /// A place from 0 to `count - 1`, always the same for one peer.
    fileprivate func place(among count: Int) -> Int { Int(bytes[31]) % count }
}
