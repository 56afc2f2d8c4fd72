internal import CLMDB
internal import Synchronization

/// One LMDB environment: a directory with a memory-mapped file of named, ordered key–value databases.
///
/// ```swift
/// let environment = try Environment(path: "/var/lib/replica/log", options: .init(access: .createIfMissing))
/// let blocks = try environment.openDatabase("blocks", createIfMissing: true)
/// try environment.write { transaction in
///     try transaction.put(value.span.bytes, for: key.span.bytes, in: blocks)
/// }
/// let size = try environment.read { transaction in
///     try transaction.get(key.span.bytes, in: blocks) { bytes in bytes.byteCount }
/// }
/// ```
///
/// - **Durable.** Every commit is on the disk when it returns; there is no other mode.
/// - **One owner.** A directory is open once per process, and for writing in one process; see ``OpenAccess``.
/// - **Dead after a failed write.** When a write or sync fails, nobody can tell what the file holds until it is synced
///   and read anew: every later transaction throws kind ``LMDBError/Kind/dead``. Close it and open it again, or end.
/// - **One writer.** Write transactions wait for each other and belong to the thread that began them; readers neither
///   wait nor make anybody wait, but the pages that they may still read are not reused until they end.
///
/// `@unchecked Sendable`: LMDB's handle may be used by many threads as long as the map isn't replaced or the handle
/// closed under a transaction and no two transactions open databases at once; ``gate`` keeps the former apart,
/// ``openings`` the latter. `store`, the one mutable property, is changed by ``close()`` alone, within the gate.
public final class Environment: @unchecked Sendable {
    /// The directory, as it was given at open.
    public let path: String
    /// The options it was opened with.
    public let options: Options

    /// Told from every other environment of this process, so that a ``Database`` isn't used with a wrong one.
    let number: UInt64
    /// The data file, read beside LMDB; touched only between entering and leaving the gate.
    let pages: PageFile
    /// The system's number for the open directory; touched as `pages` is.
    let directory: CInt
    /// The size of the file's pages.
    let pageSize: Int
    /// LMDB's handle; touched only between entering and leaving the gate.
    let handle: OpaquePointer
    /// Who has a transaction open, and who may begin one.
    let gate = TransactionGate()
    /// Held while databases are opened.
    let openings = Mutex(())
    /// The greatest size that the data file was seen to have: LMDB never makes it smaller.
    let fileSize = Atomic<UInt64>(0)
    private var store: OpenStore?

    private static let opened = Atomic<UInt64>(0)

    /// Opens the environment in a directory.
    ///
    /// Unless it is opened for reading only, what a crash left in the kernel's cache is synced before any of it is
    /// read, and reader slots of processes that died are cleared. The file and its directory's entry are durable on
    /// return.
    ///
    /// - Parameters:
    ///   - path: the directory.
    ///   - options: how to open it.
    /// - Throws: kinds ``LMDBError/Kind/storeMissing``, ``LMDBError/Kind/openInThisProcess``,
    ///   ``LMDBError/Kind/ownedByAnotherProcess(processID:)``, ``LMDBError/Kind/wrongFormat`` and
    ///   ``LMDBError/Kind/system``.
    public init(path: String, options: Options = Options()) throws(LMDBError) {
        let store = try OpenStore.open(path, options)
        self.path = path
        self.options = options
        self.number = Environment.opened.wrappingAdd(1, ordering: .relaxed).newValue
        self.handle = store.environment
        self.pages = store.pages
        self.directory = store.directoryNumber
        self.pageSize = store.pageSize
        self.store = consume store
    }

    /// Closes the environment and gives up the directory: later transactions throw kind ``LMDBError/Kind/closed``, and
    /// those that are open are waited for.
    ///
    /// Closing twice does nothing. The environment's end does the same.
    ///
    /// Not to be called within a transaction of the environment (traps).
    public func close() {
        gate.close { endStore() }
    }

    /// Closes LMDB's handle and gives up the directory; within the gate, once.
    func endStore() { store = nil }
}
