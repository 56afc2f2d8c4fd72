internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What a transaction and its cursors share.
///
/// Opaque: it has no public members, and is public only because ``Transaction`` names it.
public final class TransactionContext {
    /// Keeps the environment open as long as the transaction.
    let environment: Environment
    /// LMDB's handle, valid until ``commit()`` or ``abort()``.
    let transaction: OpaquePointer
    /// What of the file the transaction sees, or began with.
    let snapshot: Snapshot
    /// Whether an operation found the map full.
    private(set) var foundMapFull = false
    private let isWriter: Bool
    private let thread = TransactionGate.currentThread
    private var isOpen = true
    private var isSpoiled = false
    /// When it can't be used any more; nil if it may be used for ever.
    private let deadline: ContinuousClock.Instant?

    /// Takes over a transaction that this thread has just begun, having entered the gate.
    init(environment: Environment, transaction: OpaquePointer, isWriter: Bool, snapshot: Snapshot) {
        self.environment = environment
        self.transaction = transaction
        self.isWriter = isWriter
        self.snapshot = snapshot
        deadline = isWriter ? nil : environment.options.readerAgeLimit.map { ContinuousClock.now + $0 }
    }

    deinit { precondition(!isOpen, "a transaction's context was dropped while open") }

    /// LMDB's handle of a database, which must be of this environment (traps): another one's handle would name some
    /// other database here.
    func handle(of database: Database) -> MDB_dbi {
        precondition(database.environment == environment.number, "the database belongs to another environment")
        return database.handle
    }

    /// Throws a code of LMDB's as an error, unless it is success.
    func check(_ code: CInt, _ operation: String, _ database: Database? = nil) throws(LMDBError) {
        guard code == MDB_SUCCESS else { throw failure(code, operation, database?.name) }
    }

    /// Throws if a reader has been open for longer than the environment's options allow.
    func checkAge() throws(LMDBError) {
        guard let deadline, ContinuousClock.now > deadline else { return }
        throw LMDBError(
            kind: .readerTooOld, code: ETIMEDOUT, message: "the read transaction is older than it may be",
            operation: "check", path: environment.path)
    }

    /// Makes it impossible to commit.
    func spoil() { isSpoiled = true }

    /// Commits, durably, or takes everything back and throws.
    func commit() throws(LMDBError) {
        guard !isSpoiled else {
            abort()
            throw LMDBError(code: MDB_BAD_TXN, operation: "mdb_txn_commit", path: environment.path)
        }
        end()
        let code = mdb_txn_commit(transaction)
        // Only now, so that the failure marks the environment dead before anybody else gets in.
        defer { leave() }
        guard code == MDB_SUCCESS else { throw failure(code, "mdb_txn_commit", nil) }
        // A file that is gone, or is another one, keeps no promise.
        if isWriter { try environment.checkFile(isWriter: true) }
    }

    /// Takes everything back.
    ///
    /// Nothing happens if the transaction has ended.
    func abort() {
        guard isOpen else { return }
        end()
        mdb_txn_abort(transaction)
        leave()
    }

    private func end() {
        precondition(isOpen, "a transaction ends once")
        // LMDB's writer lock is a mutex, which another thread cannot give back.
        precondition(
            thread == TransactionGate.currentThread, "a transaction ends on the thread that it began on")
        isOpen = false
    }

    private func leave() { environment.gate.leave(thread: thread, isWriter: isWriter) }

    private func failure(_ code: CInt, _ operation: String, _ database: String?) -> LMDBError {
        if code == MDB_MAP_FULL { foundMapFull = true }
        let error = environment.failure(code, operation, database: database)
        if isWriter && TransactionContext.endsTrust(code) {
            environment.gate.markDead(error)
            spoil()
        }
        return error
    }

    /// Whether a writer that met this code can't tell any more what the file holds.
    ///
    /// Any `errno` but those of a wrong call: page writes, which may happen in a put as well as in the commit, and
    /// syncs pass the system's on.
    private static func endsTrust(_ code: CInt) -> Bool {
        switch code {
        case MDB_PANIC, MDB_CORRUPTED, MDB_PAGE_NOTFOUND: true
        case EINVAL, EACCES: false
        default: code > 0
        }
    }
}
