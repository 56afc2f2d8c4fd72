internal import DequeModule

/// How far a leader may propose ahead of what a quorum's state machines have made final.
///
/// What is further ahead than the slower half of the cluster can work off soon only waits: commands for their replies, and
/// blocks in the followers' queues. A limit that costs no speed leaves room for a block's whole way: a time of more than
/// `L` + 1 round trips, their syncs, two executions, and 50 ms for asking how far the others are. A limit in time also keeps
/// payloads apart, lest room for several of them make a burst: by three quarters of what a quorum takes for one.
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
    /// How long a quorum takes for a block while some wait for it, or less where none have waited of late; nil before it is
    /// known.
    private(set) var pace: Duration?
    /// What a quorum has made final since some time; nil if nothing was ahead of it.
    private var stretch: Stretch?

    /// How a quorum has gone on.
    private struct Stretch {
        let start: Timestamp
        var blocks = 0
        /// Whether decided blocks have waited for it all the time.
        var isBehind: Bool
    }

    /// How long a pace is measured at least: what is told of comes in bursts.
    private static let shortestStretch = Duration.milliseconds(40)
    /// The replica stops.
    var isOver = false

    /// Blocks that may be ahead while nothing is known of a quorum's pace.
    static let firstBlocks = 8

    /// Blocks that may be ahead whatever their time: with fewer, nothing could wait for a quorum, and its pace would never be
    /// known.
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
    ///
    /// - Parameter isBehind: whether more decided blocks wait there: only then is the time that they took their own pace.
    ///   Where none wait they may be faster by any amount, and are taken to be, by a little more each time.
    mutating func finished(upTo height: Height, isBehind: Bool, at now: Timestamp) {
        var count = 0
        while let first = open.first, first.height <= height.rawValue {
            open.removeFirst()
            bytes -= first.bytes
            count += 1
        }
        guard count > 0 else { return }
        if var measured = stretch {
            measured.blocks += count
            measured.isBehind = measured.isBehind && isBehind
            stretch = measured
            if measured.start + Self.shortestStretch > now, !open.isEmpty { return }
            learn(measured, until: now)
        }
        stretch = open.isEmpty ? nil : Stretch(start: now, isBehind: isBehind)
    }

    private mutating func learn(_ stretch: Stretch, until now: Timestamp) {
        let latest = (now - stretch.start) / stretch.blocks
        guard let known = pace else {
            pace = latest
            return
        }
        if !stretch.isBehind {
            pace = min(latest, known * 7 / 8)
        } else {
            // Up as fast as down, or a pace that only varies would be taken for a slower one; and one stall is not a pace.
            pace = (known * 3 + min(latest, known * 2)) / 4
        }
    }

    /// Another view has begun: what was proposed may never commit.
    mutating func forget() {
        open.removeAll()
        bytes = 0
        newest = 0
        stretch = nil
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
