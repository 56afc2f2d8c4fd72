/// Distance from genesis, whose height is 0.
public struct Height: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// The number of blocks between genesis and this one.
    public var rawValue: UInt64

    /// A height of `rawValue` blocks above genesis.
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// The height of the genesis block.
    public static let genesis = Height(0)

    /// The height of a child, or nil at the end of the number range, which only an invented header can name.
    public var successor: Height? {
        let (next, overflow) = rawValue.addingReportingOverflow(1)
        return overflow ? nil : Height(next)
    }

    /// How many blocks this height lies above `lower`; 0 if it does not.
    public func blocks(above lower: Height) -> UInt64 { self > lower ? rawValue - lower.rawValue : 0 }

    public static func < (left: Height, right: Height) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}

/// Number of a leader's tenure within an epoch, from 0 (PBFT's view).
public struct View: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// How many tenures of the epoch came before.
    public var rawValue: UInt64

    /// The view of number `rawValue`.
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// The view after this one; the last one has none of its own and stays.
    public var next: View { rawValue == .max ? self : View(rawValue + 1) }

    /// The view before this one; nil for view 0.
    public var previous: View? { rawValue == 0 ? nil : View(rawValue - 1) }

    public static func < (left: View, right: View) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}

/// The span of one validator set, from 0 (protocol §1).
public struct Epoch: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// How many changes of validators came before.
    public var rawValue: UInt64

    /// The epoch of number `rawValue`.
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    public static func < (left: Epoch, right: Epoch) -> Bool { left.rawValue < right.rawValue }
    public var description: String { "\(rawValue)" }
}

/// A place in the log: a height and the hash of the block there.
public struct LogPosition: Sendable, Hashable, CustomStringConvertible {
    /// Distance from genesis.
    public let height: Height
    /// Hash of the block at that height.
    public let block: Digest

    /// The place of the block with hash `block` at `height`.
    public init(height: Height, block: Digest) {
        self.height = height
        self.block = block
    }

    public var description: String { "\(height):\(block)" }
}

/// What orders the blocks and certificates of one epoch: view first, height within a view (protocol §1).
///
/// Ranks of two epochs are never compared; whoever compares knows that both are of one.
public struct Rank: Sendable, Hashable, Comparable {
    /// The view of the block.
    public let view: View
    /// The height of the block.
    public let height: Height

    /// The rank of a block at `height` of `view`.
    public init(view: View, height: Height) {
        self.view = view
        self.height = height
    }

    public static func < (left: Rank, right: Rank) -> Bool {
        left.view == right.view ? left.height < right.height : left.view < right.view
    }
}
