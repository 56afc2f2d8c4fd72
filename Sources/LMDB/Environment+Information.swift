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
