internal import HotStuffCore

/// The whole state of an exchange, as of the newest applied batch.
///
/// A batch is applied in two halves: `open` works out, changing nothing, what its transactions make of the books;
/// `settle` then clears the books, moves the assets and hashes what changed. Between the two a proposer searches prices,
/// and everybody else checks those in the batch.
struct MarketState: ~Copyable {
    let rules: ExchangeRules
    /// How many threads may work on one batch; the state does not depend on it.
    private let workers: Int
    private(set) var accounts: AccountTable
    /// A book for each ordered pair of assets.
    private(set) var books: [OfferBook]
    private var bookTree: MerkleTree
    /// The prices of the newest batch, from which the next search starts.
    private(set) var prices: [UInt64]
    /// What commissions and rounding have left to the auctioneer, of each asset.
    private(set) var earnings: [UInt64]
    /// SHA-256 of the rules, the prices, the earnings and the roots of both trees.
    private(set) var digest: Digest
    private var filter: BatchFilter

    /// A batch's transactions that survive the filter, and the books with their offers and without what they cancel.
    struct Opening {
        fileprivate(set) var transactions: [Transaction]
        fileprivate(set) var books: [OfferBook]
        fileprivate let changedPairs: [Int32]
        fileprivate let cancelled: [(pair: Int32, offer: Offer)]
    }

    /// What it takes to undo a batch: records that it changed, and the books from before, which share their runs.
    struct Undo {
        fileprivate let accounts: AccountTable.Before
        fileprivate let books: [OfferBook]
        fileprivate let bookNodes: MerkleTree.Before
        fileprivate let prices: [UInt64]
        fileprivate let earnings: [UInt64]
        fileprivate let digest: Digest
    }

    /// The state that every replica starts from.
    init(_ rules: ExchangeRules, workers: Int) {
        self.rules = rules
        self.workers = workers
        accounts = AccountTable(rules, workers: workers)
        books = Array(repeating: OfferBook(), count: rules.pairs)
        bookTree = MerkleTree(leaves: rules.pairs)
        let empty = OfferBook().digest
        _ = bookTree.update((0..<Int32(rules.pairs)).map { $0 }, workers: workers) { _ in empty }
        prices = Array(repeating: Rate.initialPrice, count: rules.assets)
        earnings = Array(repeating: 0, count: rules.assets)
        filter = BatchFilter(rules)
        digest = .zero
        digest = stateDigest()
    }

    /// What these transactions make of the books; changes nothing but scratch memory.
    mutating func open(_ transactions: [Transaction]) -> Opening {
        let survivors = filter.survivors(of: transactions, accounts: accounts, books: books, workers: workers)
        let changes = BookChanges(survivors, rules: rules, workers: workers)
        let (opened, cancelled) = changes.applied(to: books, workers: workers)
        return Opening(
            transactions: survivors, books: opened, changedPairs: changes.pairs, cancelled: cancelled)
    }

    /// Why a batch may not clear these books, and so has no effect; nil if it may.
    func refusal(of batch: Batch, on opening: Opening) -> String? {
        // First of all, as rates of other prices are not defined.
        guard batch.prices.count == rules.assets, batch.prices.allSatisfy({ Rate.prices.contains($0) }) else {
            return "the prices are not one for each asset, or out of their range"
        }
        return Auction(SupplyLadder(opening.books, rules: rules), prices: batch.prices, rules: rules).refusal(of: batch)
    }

    /// Applies an opened batch, which has no `refusal` or which the proposer has just made.
    mutating func settle(_ batch: Batch, _ opening: consuming Opening) -> Undo {
        let (booksBefore, pricesBefore, earningsBefore, digestBefore) = (books, prices, earnings, digest)
        move(opening.transactions)
        for (pair, offer) in opening.cancelled {
            accounts.credit(offer.key.account, rules.soldAsset(of: Int(pair)), offer.amount)
        }
        var changed = opening.changedPairs
        books = opening.books
        changed = changed.union(clear(batch))
        prices = batch.prices
        let accountsBefore = accounts.finishBlock(workers: workers)
        let nodesBefore = hashBooks(changed)
        digest = stateDigest()
        return Undo(
            accounts: accountsBefore, books: booksBefore, bookNodes: nodesBefore, prices: pricesBefore,
            earnings: earningsBefore, digest: digestBefore)
    }

    /// Takes the newest batch back.
    mutating func undo(_ undo: consuming Undo) {
        accounts.undo(undo.accounts)
        bookTree.undo(undo.bookNodes)
        books = undo.books
        prices = undo.prices
        earnings = undo.earnings
        digest = undo.digest
    }

    /// How much of an asset there is: on accounts, in open offers, and with the auctioneer.
    func supply(of asset: Int) -> UInt64 {
        var sum = accounts.supply(of: asset) + earnings[asset]
        for pair in books.indices where rules.soldAsset(of: pair) == asset { sum += books[pair].amount }
        return sum
    }

    private mutating func move(_ transactions: [Transaction]) {
        for transaction in transactions {
            accounts.use(transaction.account, sequence: transaction.sequence)
            guard transaction.kind != .cancellation else { continue }
            accounts.debit(transaction.account, Int(transaction.asset), transaction.amount)
            if transaction.kind == .payment {
                accounts.credit(transaction.counterpart, Int(transaction.asset), transaction.amount)
            }
        }
    }

    /// Executes the batch's trades; answers which pairs traded.
    private mutating func clear(_ batch: Batch) -> [Int32] {
        var pairs: [Int32] = []
        for trade in batch.trades {
            let (pair, wanted) = (rules.pair(selling: trade.sold, for: trade.wanted), Int(trade.wanted))
            let rate = Rate.paid(
                sold: batch.prices[Int(trade.sold)], wanted: batch.prices[wanted],
                commissionShift: rules.commissionShift)
            var paid: UInt64 = 0
            books[pair] = books[pair].selling(trade.amount) { offer, sold in
                let payout = Rate.payout(sold, at: rate)
                accounts.credit(offer.key.account, wanted, payout)
                paid += payout
            }
            // What is sold comes in before it goes out, but in which order trades come is chance: so it may wrap between.
            earnings[Int(trade.sold)] &+= trade.amount
            earnings[wanted] &-= paid
            pairs.append(Int32(pair))
        }
        for earned in earnings {
            precondition(earned <= ExchangeRules.largestSupply, "a clearing paid out more than was sold")
        }
        return pairs
    }

    private mutating func hashBooks(_ pairs: [Int32]) -> MerkleTree.Before {
        let books = books
        return bookTree.update(pairs, workers: workers) { books[Int($0)].digest }
    }

    private func stateDigest() -> Digest {
        var bytes: [UInt8] = []
        func append(_ word: UInt64) { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
        for number in [rules.assets, rules.accounts] { append(UInt64(number)) }
        for number in [rules.initialBalance, rules.commissionShift, rules.toleranceShift] { append(number) }
        for price in prices { append(price) }
        for earned in earnings { append(earned) }
        return Digest(of: bytes + accounts.root.bytes + bookTree.root.bytes)
    }
}

extension [Int32] {
    /// The elements of both, in order; both are in order and hold nothing twice.
    fileprivate func union(_ other: [Int32]) -> [Int32] {
        var (union, next) = ([Int32](), 0)
        union.reserveCapacity(count + other.count)
        for element in self {
            while next < other.count, other[next] < element {
                union.append(other[next])
                next += 1
            }
            if next < other.count, other[next] == element { next += 1 }
            union.append(element)
        }
        return union + other[next...]
    }
}
