/// A block of the exchange: transactions, and how the auctioneer clears the offers once they are in the books.
///
/// Finding the prices is the proposer's work. Whoever executes the batch only checks that they keep the rules; one that
/// does not has no effect at all.
public struct Batch: Sendable, Hashable {
    /// How much offers of one pair sell in sum, those first that ask least.
    public struct Trade: Sendable, Hashable {
        /// What is sold.
        public var sold: UInt8
        /// What is paid for it.
        public var wanted: UInt8
        /// How much is sold, not 0.
        public var amount: UInt64

        /// A trade between two assets.
        public init(sold: UInt8, wanted: UInt8, amount: UInt64) {
            self.sold = sold
            self.wanted = wanted
            self.amount = amount
        }
    }

    /// What a unit of each asset is worth; only the prices' ratios count.
    public var prices: [UInt64]
    /// What is sold, in order of `sold`, then `wanted`; a pair not named here sells nothing.
    public var trades: [Trade]
    /// Whether every offer is executed in full whose limit is better than the prices by more than the tolerance.
    ///
    /// Whoever executes the batch checks that too. A proposer whose search was cut short says false.
    public var isComplete: Bool
    /// What accounts asked for, in any order.
    public var transactions: [Transaction]

    /// Most transactions of a batch.
    public static let largestCount = 1_000_000

    /// A batch of these.
    public init(prices: [UInt64], trades: [Trade], isComplete: Bool, transactions: [Transaction]) {
        self.prices = prices
        self.trades = trades
        self.isComplete = isComplete
        self.transactions = transactions
    }
}
