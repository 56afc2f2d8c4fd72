internal import CLMDB

/// The sizes of an environment at one moment.
public struct EnvironmentInformation: Sendable, Hashable {
    /// The size of the map in bytes: the most that the file can grow to.
    public let mapByteCount: Int
    /// The size of a page in bytes.
    public let pageByteCount: Int
    /// The number of the last page in use; pages below it may be free, for reuse.
    public let lastPageNumber: Int
    /// The number of the last transaction that was committed.
    public let lastTransactionID: Int
    /// The most slots of the reader table that were taken at once, by all processes, since the first opened it.
    public let readerSlotCount: Int
    /// How many slots the reader table has.
    public let readerLimit: Int

    /// The part of the map that was ever used, in bytes: about the file's size.
    public var usedByteCount: Int { (lastPageNumber + 1) * pageByteCount }
}

extension Environment {
    /// The sizes of the environment now.
    ///
    /// - Throws: kinds ``LMDBError/Kind/dead``, ``LMDBError/Kind/closed``.
    public func information() throws(LMDBError) -> EnvironmentInformation {
        var information = MDB_envinfo()
        var counts = MDB_stat()
        let code = try whileOpen("mdb_env_info") { handle in
            let code = mdb_env_info(handle, &information)
            return code == MDB_SUCCESS ? mdb_env_stat(handle, &counts) : code
        }
        guard code == MDB_SUCCESS else { throw failure(code, "mdb_env_info") }
        return EnvironmentInformation(
            mapByteCount: information.me_mapsize, pageByteCount: Int(counts.ms_psize),
            lastPageNumber: information.me_last_pgno, lastTransactionID: information.me_last_txnid,
            readerSlotCount: Int(information.me_numreaders), readerLimit: Int(information.me_maxreaders))
    }

    /// The greatest size of a key in bytes; as LMDB is built on every system that we know of.
    public static let maximumKeyByteCount = 511

    /// Clears the reader slots of processes that died without ending their transactions, and so kept pages from being
    /// reused.
    ///
    /// Done at open too, and when the reader table is full.
    ///
    /// - Returns: how many were cleared.
    @discardableResult
    public func clearStaleReaders() throws(LMDBError) -> Int {
        var cleared: CInt = 0
        let code = try whileOpen("mdb_reader_check") { handle in mdb_reader_check(handle, &cleared) }
        guard code == MDB_SUCCESS else { throw failure(code, "mdb_reader_check") }
        return Int(cleared)
    }
}

/// What was found where every page of an environment was looked at.
public struct StructureSummary: Sendable, Hashable {
    /// How many pages hold something.
    public let usedPageCount: Int
    /// How many pages are neither in use nor free: harmless, and got rid of by a compacted copy.
    public let lostPageCount: Int
}

extension Environment {
    /// Looks at every page of every database, and at the list of free pages.
    ///
    /// A long read transaction. What entries mean is nothing that LMDB knows of.
    ///
    /// - Throws: kind ``LMDBError/Kind/corrupted``, with the number of the first page that is not what LMDB wrote.
    @discardableResult
    public func checkStructure() throws(LMDBError) -> StructureSummary {
        let transaction = try ReadTransaction(self)
        do throws(PageFlaw) {
            let (used, lost) = try transaction.context.snapshot.checkAll()
            return StructureSummary(usedPageCount: used, lostPageCount: lost)
        } catch { throw damage(error) }
    }

    /// A copy of a small value as it was before the last commit, and the number of the transaction that had left it.
    ///
    /// LMDB keeps two states: a damaged meta page can pass the older one for the newer. What each transaction writes about
    /// itself shows which is which.
    ///
    /// - Returns: nil if there was no such key, or its value was too large for a leaf.
    public func previousBytes(
        for key: [UInt8], inDatabaseNamed name: String
    ) throws(LMDBError) -> (transaction: UInt64, bytes: [UInt8])? {
        try enterGate(isWriter: false, "check")
        defer { gate.leave(thread: TransactionGate.currentThread, isWriter: false) }
        do throws(PageFlaw) {
            let older = try pages.metaPages().older
            return try Snapshot(pages, older).bytes(for: key, in: name).map { (older.transaction, $0) }
        } catch { throw damage(error) }
    }
}
