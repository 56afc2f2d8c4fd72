internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

extension Environment {
    /// Begins a transaction of LMDB's on this thread, having entered the gate.
    func beginTransaction(isWriter: Bool) throws(LMDBError) -> TransactionContext {
        guard !isWriter || options.access != .readOnly else {
            throw LMDBError(
                kind: .readOnly, code: EACCES, message: "the environment was opened for reading only",
                operation: "mdb_txn_begin", path: path)
        }
        try enterGate(isWriter: isWriter, "mdb_txn_begin")
        do { try checkFile(isWriter: isWriter) } catch {
            gate.leave(thread: TransactionGate.currentThread, isWriter: isWriter)
            throw error
        }
        var (code, transaction) = callBegin(isWriter: isWriter)
        if code == MDB_READERS_FULL {
            // Slots of processes that died are only found by looking.
            var cleared: CInt = 0
            mdb_reader_check(handle, &cleared)
            if cleared > 0 { (code, transaction) = callBegin(isWriter: isWriter) }
        }
        if code == MDB_MAP_RESIZED {
            // A process that we know nothing of has grown the map: take over its size.
            gate.leave(thread: TransactionGate.currentThread, isWriter: isWriter)
            try replaceMap(waits: false) { handle in mdb_env_set_mapsize(handle, 0) }
            try enterGate(isWriter: isWriter, "mdb_txn_begin")
            (code, transaction) = callBegin(isWriter: isWriter)
        }
        guard code == MDB_SUCCESS, let transaction else {
            gate.leave(thread: TransactionGate.currentThread, isWriter: isWriter)
            throw failure(code, "mdb_txn_begin")
        }
        do { return try context(of: transaction, isWriter: isWriter) } catch {
            gate.leave(thread: TransactionGate.currentThread, isWriter: isWriter)
            throw error
        }
    }

    /// Takes over a transaction that has just begun, with what of the file it sees.
    private func context(of begun: OpaquePointer, isWriter: Bool) throws(LMDBError) -> TransactionContext {
        var transaction = begun
        for _ in 0..<Self.attempts {
            let snapshot: Snapshot?
            do throws(PageFlaw) { snapshot = try self.snapshot(of: transaction, isWriter: isWriter) } catch {
                mdb_txn_abort(transaction)
                throw damage(error)
            }
            if let snapshot {
                return TransactionContext(
                    environment: self, transaction: transaction, isWriter: isWriter, snapshot: snapshot)
            }
            // Two commits came between the beginning and the look at the meta page, and the second one replaced it.
            mdb_txn_abort(transaction)
            let (code, next) = callBegin(isWriter: isWriter)
            guard code == MDB_SUCCESS, let next else { throw failure(code, "mdb_txn_begin") }
            transaction = next
        }
        mdb_txn_abort(transaction)
        throw LMDBError(
            kind: .corrupted, code: MDB_CORRUPTED,
            message:
                "the table of readers, \(OpenStore.lockFileName), tells of transactions that the data file has not had",
            operation: "check", path: path)
    }

    /// How often a reader may begin anew because a writer was quicker.
    private static let attempts = 1_000

    /// What of the file a transaction sees; nil if that has been replaced.
    private func snapshot(of transaction: OpaquePointer, isWriter: Bool) throws(PageFlaw) -> Snapshot? {
        // A writer sees what the one before it left.
        let number = UInt64(mdb_txn_id(transaction)) - (isWriter ? 1 : 0)
        let meta = try pages.metaPage(number & 1, pageSize: pageSize)
        return meta.transaction == number ? try Snapshot(pages, meta) : nil
    }

    /// The error for a page that is not what LMDB wrote.
    func damage(_ flaw: PageFlaw, database: String? = nil) -> LMDBError {
        LMDBError(
            kind: .corrupted, code: MDB_CORRUPTED, message: "\(OpenStore.dataFileName) is damaged: \(flaw.text)",
            operation: "check", path: path, database: database)
    }

    private func callBegin(isWriter: Bool) -> (CInt, OpaquePointer?) {
        var transaction: OpaquePointer?
        let code = mdb_txn_begin(handle, nil, isWriter ? 0 : UInt32(MDB_RDONLY), &transaction)
        return (code, transaction)
    }

    /// Enters the gate, which is then to be left by the same thread.
    func enterGate(isWriter: Bool, _ operation: String) throws(LMDBError) {
        if let refusal = gate.enter(isWriter: isWriter) { throw error(for: refusal, operation) }
    }

    /// Runs `body` as a reader of the environment that has no transaction: neither the map nor the handle goes away.
    func whileOpen<Result>(_ operation: String, _ body: (OpaquePointer) -> Result) throws(LMDBError) -> Result {
        try enterGate(isWriter: false, operation)
        defer { gate.leave(thread: TransactionGate.currentThread, isWriter: false) }
        return body(handle)
    }

    /// The error that a refusal of the gate's stands for.
    func error(for refusal: TransactionGate.Refusal, _ operation: String) -> LMDBError {
        switch refusal {
        case .dead(let cause):
            LMDBError(
                kind: .dead, code: cause.code,
                message: "the environment is dead since \(cause.operation) failed: \(cause.message)",
                operation: operation, path: path)
        case .closed:
            LMDBError(
                kind: .closed, code: EBADF, message: "the environment was closed", operation: operation, path: path)
        case .busy(let count):
            LMDBError(
                kind: .busy, code: EBUSY, message: "\(count) transactions are open in this process",
                operation: operation, path: path)
        }
    }

    /// The error for a code that LMDB returned; a panic of LMDB's is the environment's death.
    func failure(_ code: CInt, _ operation: String, database: String? = nil) -> LMDBError {
        let error = LMDBError(code: code, operation: operation, path: path, database: database)
        if code == MDB_PANIC { gate.markDead(error) }
        return error
    }
}
