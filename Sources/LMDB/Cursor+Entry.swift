extension Cursor {
    /// Lends `body` the key and the value that the cursor is at, where they lie in the map; `nil`, without running it,
    /// if it is at none.
    ///
    /// - Throws: what `body` throws.
    public borrowing func withEntry<Result, Failure: Error>(
        _ body: (_ key: RawSpan, _ value: RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let current else { return nil }
        return try body(current.key.bytes, current.value.bytes)
    }
}

extension Transaction where Self: ~Copyable {
    /// Runs `body` with a cursor in a database, at no entry yet.
    ///
    /// A write transaction can't change anything meanwhile.
    ///
    /// - Throws: what `body` throws, or `LMDBError` as the body's error type wraps it.
    public borrowing func withCursor<Result, Failure: BodyError>(
        in database: Database, _ body: (borrowing Cursor) throws(Failure) -> Result
    ) throws(Failure.Thrown) -> Result {
        let cursor: Cursor
        do { cursor = try Cursor(context, database) } catch { throw Failure.wrapping(error) }
        do { return try body(cursor) } catch { throw error.thrown }
    }

    /// Runs `body` with a cursor, for bodies that throw errors of any type; otherwise as the typed form.
    @_disfavoredOverload
    public borrowing func withCursor<Result>(
        in database: Database, _ body: (borrowing Cursor) throws -> Result
    ) throws -> Result {
        let cursor = try Cursor(context, database)
        return try body(cursor)
    }
}
