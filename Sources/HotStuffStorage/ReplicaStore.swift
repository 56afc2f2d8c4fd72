public import HotStuffCore
internal import LMDB

/// What a replica remembers (protocol §2), in one LMDB environment, `log` in the replica's directory: blocks, the
/// committed chain, the voting record, the starts of epochs (`Documentation/LogFormat.md`).
///
/// ```swift
/// try ReplicaStore.format(directory: directory, genesis: genesis, key: key)   // once in a replica's life
/// let store = try ReplicaStore.open(directory: directory, genesis: genesis, key: key)
/// let recovered = try store.recover()
/// try store.apply([[.block(block), .record(record)]])                         // durable when it returns
/// let committed = try store.reader().block(at: Height(1))
/// ```
///
/// One thread writes; any number read, each moment as it was, and neither waits for the other. Everything that is read
/// is checked before it is given out; what fails the check is named and withheld.
///
/// Closed when the last reference is dropped, those of its readers too, or by ``close()``.
public final class ReplicaStore: Sendable {
    /// The replica's directory, which holds the log and may hold the state machine's tables beside it.
    public let directory: String
    /// The chain's configuration.
    public let genesis: Genesis
    /// The replica's key.
    public let key: ValidatorKey
    /// Whether the directory goes when the store is closed.
    let isEphemeral: Bool
    let tables: Tables
    let origin: Origin
    private let options: Options

    /// The name of the log within the replica's directory.
    static let logName = "log"

    /// How much of the address space the log may take; the file itself takes what is stored.
    public struct Options: Sendable, Hashable {
        /// The least size of the memory map; it doubles when what is written needs more.
        public var mapSize: ByteCount
        /// The size beyond which the map does not grow.
        public var mapLimit: ByteCount

        /// A map of 1 GiB that grows to at most 32 TiB, unless told otherwise.
        public init(mapSize: ByteCount = .gibibytes(1), mapLimit: ByteCount = .gibibytes(32 << 10)) {
            self.mapSize = mapSize
            self.mapLimit = mapLimit
        }
    }

    /// Opens the store in a directory, as the only one to do so, and checks that it is the one that is meant.
    ///
    /// In order: takes the lock; syncs what a crash left in the kernel's cache, before any of it is believed; checks
    /// the file's length, the format's version, the chain, the replica's key, and that this is the state that was
    /// written last. ``recover()`` checks the rest of what a start needs. Constant time whatever the log's length.
    ///
    /// - Parameters:
    ///   - directory: the replica's, as it was given to ``format(directory:genesis:key:options:)``.
    ///   - genesis: the chain's configuration; its chain ID is held against the store's.
    ///   - key: the replica's; held against the store's.
    /// - Throws: any kind but `storeExists` and `closed`.
    public static func open(
        directory: String, genesis: Genesis, key: ValidatorKey, options: Options = Options()
    ) throws(StorageError) -> ReplicaStore {
        try ReplicaStore(directory: directory, genesis: genesis, key: key, options: options, isEphemeral: false)
    }

    init(
        directory: String, genesis: Genesis, key: ValidatorKey, options: Options, isEphemeral: Bool
    ) throws(StorageError) {
        let path = "\(directory)/\(Self.logName)"
        let origin = Origin(genesis)
        tables = try StorageError.wrapping(path: path) {
            // The name of a log that was just formatted may be in the system's cache only, and the first vote in it
            // must not be lost with the name.
            if (try? FileTree.isAbsentOrEmpty(path)) == false { try LockedDirectory.sync(directory) }
            // Long enough for a recovery of blocks of gigabytes from a slow disk.
            let environment = try Environment(
                path: path,
                options: .init(
                    access: .existing, mapByteCount: options.mapSize.bytes, readerAgeLimit: .seconds(600)))
            // Left by a compaction that was killed; nobody else compacts, as this process has the lock.
            try FileTree.remove("\(directory)/\(Self.compactedName)")
            try Tables.checkFormat(of: environment)
            let tables = try Tables(opening: environment)
            try environment.read { transaction in
                try tables.checkOwner(transaction, chainID: origin.chainID, key: key)
                try tables.checkSeal(transaction)
            }
            return tables
        }
        self.directory = directory
        self.genesis = genesis
        self.key = key
        self.origin = origin
        self.options = options
        self.isEphemeral = isEphemeral
    }

    deinit { close() }

    /// Closes the store and gives up its directory, after the reads and writes that are under way.
    ///
    /// An ephemeral store is removed. Later calls throw kind `closed`, those of readers too; closing twice does
    /// nothing. Not to be called by what ``LogReader/withPayload(at:_:)`` runs (traps).
    public func close() {
        tables.environment.close()
        // Nothing in it is missed, and nobody could do anything about a failure.
        if isEphemeral { try? FileTree.remove(directory) }
    }

    /// A view of the committed blocks as of now.
    ///
    /// - Throws: kinds `damaged`, `closed`, `failed`.
    public func reader() throws(StorageError) -> LogReader { try LogReader(tables, of: self) }

    /// The bytes beyond which the map does not grow.
    var mapLimit: Int { options.mapLimit.bytes }
}

/// Where a chain begins; computed once, since hashing a genesis configuration with much application data takes long.
struct Origin: Sendable {
    /// The chain.
    let chainID: Digest
    /// The header of the block at height 0, which no table holds.
    let header: BlockHeader
    /// Its place.
    let position: LogPosition

    /// The beginning of this configuration's chain.
    init(_ genesis: Genesis) {
        header = genesis.genesisHeader
        chainID = header.chainID
        position = LogPosition(height: .genesis, block: header.hash)
    }
}
