/// Picks the transactions of a block that have an effect; what it says does not depend on their order.
///
/// In this sequence, each rule looking at what the rules before have left of an account's transactions:
/// 1. a transaction is left out that makes no sense under the rules, or whose sequence number is used up or more than 64
///    above the highest that is;
/// 2. two that have the same sequence number are both left out;
/// 3. a cancellation is left out if its offer is not in the book before the block; two of the same offer both are;
/// 4. if an account's offers and payments need more of any asset than it had before the block, all of its
///    transactions are left out.
///
/// No rule looks at another account's transactions, so accounts are shared out among the workers.
struct BatchFilter {
    private let rules: ExchangeRules
    /// Where each account's transactions begin in `order`; one more than there are accounts.
    private var starts: [UInt32]
    /// The transactions' places, those of one account together.
    private var order: [UInt32] = []

    /// A filter for exchanges with these rules.
    init(_ rules: ExchangeRules) {
        self.rules = rules
        starts = Array(repeating: 0, count: rules.accounts + 1)
    }

    /// Those of `transactions` that have an effect, in the order in which they came.
    mutating func survivors(
        of transactions: [Transaction], accounts: borrowing AccountTable, books: [OfferBook], workers: Int
    ) -> [Transaction] {
        sortByAccount(transactions)
        var kept = [Bool](repeating: false, count: transactions.count)
        kept.withUnsafeMutableBufferPointer { kept in
            // Workers write different elements: each transaction is one account's, each account one worker's.
            inParallel(rules.accounts, workers: workers) { range in
                var account = AccountFilter(rules)
                for number in range where starts[number] < starts[number + 1] {
                    let own = order[Int(starts[number])..<Int(starts[number + 1])]
                    account.sift(own, of: transactions, accounts: accounts, books: books, into: kept)
                }
            }
        }
        let count = kept.reduce(0) { $0 + ($1 ? 1 : 0) }
        if count == transactions.count { return transactions }
        var survivors: [Transaction] = []
        survivors.reserveCapacity(count)
        for place in transactions.indices where kept[place] { survivors.append(transactions[place]) }
        return survivors
    }

    private mutating func sortByAccount(_ transactions: [Transaction]) {
        for place in starts.indices { starts[place] = 0 }
        for transaction in transactions where transaction.account < rules.accounts {
            starts[Int(transaction.account) + 1] += 1
        }
        for account in 1..<starts.count { starts[account] += starts[account - 1] }
        var next = starts
        order = Array(repeating: 0, count: transactions.count)
        for (place, transaction) in transactions.enumerated() where transaction.account < rules.accounts {
            order[Int(next[Int(transaction.account)])] = UInt32(place)
            next[Int(transaction.account)] += 1
        }
    }
}

/// The rules for one account after the other, with room that they share.
private struct AccountFilter {
    private let rules: ExchangeRules
    /// What the account's transactions need of each asset; all 0 between two accounts.
    private var needed: [UInt64]
    /// The places of those that the first rules leave: at most 64.
    private var left: [UInt32] = []

    init(_ rules: ExchangeRules) {
        self.rules = rules
        needed = Array(repeating: 0, count: rules.assets)
        left.reserveCapacity(Int(Transaction.sequenceWindow))
    }

    mutating func sift(
        _ own: ArraySlice<UInt32>, of transactions: [Transaction], accounts: borrowing AccountTable,
        books: [OfferBook], into kept: UnsafeMutableBufferPointer<Bool>
    ) {
        keepUnique(own, of: transactions, accounts: accounts)
        keepCancellable(transactions, books: books)
        if isCovered(transactions, accounts: accounts) {
            for place in left { kept[Int(place)] = true }
        }
    }

    /// Rules 1 and 2.
    private mutating func keepUnique(
        _ own: ArraySlice<UInt32>, of transactions: [Transaction], accounts: borrowing AccountTable
    ) {
        left.removeAll(keepingCapacity: true)
        var (once, twice): (UInt64, UInt64) = (0, 0)
        for place in own {
            guard let bit = bit(of: transactions[Int(place)], accounts: accounts) else { continue }
            twice |= once & bit
            once |= bit
        }
        for place in own {
            guard let bit = bit(of: transactions[Int(place)], accounts: accounts), twice & bit == 0 else { continue }
            left.append(place)
        }
    }

    /// The bit of a transaction's sequence number in the window; nil for one that rule 1 leaves out.
    @inline(__always)
    private func bit(of transaction: Transaction, accounts: borrowing AccountTable) -> UInt64? {
        guard transaction.isWellFormed(rules) else { return nil }
        let (sequence, used) = (UInt64(transaction.sequence), accounts.sequence(transaction.account))
        guard sequence > used, sequence - used <= Transaction.sequenceWindow else { return nil }
        return 1 << (sequence - used - 1)
    }

    /// Rule 3.
    private mutating func keepCancellable(_ transactions: [Transaction], books: [OfferBook]) {
        // A bit for each place in `left`, which are at most 64; looked at before any is taken out.
        var dropped: UInt64 = 0
        for (number, place) in left.enumerated() where transactions[Int(place)].kind == .cancellation {
            let one = transactions[Int(place)]
            let isTwice = left.contains { other in
                let other = transactions[Int(other)]
                return other.kind == .cancellation && other.sequence != one.sequence
                    && other.counterpart == one.counterpart
            }
            let book = rules.pair(selling: one.asset, for: one.otherAsset)
            if isTwice || !books[book].contains(one.offerKey) { dropped |= 1 << UInt64(number) }
        }
        guard dropped != 0 else { return }
        var count = 0
        for number in left.indices where dropped & 1 << UInt64(number) == 0 {
            left[count] = left[number]
            count += 1
        }
        left.removeLast(left.count - count)
    }

    /// Rule 4.
    ///
    /// Sums do not overflow: there are at most 64 of them, of at most 2^56 each.
    private mutating func isCovered(_ transactions: [Transaction], accounts: borrowing AccountTable) -> Bool {
        var isCovered = true
        for place in left {
            let (account, asset) = (transactions[Int(place)].account, Int(transactions[Int(place)].asset))
            needed[asset] += transactions[Int(place)].amount
            if needed[asset] > accounts.balance(account, asset) { isCovered = false }
        }
        for place in left { needed[Int(transactions[Int(place)].asset)] = 0 }
        return isCovered
    }
}
