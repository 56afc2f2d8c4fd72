internal import CLMDB

/// A named database of one environment: ordered keys of 1 to 511 bytes, each with one value.
///
/// Keys sort as strings of unsigned bytes, a prefix before what it is a prefix of; so integers sort as numbers when
/// they are written big-endian, in a fixed width. Valid as long as the environment that opened it, and usable with no
/// other (traps).
public struct Database: Sendable, Hashable {
    /// Its name within the environment.
    public let name: String
    /// LMDB's number for it.
    let handle: MDB_dbi
    /// The ``Environment/number`` of its environment.
    let environment: UInt64
}

/// The sizes of a database, or of an environment's directory of databases.
public struct DatabaseStatistics: Sendable, Hashable {
    /// The number of entries.
    public let entryCount: Int
    /// The number of levels of its tree; 0 when empty.
    public let depth: Int
    /// The size of a page in bytes.
    public let pageByteCount: Int
    /// Pages that hold keys and the numbers of further pages.
    public let branchPageCount: Int
    /// Pages that hold keys and small values.
    public let leafPageCount: Int
    /// Pages that hold nothing but values too large for a leaf.
    public let overflowPageCount: Int

    /// All its pages, in bytes.
    public var byteCount: Int { (branchPageCount + leafPageCount + overflowPageCount) * pageByteCount }

    init(_ counts: MDB_stat) {
        entryCount = counts.ms_entries
        depth = Int(counts.ms_depth)
        pageByteCount = Int(counts.ms_psize)
        branchPageCount = counts.ms_branch_pages
        leafPageCount = counts.ms_leaf_pages
        overflowPageCount = counts.ms_overflow_pages
    }
}
