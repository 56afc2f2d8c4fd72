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
        return TransactionContext(environment: self, transaction: transaction, isWriter: isWriter)
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
