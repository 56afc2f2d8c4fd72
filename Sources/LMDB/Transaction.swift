internal import CLMDB

/// What read and write transactions have in common: reading.
///
/// See ``ReadTransaction`` and ``WriteTransaction``, the only two.
public protocol Transaction: ~Copyable {
    /// For this module's use.
    var context: TransactionContext { get }
}

extension Transaction where Self: ~Copyable {
    /// Lends `body` the value of a key, where it lies in the map: nothing is copied.
    ///
    /// The bytes are LMDB's page. They can't be kept beyond `body`, and a write transaction can't change anything
    /// while they are lent; the compiler sees to both.
    ///
    /// - Returns: what `body` returns; `nil`, without running it, if there is no such key.
    /// - Throws: what `body` throws, or `LMDBError` as the body's error type wraps it.
    /// - Complexity: O(log *n*) in the number of entries, whatever the value's size.
    public borrowing func get<Result, Failure: BodyError>(
        _ key: RawSpan, in database: Database, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure.Thrown) -> Result? {
        let value: UnsafeRawBufferPointer?
        do { value = try find(key, in: database) } catch { throw Failure.wrapping(error) }
        guard let value else { return nil }
        do { return try body(value.bytes) } catch { throw error.thrown }
    }

    /// Lends `body` the value of a key, for bodies that throw errors of any type; otherwise as the typed form.
    @_disfavoredOverload
    public borrowing func get<Result>(
        _ key: RawSpan, in database: Database, _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        guard let value = try find(key, in: database) else { return nil }
        return try body(value.bytes)
    }

    /// A copy of the value of a key; `nil` if there is no such key.
    public borrowing func bytes(for key: RawSpan, in database: Database) throws(LMDBError) -> [UInt8]? {
        try find(key, in: database).map { Array($0) }
    }

    /// Whether there is such a key.
    public borrowing func contains(_ key: RawSpan, in database: Database) throws(LMDBError) -> Bool {
        try find(key, in: database) != nil
    }

    /// The number of entries of a database, in constant time.
    public borrowing func entryCount(of database: Database) throws(LMDBError) -> Int {
        try statistics(of: database).entryCount
    }

    /// The sizes of a database, in constant time.
    public borrowing func statistics(of database: Database) throws(LMDBError) -> DatabaseStatistics {
        var counts = MDB_stat()
        try context.check(
            mdb_stat(context.transaction, context.handle(of: database), &counts), "mdb_stat", database)
        return DatabaseStatistics(counts)
    }

    /// The number of the transaction: for a writer its own, one more than that of the last commit; for a reader that of
    /// the commit that it sees.
    public var number: UInt64 { UInt64(mdb_txn_id(context.transaction)) }

    private borrowing func find(
        _ key: RawSpan, in database: Database
    ) throws(LMDBError) -> UnsafeRawBufferPointer? {
        try context.look(at: key, in: database)
        var value = MDB_val()
        let code = key.withValue { key in
            mdb_get(context.transaction, context.handle(of: database), &key, &value)
        }
        if code == MDB_NOTFOUND { return nil }
        try context.check(code, "mdb_get", database)
        return value.buffer
    }
}
