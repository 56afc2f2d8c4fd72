import PeerTransport
import Synchronization

/// What peers have sent and nobody has checked: a lane for what is small and urgent, and lanes for what has payloads.
///
/// Each peer has a quota of its own in every lane, so that one that floods holds up itself alone: past its quota the
/// transport reads no more from it until half of it is done.
final class Intake: Sendable {
    /// A frame of a peer.
    struct Item: Sendable {
        let frame: ReceivedFrame
        let peer: PeerKey
    }

    /// What one thread works off.
    struct Lane: Sendable {
        fileprivate let quota: PeerQuota
        let items = Inbox<Item>()

        /// An item is done; true if its peer was held up and may send again.
        func finished(_ item: Item) -> Bool { quota.release(item.frame.byteCount, of: item.peer) }
    }

    /// The first is for what is small and urgent; in the others each peer has its place.
    let lanes: [Lane]

    /// The lanes of a replica.
    init(_ configuration: Configuration) {
        let urgent = Lane(quota: PeerQuota(frames: 1_024, bytes: 16 << 20))
        let bytes = max(64 << 20, 2 * configuration.genesis.payloadLimit.bytes)
        let large = (0..<configuration.verifierThreads).map { _ in Lane(quota: PeerQuota(frames: 1_024, bytes: bytes)) }
        lanes = [urgent] + large
    }

    /// Takes a frame; false if its peer is not to be read until it is resumed.
    func take(_ frame: ReceivedFrame, from peer: PeerKey) -> Bool {
        let place = frame.priority == .consensus ? 0 : 1 + peer.place(among: lanes.count - 1)
        let hasRoom = lanes[place].quota.charge(frame.byteCount, to: peer)
        lanes[place].items.post(Item(frame: frame, peer: peer))
        return hasRoom
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

    private let frames: Int
    private let bytes: Int
    private let loads = Mutex<[PeerKey: Load]>([:])

    init(frames: Int, bytes: Int) {
        self.frames = frames
        self.bytes = bytes
    }

    /// Counts a frame, which is taken in any case; false if it was the last one that there is room for.
    func charge(_ size: Int, to peer: PeerKey) -> Bool {
        loads.withLock { loads in
            var load = loads[peer] ?? Load()
            load.frames += 1
            load.bytes += size
            load.isHeld = load.frames >= frames || load.bytes >= bytes
            loads[peer] = load
            return !load.isHeld
        }
    }

    /// Gives a frame's room back; true if the peer was held and may send again.
    func release(_ size: Int, of peer: PeerKey) -> Bool {
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
