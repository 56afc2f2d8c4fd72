/// Every maximum of the transport.
///
/// What a peer sends is held against these before memory is set aside for it.
///
/// Memory implied, at most, per connection: received frames in the making, one a priority, 3 × (`headerBytes` +
/// `bodyBytes`), of which only what has arrived is resident; queued frames, the three `bytes` of `queues`, shared with
/// other connections when broadcast; about 512 KiB on the way to the socket; `delayedBytes` if a delay is emulated.
/// Connections: one a peer of the directory, `strangers` others, `handshakes` not yet known.
public struct TransportLimits: Sendable {
    /// Most bytes of a frame's header.
    public var headerBytes = 1 << 20
    /// Most bytes of a frame's body, at most 2³² − 1 − `headerBytes`.
    public var bodyBytes = 64 << 20
    /// Most bytes of a frame written at one go, so the longest that an urgent frame waits for; 1 KiB to 1 MiB.
    ///
    /// Receivers accept any chunk up to ``ChunkHeader/largestChunk``, so peers need not agree on it.
    public var chunkBytes = 128 << 10
    /// Bounds of the outbound queue of consensus frames, one queue a connection.
    public var consensusQueue = QueueLimit(frames: 4096, bytes: 32 << 20)
    /// Bounds of the outbound queue of payload frames, one queue a connection.
    public var payloadQueue = QueueLimit(frames: 4096, bytes: 256 << 20)
    /// Bounds of the outbound queue of sync frames, one queue a connection.
    public var syncQueue = QueueLimit(frames: 1024, bytes: 128 << 20)
    /// Most bytes of frames held back by an emulated delay per connection; beyond it the connection is not read.
    public var delayedBytes = 512 << 20
    /// Most connected peers that the directory does not name.
    public var strangers = 64
    /// Most accepted connections whose handshake is not over; one more closes the oldest of them.
    public var handshakes = 128

    /// The defaults.
    public init() {}

    /// The bound of one priority's outbound queue.
    public func queue(_ priority: FramePriority) -> QueueLimit {
        switch priority {
        case .consensus: consensusQueue
        case .payload: payloadQueue
        case .sync: syncQueue
        }
    }

    /// The bound of a queue, in items and bytes; a queue that is empty takes any frame within the frame limits.
    public struct QueueLimit: Sendable, Hashable {
        /// Most frames; at least 1.
        public var frames: Int
        /// Most bytes of headers and bodies; at least 1.
        public var bytes: Int

        /// Bounds a queue by both.
        public init(frames: Int, bytes: Int) {
            self.frames = frames
            self.bytes = bytes
        }
    }

    /// Why the limits can't be used; nil if they can.
    var fault: String? {
        let queues = FramePriority.allCases.map { queue($0) }
        return switch true {
        case headerBytes < 0 || bodyBytes < 0: "headerBytes and bodyBytes must not be negative"
        case headerBytes > UInt32.max || bodyBytes > Int(UInt32.max) - headerBytes:
            "headerBytes and bodyBytes together must fit in 32 bits"
        case !(1 << 10...Int(ChunkHeader.largestChunk)).contains(chunkBytes): "chunkBytes must be 1 KiB to 1 MiB"
        case queues.contains { $0.frames < 1 || $0.bytes < 1 }: "every queue must hold at least one frame and byte"
        case strangers < 0 || handshakes < 1: "strangers must be at least 0 and handshakes at least 1"
        case delayedBytes < 1: "delayedBytes must be at least 1"
        default: nil
        }
    }
}
