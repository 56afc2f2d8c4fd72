internal import DequeModule

/// How far a leader may propose ahead of what a quorum's state machines have made final.
///
/// What is further ahead than the slower half of the cluster can work off soon only waits: commands for their replies, and
/// blocks in the followers' queues. A limit that costs no speed leaves room for a block's whole way: a time of more than
/// `L` + 1 round trips and two executions.
public struct LeadLimit: Sendable, Hashable {
    /// Blocks with payload; nil for as many as the window and the followers' queues hold.
    public var blocks: Int?
    /// Their bytes; nil as above.
    public var size: ByteCount?
    /// How long a quorum will take to work them off, at the pace at which it has of late; nil as above.
    public var time: Duration?

    /// A lead of at most so much; nothing named is no limit.
    public init(blocks: Int? = nil, size: ByteCount? = nil, time: Duration? = nil) {
        self.blocks = blocks
        self.size = size
        self.time = time
    }

    /// Whether it limits nothing.
    public var isNone: Bool { blocks == nil && size == nil && time == nil }
}

/// What a leader has proposed and a quorum has not made final; told by the replica's thread.
struct LeadBook: Sendable {
    /// Payload blocks, oldest first.
    private var open: Deque<(height: UInt64, bytes: Int)> = []
    private var bytes = 0
    /// The newest block that was ever open in this view.
    private var newest: UInt64 = 0
    /// How long a quorum takes for a block while it has some to work off; nil before it is known.
    private(set) var pace: Duration?
    /// When a quorum went on last, if it has had something to work off ever since.
    private var lastAdvance: Timestamp?
    /// The replica stops.
    var isOver = false

    /// Blocks that may be ahead while nothing is known of a quorum's pace.
    static let firstBlocks = 8

    /// Blocks that may be ahead whatever their time: with fewer under way, a quorum's pace could not be told from the time
    /// of a block's way, and a leader that had found it slow once would never learn better.
    static let fewestBlocks = 2

    /// How many blocks are ahead.
    var blocks: Int { open.count }

    /// A payload was proposed, or is proposed again.
    mutating func proposed(_ height: Height, bytes size: Int) {
        guard height.rawValue > newest else { return }
        newest = height.rawValue
        open.append((height.rawValue, size))
        bytes += size
    }

    /// A quorum's state machines have made final all up to `height`.
    mutating func finished(upTo height: Height, at now: Timestamp) {
        var count = 0
        while let first = open.first, first.height <= height.rawValue {
            open.removeFirst()
            bytes -= first.bytes
            count += 1
        }
        guard count > 0 else { return }
        if let lastAdvance {
            let latest = (now - lastAdvance) / count
            pace = pace.map { ($0 * 7 + latest) / 8 } ?? latest
        }
        lastAdvance = open.isEmpty ? nil : now
    }

    /// Another view has begun: what was proposed may never commit.
    mutating func forget() {
        open.removeAll()
        bytes = 0
        newest = 0
        lastAdvance = nil
    }

    /// Whether there is room for one more block; always, if nothing is ahead.
    func hasRoom(within limit: LeadLimit) -> Bool {
        guard !open.isEmpty else { return true }
        if let blocks = limit.blocks, open.count >= blocks { return false }
        if let size = limit.size, bytes >= size.bytes { return false }
        if let time = limit.time, open.count >= Self.fewestBlocks {
            guard let pace else { return open.count < Self.firstBlocks }
            return pace * open.count < time
        }
        return true
    }
}
