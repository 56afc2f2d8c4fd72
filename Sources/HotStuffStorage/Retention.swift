public import HotStuffCore

/// How much of the committed log is kept; what the state machine and peers still need is kept in any case.
public enum Retention: Sendable, Hashable {
    /// All of it.
    case everything
    /// So many of the newest blocks.
    case blocks(UInt64)
    /// The newest blocks that take no more than this, with the pages that lead to them.
    case size(ByteCount)
    /// What was committed here within so many days, to the hour.
    case days(UInt64)
}

extension Retention: CustomStringConvertible {
    /// What is kept, in words.
    public var description: String {
        switch self {
        case .everything: "everything"
        case .blocks(let count): "the last \(count) blocks"
        case .size(let size): "the last \(size)"
        case .days(let days): "the last \(days) days"
        }
    }
}

/// What a step of pruning may and may not drop.
public struct PruningBounds: Sendable, Hashable {
    /// The lowest height that the state machine still needs.
    public var neededFrom: Height
    /// How many of the newest blocks peers may ask for; at least the genesis configuration's `maxWindow` are kept.
    public var served: UInt64
    /// Most blocks that one step drops.
    public var blockLimit: Int
    /// Bytes after which a step ends.
    public var sizeLimit: ByteCount

    /// Bounds of a step that takes no longer than a few syncs do.
    public init(
        neededFrom: Height, served: UInt64 = 1_000, blockLimit: Int = 64, sizeLimit: ByteCount = .mebibytes(64)
    ) {
        self.neededFrom = neededFrom
        self.served = served
        self.blockLimit = blockLimit
        self.sizeLimit = sizeLimit
    }
}

/// What a step of pruning did.
public struct Pruned: Sendable, Hashable {
    /// How many blocks it dropped.
    public let blockCount: UInt64
    /// The lowest height whose block is still held.
    public let firstHeight: Height
    /// Whether there is more to drop already.
    public let isUnfinished: Bool
}
