internal import CLMDB

extension Environment {
    /// Opens a named database, in a transaction of its own; again and again gives the same one.
    ///
    /// Not to be called within a transaction of the environment (traps); and transactions that are open meanwhile
    /// can't use it.
    ///
    /// - Parameters:
    ///   - name: not empty, without a NUL.
    ///   - createIfMissing: make it, durably, if there is none.
    /// - Throws: kinds ``LMDBError/Kind/notFound``, ``LMDBError/Kind/databasesFull``, and
    ///   ``LMDBError/Kind/wrongFormat`` for a database with other than plain keys and values.
    public func openDatabase(_ name: String, createIfMissing: Bool = false) throws(LMDBError) -> Database {
        try openDatabases([name], createIfMissing: createIfMissing)[0]
    }

    /// Opens named databases in one transaction, so that either all of the missing ones are made or none; otherwise as
    /// ``openDatabase(_:createIfMissing:)``.
    ///
    /// - Returns: the databases in the order of their names in `names`.
    public func openDatabases(
        _ names: [String], createIfMissing: Bool = false
    ) throws(LMDBError) -> [Database] {
        precondition(!gate.isHeldByThisThread, "databases can't be opened within a transaction")
        precondition(names.allSatisfy { !$0.isEmpty && !$0.utf8.contains(0) }, "not a database's name")
        // LMDB allows one transaction at a time that opens databases. Result, since withLock would widen the error.
        let result: Result<[Database], LMDBError> = openings.withLock { _ in
            do throws(LMDBError) {
                return .success(try openDatabases(names, flags: createIfMissing ? MDB_CREATE : 0))
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func openDatabases(_ names: [String], flags: CInt) throws(LMDBError) -> [Database] {
        let context = try beginTransaction(isWriter: flags & MDB_CREATE != 0)
        do {
            var databases: [Database] = []
            for name in names { databases.append(try openDatabase(name, flags, context)) }
            // A reader commits as well: an abort would close what it opened.
            try context.commit()
            return databases
        } catch {
            context.abort()
            throw error
        }
    }

    private func openDatabase(
        _ name: String, _ flags: CInt, _ context: TransactionContext
    ) throws(LMDBError) -> Database {
        try context.look(atDescriptionOf: name)
        var handle = MDB_dbi()
        var kind: UInt32 = 0
        var code = mdb_dbi_open(context.transaction, name, UInt32(flags), &handle)
        let database = Database(name: name, handle: handle, environment: number)
        try context.check(code, "mdb_dbi_open", database)
        try context.check(mdb_dbi_flags(context.transaction, handle, &kind), "mdb_dbi_flags", database)
        // Sorted duplicates or integer keys: made by somebody else, and read wrongly here.
        code = kind == 0 ? MDB_SUCCESS : MDB_INCOMPATIBLE
        try context.check(code, "mdb_dbi_open", database)
        return database
    }

    /// The names of all databases in the environment, in order.
    public func databaseNames() throws(LMDBError) -> [String] {
        // LMDB keeps them as the keys of the one that has no name.
        let transaction = try ReadTransaction(self)
        let main = Database(name: "", handle: Environment.mainHandle, environment: number)
        var names: [String] = []
        try transaction.forEach(in: main) { key, _ in
            names.append(key.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            return .continue
        }
        return names
    }

    /// LMDB's number for the database that has no name (`MAIN_DBI`), open in every environment.
    private static let mainHandle: MDB_dbi = 1
}
