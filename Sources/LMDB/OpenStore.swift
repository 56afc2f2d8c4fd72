internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// An environment's hold on the outer world: LMDB's handle, the lock, the registry's claim, the directory.
///
/// Ends when this value ends, LMDB's handle first, so that nobody is let in before the last of it is closed.
struct OpenStore: ~Copyable {
    /// LMDB's file of data within a directory.
    static let dataFileName = "data.mdb"
    /// LMDB's table of readers within a directory.
    static let lockFileName = "lock.mdb"

    /// LMDB's handle, valid as long as this value.
    let environment: OpaquePointer
    /// The data file, read beside LMDB; open as long as this value.
    var pages: PageFile { PageFile(number: data.number) }
    /// The size of the file's pages.
    let pageSize: Int
    private let data: FileDescriptor
    private let ownerLock: OwnerLock?
    private let claim: EnvironmentRegistry.Claim
    private let directory: FileDescriptor

    /// The system's number for the directory, open as long as this value.
    var directoryNumber: CInt { directory.number }

    private init(
        _ environment: OpaquePointer, _ data: consuming FileDescriptor, pageSize: Int,
        _ ownerLock: consuming OwnerLock?,
        _ claim: consuming EnvironmentRegistry.Claim,
        _ directory: consuming FileDescriptor
    ) {
        self.environment = environment
        self.data = data
        self.pageSize = pageSize
        self.ownerLock = ownerLock
        self.claim = claim
        self.directory = directory
    }

    /// Opens `path` as the options say; see ``Environment/init(path:options:)``.
    static func open(_ path: String, _ options: Environment.Options) throws(LMDBError) -> OpenStore {
        let isReadOnly = options.access == .readOnly
        if options.access == .createIfMissing { try makeDirectory(path) }
        let directory = try openDirectory(path)
        let claim = try EnvironmentRegistry.Claim(directory.identity(store: path), path: path)
        // One without a byte is what a process leaves that was killed before it wrote any; as an existing store, it is
        // refused.
        let exists = try hasDataFile(path, orEmpty: options.access == .createIfMissing)
        guard exists || options.access == .createIfMissing else { throw missing(path) }
        let ownerLock = isReadOnly ? nil : try OwnerLock(directory: path)
        if exists && !isReadOnly { try syncBeforeReading(path, directory) }
        if exists { try checkPages(path, isReadOnly: isReadOnly) }
        let environment = try openEnvironment(path, options, isNew: !exists)
        var counts = MDB_stat()
        let data: FileDescriptor
        do throws(LMDBError) {
            try check(mdb_env_stat(environment, &counts), "mdb_env_stat", path)
            data = try FileDescriptor(opening: "\(path)/\(dataFileName)", O_RDONLY, store: path)
        } catch {
            mdb_env_close(environment)
            throw error
        }
        let store = OpenStore(environment, data, pageSize: Int(counts.ms_psize), ownerLock, claim, directory)
        if !isReadOnly { try store.finishOpening(path, options, isNew: !exists) }
        return store
    }

    /// Looks at what LMDB will trust without looking: the meta pages, that the file is as long as they say, and the list
    /// of free pages, to which it will write.
    ///
    /// An owner that writes meanwhile may have replaced both meta pages, so a tool can compare less.
    private static func checkPages(_ path: String, isReadOnly: Bool) throws(LMDBError) {
        let name = "\(path)/\(dataFileName)"
        let descriptor = try FileDescriptor(opening: name, O_RDONLY, store: path)
        let file = PageFile(number: descriptor.number)
        do throws(PageFlaw) {
            let (newer, older) = try file.metaPages()
            guard !isReadOnly else { return }
            guard MetaPage.areOfOneFile(newer: newer, older: older) else {
                throw PageFlaw(
                    "its two meta pages, of transactions \(older.transaction) and \(newer.transaction), are not of one file"
                )
            }
            let snapshot = try Snapshot(file, newer)
            try snapshot.checkLength(free: try snapshot.checkFreePages())
        } catch {
            throw LMDBError(
                kind: error.isForeign ? .wrongFormat : .corrupted, code: error.isForeign ? MDB_INVALID : MDB_CORRUPTED,
                message: "\(dataFileName) is damaged: \(error.text)", operation: "check", path: path)
        }
    }

    deinit { mdb_env_close(environment) }

    /// A crash of the process leaves writes in the kernel's cache that were never synced.
    ///
    /// Deciding on what is read there, and losing it in a later power cut, is breaking a promise; so it is made
    /// durable, or found not to be, before a byte of it is read.
    private static func syncBeforeReading(
        _ path: String, _ directory: borrowing FileDescriptor
    ) throws(LMDBError) {
        let data = try FileDescriptor(opening: "\(path)/\(dataFileName)", O_RDWR, store: path)
        try data.sync(store: path)
        try directory.sync(store: path)
    }

    private static func openEnvironment(
        _ path: String, _ options: Environment.Options, isNew: Bool
    ) throws(LMDBError) -> OpaquePointer {
        var created: OpaquePointer?
        try check(mdb_env_create(&created), "mdb_env_create", path)
        guard let environment = created else {
            throw LMDBError(code: ENOMEM, operation: "mdb_env_create", path: path)
        }
        do {
            try check(mdb_env_set_maxdbs(environment, UInt32(options.databaseLimit)), "mdb_env_set_maxdbs", path)
            try check(
                mdb_env_set_maxreaders(environment, UInt32(options.readerLimit)), "mdb_env_set_maxreaders", path)
            // An existing store brings its own size, which may have grown beyond the options'.
            if isNew { try check(setMapSize(environment, options.mapByteCount), "mdb_env_set_mapsize", path) }
            // Never MDB_NOSYNC, MDB_NOMETASYNC or MDB_MAPASYNC, which let a commit return before it is durable, nor
            // MDB_WRITEMAP, which lets a stray pointer of the process write into the store.
            // MDB_NOTLS ties a reader's slot to the transaction, not to the thread.
            var flags = MDB_NOTLS
            if options.access == .readOnly { flags |= MDB_RDONLY }
            if !options.readsAhead { flags |= MDB_NORDAHEAD }
            try check(mdb_env_open(environment, path, UInt32(flags), 0o600), "mdb_env_open", path)
        } catch {
            mdb_env_close(environment)  // Required even after a failed mdb_env_open.
            throw error
        }
        return environment
    }

    private func finishOpening(_ path: String, _ options: Environment.Options, isNew: Bool) throws(LMDBError) {
        if isNew {
            // LMDB doesn't sync the file that it makes, nor the directory that names it.
            try data.sync(store: path)
            try directory.sync(store: path)
        }
        var information = MDB_envinfo()
        try check(mdb_env_info(environment, &information), "mdb_env_info", path)
        if information.me_mapsize < options.mapByteCount {
            try check(OpenStore.setMapSize(environment, options.mapByteCount), "mdb_env_set_mapsize", path)
        }
        var cleared: CInt = 0
        try check(mdb_reader_check(environment, &cleared), "mdb_reader_check", path)
    }

    /// Sets the map's size, rounded up to whole pages of the system.
    ///
    /// No transaction may be open in this process.
    static func setMapSize(_ environment: OpaquePointer, _ byteCount: Int) -> CInt {
        let page = Int(sysconf(CInt(_SC_PAGESIZE)))
        let (rounded, overflow) = byteCount.addingReportingOverflow(page - 1)
        guard byteCount > 0, !overflow else { return EINVAL }
        return mdb_env_set_mapsize(environment, rounded / page * page)
    }

    private static func makeDirectory(_ path: String) throws(LMDBError) {
        guard mkdir(path, 0o700) != 0 else {
            // A new directory is only durable once its parent's entry for it is.
            let parent = try FileDescriptor(opening: "\(path)/..", O_RDONLY | O_DIRECTORY, store: path)
            return try parent.sync(store: path)
        }
        guard errno == EEXIST else { throw LMDBError(code: errno, operation: "mkdir", path: path) }
    }

    private static func openDirectory(_ path: String) throws(LMDBError) -> FileDescriptor {
        do { return try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY, store: path) } catch {
            throw error.code == ENOENT ? missing(path) : error
        }
    }

    private static func hasDataFile(_ path: String, orEmpty: Bool) throws(LMDBError) -> Bool {
        let file = "\(path)/\(dataFileName)"
        var status = stat()
        if stat(file, &status) == 0 { return status.st_size > 0 || !orEmpty }
        // Any other refusal must not pass for an absent store, or a new one would be made in its place.
        guard errno == ENOENT else { throw LMDBError(code: errno, operation: "stat \(file)", path: path) }
        return false
    }

    private static func missing(_ path: String) -> LMDBError {
        LMDBError(
            kind: .storeMissing, code: ENOENT, message: "there is no store in this directory", operation: "open",
            path: path)
    }
}

/// Throws LMDB's code as an error unless it is success.
func check(_ code: CInt, _ operation: String, _ path: String) throws(LMDBError) {
    guard code == MDB_SUCCESS else { throw LMDBError(code: code, operation: operation, path: path) }
}

extension LMDBError {
    /// The code of conditions that are a matter of who is first.
    static var busyCode: Int32 { EBUSY }
}
