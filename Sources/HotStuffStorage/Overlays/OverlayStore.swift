public import HotStuffCore
internal import LMDB

/// An ordered map in LMDB for a state machine whose state is too large for memory, or is not to be replayed at each
/// start: with one overlay for each applied block, so that the machine may run ahead and be rolled back.
///
/// ```swift
/// struct Machine: StateMachine, ~Copyable {
///     var store: OverlayStore                  // OverlayStore(directory: context.directory)
///
///     mutating func execute(_ block: Block) throws {
///         for (key, value) in block { try store.set(value, for: key) }
///         store.endBlock()
///     }
///     mutating func commit(_ position: LogPosition) throws { try store.commit(position) }
///     mutating func rollBack() { store.rollBack() }
///     var durablePosition: LogPosition? { store.durablePosition }
///     …
/// }
/// ```
///
/// - **Applied blocks form a queue**, as the machine's do: `endBlock` appends the changes since the last one, `commit`
///   makes the oldest final, `rollBack` drops the rest. Reads see all of them, the newest first.
/// - **Committed blocks become durable together**, so many at a time, with the position of the last of them, in one synced
///   transaction. After a crash the tables are a little behind the log, and the machine is given the difference again.
/// - **Memory** holds the changes of applied blocks, and of committed ones up to a batch; nothing else.
///
/// Keys are 1 to 511 bytes and sort as strings of unsigned bytes. Several tables are one map whose keys begin with a
/// letter for each. Belongs to the state machine's thread; no other environment may be open in its directory.
public struct OverlayStore: ~Copyable {
    /// The last committed block whose effects are in the tables; nil before the first.
    public private(set) var durablePosition: LogPosition?
    /// When committed blocks are written.
    public let batch: Batch
    let tables: OverlayTables
    var overlays = Overlays()
    /// The last committed block.
    private var committed: LogPosition?
    private var waitingBlocks = 0

    /// How many committed blocks are written together: with any of the limits reached they are.
    ///
    /// After a crash as many are replayed at most.
    public struct Batch: Sendable, Hashable {
        /// So many blocks; at least 1.
        public var blocks: Int
        /// Their changes, in memory.
        public var size: ByteCount

        /// 256 blocks or 16 MiB, unless told otherwise.
        public init(blocks: Int = 256, size: ByteCount = .mebibytes(16)) {
            self.blocks = blocks
            self.size = size
        }
    }

    /// Opens the tables in a directory, made if there are none.
    ///
    /// What a crash left in the system's cache is synced before any of it is believed.
    ///
    /// - Parameter directory: a state machine's own; its parents exist.
    /// - Throws: `StorageError` of kinds `damaged`, `newerFormat`, `inUse`, `noPermission`, `diskFull`, `failed`.
    public init(directory: String, batch: Batch = Batch()) throws(StorageError) {
        let tables = try OverlayTables(directory: directory)
        let position = try tables.position()
        self.tables = tables
        durablePosition = position
        committed = position
        self.batch = batch
    }

    // MARK: - Changing

    /// Changes an entry, in the block being made; nil removes it.
    ///
    /// - Throws: `StorageError` of kind `failed` for a key that is empty or has more than 511 bytes.
    public mutating func set(_ value: [UInt8]?, for key: [UInt8]) throws(StorageError) {
        try tables.check(key)
        overlays.set(value, for: key)
    }

    /// The changes since the last block are a block: the newest one applied.
    public mutating func endBlock() { overlays.endBlock() }

    /// Takes back the changes since the last block.
    public mutating func dropChanges() { overlays.dropChanges() }

    /// The oldest applied block is final.
    ///
    /// Writes all committed blocks, and syncs, once there is a batch of them. Traps if no block is applied.
    ///
    /// - Throws: `StorageError` of kinds `diskFull`, `fileChanged`, `failed`; then nothing more can be written.
    public mutating func commit(_ position: LogPosition) throws(StorageError) {
        overlays.commitOldest()
        committed = position
        waitingBlocks += 1
        if waitingBlocks >= batch.blocks || overlays.committedSize >= batch.size.bytes { try write() }
    }

    /// Drops every block that is not committed, and the changes since the last one.
    public mutating func rollBack() { rollBack(keepingOldest: 0) }

    /// Drops the newest applied blocks, and the changes since the last one, but for so many of the oldest.
    ///
    /// - Returns: how many were kept: as many, or all there are.
    @discardableResult
    public mutating func rollBack(keepingOldest count: Int) -> Int { overlays.rollBack(keepingOldest: count) }

    /// How many blocks are applied and not committed.
    public var appliedBlockCount: Int { overlays.blockCount }

    // MARK: - The end

    /// Makes durable what is committed, whether there is a batch of it or not.
    ///
    /// - Throws: as `commit`.
    public mutating func write() throws(StorageError) {
        guard let committed, committed != durablePosition else { return }
        try tables.write(overlays.committed(), at: committed)
        overlays.forgetCommitted()
        durablePosition = committed
        waitingBlocks = 0
    }

    /// Makes durable what is committed, and gives up the directory.
    ///
    /// Without it the tables are given up when the store goes, as after a crash.
    ///
    /// - Throws: as `commit`.
    public consuming func close() throws(StorageError) {
        try write()
        tables.close()
    }
}
