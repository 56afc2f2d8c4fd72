public import HotStuffCore

/// An exchange that clears all offers of a block at once, at one price for each asset, and runs ahead of consensus.
///
/// The proposer searches prices at which the auctioneer can serve the offers; everybody else finds them in the block and
/// checks them, which costs a fraction. What a block does to the state is kept for as long as it may have to be undone:
/// the changed accounts' records, and the old books, which share what did not change with the new ones.
public struct BatchExchange: StateMachine, ~Copyable {
    /// How a machine works; replicas need not agree on it.
    public struct Options: Sendable {
        /// Most transactions that a proposal draws from the pool.
        public var batchLimit = 100_000
        /// 1 to work on the calling thread alone, more to share a block's work among as many threads as there are cores.
        public var workers = 1
        /// Most times that a price search asks the books.
        public var queryLimit = 2_000

        /// The default values.
        public init() {}
    }

    /// A batch that is applied and not committed.
    private struct Applied {
        /// Nil for one that had no effect.
        let undo: MarketState.Undo?
        /// What goes back to the pool at a roll back: an own proposal's transactions.
        let drawn: [Transaction]
    }

    /// What was found out about a batch on the state as it is.
    private struct Checked {
        let batch: Batch
        let opening: MarketState.Opening
        let refusal: String?
    }

    private let context: StateMachineContext
    private let pool: TransactionPool
    private let batchLimit: Int
    private var search: PriceSearch
    private(set) var state: MarketState
    /// Oldest first.
    private var applied: [Applied] = []
    /// The batch that was validated last, until the state changes: most often it is executed next.
    private var checked: Checked?
    /// How the search of the newest proposal went.
    private(set) var lastSearch: PriceSearch.Outcome?

    /// An exchange that draws what it proposes from `pool`.
    public init(
        _ rules: ExchangeRules, pool: TransactionPool, context: StateMachineContext, options: Options = Options()
    ) {
        self.context = context
        self.pool = pool
        batchLimit = min(options.batchLimit, BatchCoding.transactionLimit(in: context.payloadLimit.bytes, rules))
        search = PriceSearch(rules)
        search.queryLimit = options.queryLimit
        state = MarketState(rules, workers: options.workers)
    }

    /// Clears what the pool holds, up to a block's worth, and leaves it applied; nil if nothing in the pool has an effect.
    public mutating func propose() -> Batch? {
        checked = nil
        while true {
            let drawn = pool.take(batchLimit)
            guard !drawn.isEmpty else { return nil }
            let opening = state.open(drawn)
            // What the filter left out is gone: nothing that is overdrawn or used up now is worth keeping.
            if opening.transactions.isEmpty { continue }
            guard context.isProposalWanted, let batch = clear(opening) else {
                pool.putBack(opening.transactions)
                return nil
            }
            let undo = state.settle(batch, opening)
            applied.append(Applied(undo: undo, drawn: batch.transactions))
            return batch
        }
    }

    /// The batch's bytes, as `BatchCoding` lays them out.
    public static func encode(_ batch: Batch) -> Payload { BatchCoding.encode(batch) }

    /// The batch in these bytes; nil if they are anything else.
    public static func decode(_ payload: Payload) -> Batch? { BatchCoding.decode(payload) }

    /// Whether `decode` would return a batch; makes none.
    public static func accepts(_ payload: Payload) -> Bool { BatchCoding.accepts(payload) }

    /// Applies a batch; one whose prices or trades break a rule has no effect, and neither has a transaction that is
    /// filtered out.
    public mutating func execute(_ batch: Batch) {
        let checked = check(batch)
        self.checked = nil
        let undo = checked.refusal == nil ? state.settle(batch, checked.opening) : nil
        applied.append(Applied(undo: undo, drawn: []))
    }

    /// Valid if executing the batch has an effect, and so has each of its transactions: an honest proposer leaves none in
    /// that has not.
    public mutating func validate(_ batch: Batch) -> Verdict {
        let checked = check(batch)
        self.checked = checked
        if let refusal = checked.refusal { return .invalid(reason: refusal) }
        let lost = batch.transactions.count - checked.opening.transactions.count
        return lost == 0 ? .valid : .invalid(reason: "\(lost) transactions have no effect")
    }

    /// Forgets how to undo the oldest applied batch.
    public mutating func commit(_ position: LogPosition) { applied.removeFirst() }

    /// Undoes all that is not committed.
    public mutating func rollBack() { _ = rollBack(keepingOldest: 0) }

    /// Undoes the newest batches; what own ones drew from the pool is first in it again, in order.
    public mutating func rollBack(keepingOldest count: Int) -> Int {
        if applied.count > count { checked = nil }
        var drawn: [[Transaction]] = []
        while applied.count > count, let newest = applied.popLast() {
            if let undo = newest.undo { state.undo(undo) }
            drawn.append(newest.drawn)
        }
        pool.putBack(drawn.reversed().flatMap { $0 })
        return applied.count
    }

    /// SHA-256 of the rules, the prices, the auctioneer's earnings, and the Merkle roots of accounts and books.
    public var stateDigest: Digest? { state.digest }

    /// What an account may spend of an asset; 0 where there is no such account or asset.
    public func balance(of account: UInt32, _ asset: UInt8) -> UInt64 {
        guard account < state.rules.accounts, asset < state.rules.assets else { return 0 }
        return state.accounts.balance(account, Int(asset))
    }

    /// The highest sequence number that an account has used; 0 if there is none, or no such account.
    public func sequence(of account: UInt32) -> UInt64 {
        account < state.rules.accounts ? state.accounts.sequence(account) : 0
    }

    /// How many offers are open.
    public var openOffers: Int { state.books.reduce(0) { $0 + $1.count } }

    /// What the auctioneer has earned of each asset by commissions and rounding.
    public var earnings: [UInt64] { state.earnings }

    /// What each asset is worth by the newest batch.
    public var prices: [UInt64] { state.prices }

    /// How much of an asset there is, on accounts, in offers and with the auctioneer; reads the whole state.
    public func supply(of asset: UInt8) -> UInt64 { state.supply(of: Int(asset)) }

    /// Opens a batch and says why it has no effect, if it has none; anew only if that is not what was just validated.
    private mutating func check(_ batch: Batch) -> Checked {
        if let checked, checked.batch == batch { return checked }
        let opening = state.open(batch.transactions)
        return Checked(batch: batch, opening: opening, refusal: state.refusal(of: batch, on: opening))
    }

    /// Searches prices for opened books; nil if nobody wants the proposal any more.
    private mutating func clear(_ opening: MarketState.Opening) -> Batch? {
        let ladder = SupplyLadder(opening.books, rules: state.rules)
        let context = context
        guard let outcome = search.run(ladder, from: state.prices, isWanted: { context.isProposalWanted }) else {
            return nil
        }
        lastSearch = outcome
        let (trades, isComplete) = Auction(ladder, prices: outcome.prices, rules: state.rules).trades()
        return Batch(
            prices: outcome.prices, trades: trades, isComplete: isComplete, transactions: opening.transactions)
    }
}
