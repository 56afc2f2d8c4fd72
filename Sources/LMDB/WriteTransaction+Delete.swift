internal import CLMDB

extension WriteTransaction {
    /// Deletes a key and its value.
    ///
    /// - Returns: whether there was such a key.
    @discardableResult
    public mutating func delete(_ key: RawSpan, in database: Database) throws(LMDBError) -> Bool {
        try context.look(at: key, in: database, neighbours: true, forChange: true)
        let code = key.withValue { key in
            mdb_del(context.transaction, context.handle(of: database), &key, nil)
        }
        if code == MDB_NOTFOUND { return false }
        try context.check(code, "mdb_del", database)
        return true
    }

    /// Deletes the entries with keys in `range`, in order.
    ///
    /// - Parameter limit: the most that are deleted, to keep one transaction short; not negative.
    /// - Returns: how many were deleted; fewer than `limit` when none is left.
    /// - Complexity: O(log *n* + *d*) in the entries there are and those deleted. Values aren't read.
    @discardableResult
    public mutating func deleteRange(
        _ range: KeyRange, in database: Database, limit: Int = .max
    ) throws(LMDBError) -> Int {
        precondition(limit >= 0, "a limit is not negative")
        let cursor = try Cursor(context, database)
        var count = 0
        var isThere = try cursor.seek(toFirstIn: range)
        while isThere, count < limit, cursor.isCurrent(notAbove: range) {
            try cursor.deleteCurrent()
            count += 1
            isThere = try cursor.next()
        }
        return count
    }

    /// Deletes all entries of a database; the database stays.
    ///
    /// - Complexity: O(*p*) in the database's pages.
    public mutating func deleteAll(in database: Database) throws(LMDBError) {
        try context.lookAtAll(of: database)
        try context.check(mdb_drop(context.transaction, context.handle(of: database), 0), "mdb_drop", database)
    }
}
