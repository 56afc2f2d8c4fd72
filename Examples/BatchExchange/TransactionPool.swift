internal import Synchronization

/// Transactions that wait for a block; filled by any thread, emptied by the machine's.
public final class TransactionPool: Sendable {
    private let waiting = Mutex(Line())
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
            waiting.append(transactions)
            return true
        }
        if isAdded { signalWork() }
        return isAdded
    }

    /// Takes up to `count`, those first that came first.
    func take(_ count: Int) -> [Transaction] { waiting.withLock { $0.take(count) } }

    /// Puts back what a proposal had taken that came to nothing; it is first again, whatever the limit.
    func putBack(_ transactions: [Transaction]) { waiting.withLock { $0.putBack(transactions) } }

    /// Sets of transactions as they were added, so that taking some costs no more the more there are behind them.
    private struct Line {
        private(set) var count = 0
        private var sets: [[Transaction]] = []
        /// How many of the first set are taken already.
        private var taken = 0

        mutating func append(_ transactions: [Transaction]) {
            guard !transactions.isEmpty else { return }
            sets.append(transactions)
            count += transactions.count
        }

        mutating func take(_ wanted: Int) -> [Transaction] {
            let wanted = min(wanted, count)
            guard wanted > 0 else { return [] }
            count -= wanted
            if taken == 0, sets[0].count == wanted { return sets.removeFirst() }
            var result: [Transaction] = []
            result.reserveCapacity(wanted)
            var emptied = 0
            while result.count < wanted {
                let part = sets[emptied][taken...].prefix(wanted - result.count)
                result += part
                taken += part.count
                guard taken == sets[emptied].count else { break }
                (emptied, taken) = (emptied + 1, 0)
            }
            sets.removeFirst(emptied)
            return result
        }

        mutating func putBack(_ transactions: [Transaction]) {
            guard !transactions.isEmpty else { return }
            if taken > 0 { sets[0].removeFirst(taken) }
            taken = 0
            sets.insert(transactions, at: 0)
            count += transactions.count
        }
    }
}
