internal import Synchronization

/// Transactions that wait for a block; filled by any thread, emptied by the machine's.
public final class TransactionPool: Sendable {
    private let waiting = Mutex<[Transaction]>([])
    private let limit: Int
    private let signalWork: @Sendable () -> Void

    /// A pool that calls `signalWork` when something was added, and holds up to `limit` transactions, 32 bytes each.
    public init(limit: Int = 4_000_000, signalWork: @escaping @Sendable () -> Void = {}) {
        self.limit = limit
        self.signalWork = signalWork
    }

    /// How many wait.
    public var count: Int { waiting.withLock { $0.count } }

    /// Adds all of `transactions`, or none and answers false if there is no room for them.
    public func add(_ transactions: [Transaction]) -> Bool {
        let isAdded = waiting.withLock { waiting in
            guard waiting.count + transactions.count <= limit else { return false }
            waiting.append(contentsOf: transactions)
            return true
        }
        if isAdded { signalWork() }
        return isAdded
    }

    /// Takes up to `count`, those first that came first.
    func take(_ count: Int) -> [Transaction] {
        waiting.withLock { waiting in
            if waiting.count <= count {
                defer { waiting = [] }
                return waiting
            }
            let taken = Array(waiting.prefix(count))
            waiting.removeFirst(count)
            return taken
        }
    }

    /// Puts back what a proposal had taken that came to nothing; it is first again, whatever the limit.
    func putBack(_ transactions: [Transaction]) {
        waiting.withLock { $0.insert(contentsOf: transactions, at: 0) }
    }
}
