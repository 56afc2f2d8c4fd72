internal import CLMDB

/// The changes of one writer, made together or not at all; see ``Environment/write(_:)`` and
/// ``Environment/beginWrite()``.
///
/// It sees its own changes; others see them once ``commit()`` has returned. It belongs to the thread that began it
/// (traps), and is taken back if it ends without a commit. After an operation has thrown, other than for a key that
/// exists or a wrong size, it can only be taken back.
public struct WriteTransaction: ~Copyable, Transaction {
    /// For this module's use.
    public let context: TransactionContext

    init(_ environment: Environment) throws(LMDBError) {
        context = try environment.beginTransaction(isWriter: true)
    }

    deinit { context.abort() }

    /// Makes the changes durable, and then visible.
    ///
    /// - Throws: kind ``LMDBError/Kind/mapFull`` (nothing was changed); ``LMDBError/Kind/system`` when a write or sync
    ///   failed: whether the changes are there shows when the environment, now dead, is opened anew.
    public consuming func commit() throws(LMDBError) { try context.commit() }

    /// Takes the changes back, as dropping the transaction does.
    public consuming func abort() { context.abort() }
}

@available(*, unavailable)
extension WriteTransaction: Sendable {}
