internal import HotStuffCore

/// The databases of a store's environment.
enum TableName: String, Sendable, CaseIterable {
    /// Height and hash → header and payload, of committed and uncommitted blocks.
    case blocks
    /// Height → hash, of committed blocks and genesis.
    case committed
    /// Hash → height, of all blocks in `blocks`.
    case hashes
    /// The voting record.
    case record
    /// Epoch → its start.
    case epochs
    /// What the store is, and how far it reaches.
    case meta
    /// Time → height of the tip then, about once an hour; where blocks are kept by age.
    case times

    /// What a record says of the table that it belongs to.
    var number: UInt8 {
        switch self {
        case .blocks: 1
        case .committed: 2
        case .hashes: 3
        case .record: 4
        case .epochs: 5
        case .meta: 6
        case .times: 7
        }
    }
}

/// The keys of `meta`, in ASCII.
enum MetaKey: String {
    /// The format's version. Any version of this software can read this record of any other.
    case format
    /// The chain's ID.
    case chain
    /// What the chain's ID is the hash of, for people and tools.
    case genesis
    /// The replica's key.
    case replica
    /// The height below which blocks are gone.
    case prunedBelow = "pruned-below"
    /// Whether this store may vouch for what its replica signed.
    case mayVote = "may-vote"
    /// The commit proof of the tip.
    case tipProof = "tip-proof"
    /// What the last transaction left.
    case seal
}

/// A key as it is named to people.
enum KeyName: CustomStringConvertible {
    case place(Height)
    case position(LogPosition)
    case hash(Digest)
    case text(String)
    case epoch

    var description: String {
        switch self {
        case .place(let height): "height \(height)"
        case .position(let position): "height \(position.height), hash \(position.block.hexadecimalText)"
        case .hash(let hash): "hash \(hash.hexadecimalText)"
        case .text(let text): text
        case .epoch: "the last one"
        }
    }
}

extension LogPosition {
    /// How many bytes `blockKey` has.
    static let blockKeySize = 40

    /// The key of `blocks`: the height, big-endian so that keys sort as heights do, and the hash.
    var blockKey: [UInt8] { height.rawValue.bigEndianBytes + block.bytes }

    /// The place with this key; nil if it is none.
    init?(blockKey key: [UInt8]) {
        guard key.count == Self.blockKeySize, let block = Digest(bytes: Array(key[8...])) else { return nil }
        self.init(height: Height(UInt64(bigEndianBytes: key[..<8])), block: block)
    }
}

extension FixedWidthInteger {
    /// As many bytes as the type has, the most significant first.
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

    /// As many bytes as the type has, the least significant first.
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }

    /// The number with these bytes, the most significant first.
    init(bigEndianBytes bytes: some Sequence<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
    }

    /// The number with these bytes, the least significant first.
    init(littleEndianBytes bytes: some BidirectionalCollection<UInt8>) {
        self.init(bigEndianBytes: bytes.reversed())
    }
}
