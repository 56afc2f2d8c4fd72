// The overloads of each pair can't be confused: one takes closures with a typed error, the other all the rest.
// swift-format-ignore: AmbiguousTrailingClosureOverload
extension Environment {
    /// Runs `body` with a read transaction: it sees the store as it was at the last commit before, whatever is
    /// committed meanwhile.
    ///
    /// Don't keep it open for long: pages that were freed since it began are not reused, and the file grows. Operations
    /// of one that is older than ``Options/readerAgeLimit`` throw.
    ///
    /// - Throws: what `body` throws, or `LMDBError` as the body's error type wraps it: kinds
    ///   ``LMDBError/Kind/readersFull``, ``LMDBError/Kind/dead``, ``LMDBError/Kind/closed`` and others.
    @discardableResult
    public func read<Result: ~Copyable, Failure: BodyError>(
        _ body: (borrowing ReadTransaction) throws(Failure) -> Result
    ) throws(Failure.Thrown) -> Result {
        let transaction: ReadTransaction
        do { transaction = try ReadTransaction(self) } catch { throw Failure.wrapping(error) }
        do { return try body(transaction) } catch { throw error.thrown }
    }

    /// Runs `body` with a read transaction, for bodies that throw errors of any type; otherwise as the typed form.
    @discardableResult
    @_disfavoredOverload
    public func read<Result: ~Copyable>(
        _ body: (borrowing ReadTransaction) throws -> Result
    ) throws -> Result {
        let transaction = try ReadTransaction(self)
        return try body(transaction)
    }

    /// Runs `body` with the write transaction, once other writers have ended: commits when it returns, durably, and
    /// takes everything back when it throws.
    ///
    /// Traps if this thread has a write transaction open.
    ///
    /// - Throws: what `body` throws, or `LMDBError` as the body's error type wraps it. After kind
    ///   ``LMDBError/Kind/system`` nothing of the transaction may be taken to be there, nor to be gone: the environment
    ///   is dead.
    @discardableResult
    public func write<Result: ~Copyable, Failure: BodyError>(
        _ body: (inout WriteTransaction) throws(Failure) -> Result
    ) throws(Failure.Thrown) -> Result {
        var transaction: WriteTransaction
        do { transaction = try beginWrite() } catch { throw Failure.wrapping(error) }
        let result: Result
        do { result = try body(&transaction) } catch { throw error.thrown }
        do { try transaction.commit() } catch { throw Failure.wrapping(error) }
        return result
    }

    /// Runs `body` with the write transaction, for bodies that throw errors of any type; otherwise as the typed form.
    @discardableResult
    @_disfavoredOverload
    public func write<Result: ~Copyable>(
        _ body: (inout WriteTransaction) throws -> Result
    ) throws -> Result {
        var transaction = try beginWrite()
        let result = try body(&transaction)
        try transaction.commit()
        return result
    }

    /// Begins the write transaction, once other writers have ended; for a thread of its own that writes what comes in.
    ///
    /// It is to be committed or dropped on the same thread, and dropping it takes everything back.
    ///
    /// Traps if this thread has a write transaction open.
    ///
    /// - Throws: kinds ``LMDBError/Kind/readOnly``, ``LMDBError/Kind/dead``, ``LMDBError/Kind/closed`` and others.
    @available(*, noasync)
    public func beginWrite() throws(LMDBError) -> WriteTransaction {
        try WriteTransaction(self)
    }
}
