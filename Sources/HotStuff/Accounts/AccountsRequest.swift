import Synchronization

/// A request for a replica's accounts on its way to the replica's thread; answered once, with nil if nobody takes it.
final class AccountsRequest: Sendable {
    /// How many of the last blocks are wanted.
    let count: Int
    private let waiting: Mutex<(@Sendable (BlockAccounts?) -> Void)?>

    /// Asks for the accounts with the last `count` blocks.
    init(ofLast count: Int, _ answer: @escaping @Sendable (BlockAccounts?) -> Void) {
        self.count = count
        waiting = Mutex(answer)
    }

    /// Answers, if nobody has yet.
    func answer(_ accounts: BlockAccounts?) { waiting.withLock { $0.take() }?(accounts) }

    // The inbox was closed, or the replica's thread has ended before its turn.
    deinit { answer(nil) }
}
