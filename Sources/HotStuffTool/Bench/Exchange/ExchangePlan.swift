import BatchExchange

/// What to measure of the exchange, bare and in a pipeline, at one block size.
struct ExchangePlan: Sendable, Hashable {
    /// Transactions drawn for a block.
    var blockSize: Int
    /// Blocks that are measured.
    var blocks: Int
    /// Blocks before these, which fill the books.
    var warmUp: Int
    /// Where the trading data starts.
    var seed: UInt64
    /// How many accounts trade.
    var accounts = 100_000

    /// Six million transactions, but 12 blocks at least and 200 at most, after half as many.
    init(blockSize: Int, seed: UInt64 = 1) {
        self.blockSize = blockSize
        self.seed = seed
        blocks = min(max(6_000_000 / max(1, blockSize), 12), 200)
        warmUp = blocks / 2
    }

    /// Blocks that both runs compare, by their numbers among the proposals: from the first one's end to the last one's.
    var measured: ClosedRange<Int> { (warmUp - 1)...(warmUp + blocks - 1) }

    /// Blocks after those, which keep the replicas as busy as before until the last one that counts has committed.
    var after: Int { max(6, blocks / 4) }
}
