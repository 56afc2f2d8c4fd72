/// A view of an environment as it was when the transaction began; see ``Environment/read(_:)``.
///
/// Not `Sendable`, not copyable: it ends where it began, exactly once.
public struct ReadTransaction: ~Copyable, Transaction {
    /// For this module's use.
    public let context: TransactionContext

    init(_ environment: Environment) throws(LMDBError) {
        context = try environment.beginTransaction(isWriter: false)
    }

    deinit { context.abort() }
}

@available(*, unavailable)
extension ReadTransaction: Sendable {}
