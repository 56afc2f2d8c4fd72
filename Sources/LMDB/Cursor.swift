internal import CLMDB

/// A place in a database that moves from entry to entry; see ``Transaction/withCursor(in:_:)``.
///
/// Moves say whether they found an entry; ``withEntry(_:)`` lends the one they found. New cursors, and those whose
/// last move found nothing, are at no entry: from there, ``next()`` finds the first, ``previous()`` the last.
public struct Cursor: ~Copyable {
    /// What changes as the cursor moves.
    ///
    /// Apart, so that moving doesn't need a mutable cursor: one that could be swapped with another would outlive its
    /// transaction.
    private final class Position {
        var key = MDB_val()
        var value = MDB_val()
        var isAtEntry = false
    }

    private let cursor: OpaquePointer
    private let context: TransactionContext
    private let database: Database
    private let position = Position()

    init(_ context: TransactionContext, _ database: Database) throws(LMDBError) {
        var cursor: OpaquePointer?
        let code = mdb_cursor_open(context.transaction, context.handle(of: database), &cursor)
        try context.check(code, "mdb_cursor_open", database)
        guard let cursor else { preconditionFailure("LMDB made no cursor and said that it did") }
        self.cursor = cursor
        self.context = context
        self.database = database
    }

    deinit { mdb_cursor_close(cursor) }

    /// Whether the cursor is at an entry.
    public var isAtEntry: Bool { position.isAtEntry }

    /// Moves to the first entry of the database.
    public borrowing func first() throws(LMDBError) -> Bool {
        try context.look(at: .first, in: database)
        return try move(MDB_FIRST)
    }

    /// Moves to the last entry of the database.
    public borrowing func last() throws(LMDBError) -> Bool {
        try context.look(at: .last, in: database)
        return try move(MDB_LAST)
    }

    /// Moves to the next entry.
    public borrowing func next() throws(LMDBError) -> Bool {
        guard let current else { return try first() }
        try context.look(at: .key(current.key), in: database, neighbours: true)
        return try move(MDB_NEXT)
    }

    /// Moves to the previous entry.
    public borrowing func previous() throws(LMDBError) -> Bool {
        guard let current else { return try last() }
        try context.look(at: .key(current.key), in: database, neighbours: true)
        return try move(MDB_PREV)
    }

    /// Moves to the entry of a key.
    public borrowing func seek(exactly key: RawSpan) throws(LMDBError) -> Bool { try move(MDB_SET_KEY, key) }

    /// Moves to the entry of the least key that is not less than `key`.
    public borrowing func seek(atOrAfter key: RawSpan) throws(LMDBError) -> Bool { try move(MDB_SET_RANGE, key) }

    /// Moves to the entry of the greatest key that is not greater than `key`.
    public borrowing func seek(atOrBefore key: RawSpan) throws(LMDBError) -> Bool {
        guard try seek(atOrAfter: key) else { return try last() }
        return order(ofCurrentAnd: key) == 0 ? true : try previous()
    }

    /// Moves to the entry of the greatest key that is less than `key`.
    public borrowing func seek(before key: RawSpan) throws(LMDBError) -> Bool {
        try seek(atOrAfter: key) ? try previous() : try last()
    }

    /// The key and value that the cursor is at, where they lie in the map; `nil` if it is at none.
    ///
    /// Valid until the transaction changes something.
    var current: (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
        position.isAtEntry ? (position.key.buffer, position.value.buffer) : nil
    }

    /// Deletes the entry that the cursor is at; ``next()`` then finds the one that followed it.
    borrowing func deleteCurrent() throws(LMDBError) {
        if let current { try context.look(at: .key(current.key), in: database, neighbours: true, forChange: true) }
        try context.check(mdb_cursor_del(cursor, 0), "mdb_cursor_del", database)
    }

    /// How the current key compares with another: below 0 for less, above 0 for greater.
    borrowing func order(ofCurrentAnd key: RawSpan) -> CInt {
        key.withValue { key in
            mdb_cmp(context.transaction, context.handle(of: database), &position.key, &key)
        }
    }

    /// The way that the operation goes must have been looked at.
    private borrowing func move(_ operation: MDB_cursor_op) throws(LMDBError) -> Bool {
        try arrive(mdb_cursor_get(cursor, &position.key, &position.value, operation))
    }

    private borrowing func move(_ operation: MDB_cursor_op, _ key: RawSpan) throws(LMDBError) -> Bool {
        try context.look(at: key, in: database, neighbours: operation == MDB_SET_RANGE)
        let code = key.withValue { key in
            let code = mdb_cursor_get(cursor, &key, &position.value, operation)
            // These operations replace the key by the one in the map.
            position.key = key
            return code
        }
        return try arrive(code)
    }

    private borrowing func arrive(_ code: CInt) throws(LMDBError) -> Bool {
        position.isAtEntry = code == MDB_SUCCESS
        if code == MDB_NOTFOUND { return false }
        try context.check(code, "mdb_cursor_get", database)
        return true
    }
}

@available(*, unavailable)
extension Cursor: Sendable {}
