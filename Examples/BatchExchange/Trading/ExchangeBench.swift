internal import HotStuffCore

/// Measures the bare machine: how fast one proposes and how fast another executes what it proposed; no consensus, no
/// network, no log.
public struct ExchangeBench: Sendable {
    /// The exchange.
    public var rules: ExchangeRules
    /// Transactions drawn for a block.
    public var blockSize: Int
    /// Blocks that are measured.
    public var blocks: Int
    /// Blocks before these, which fill the books.
    public var warmUp: Int
    /// As `BatchExchange.Options.workers`.
    public var workers = 1
    /// Where the trading data starts.
    public var seed: UInt64 = 1

    /// What was measured.
    public struct Result: Sendable {
        /// Transactions in the measured blocks, without those that the proposer filtered out.
        public var transactions = 0
        /// Bytes of the measured blocks' payloads.
        public var bytes = 0
        /// Time in `propose`, `encode` and `commit`, of all measured blocks.
        public var proposing = MeasuredTime()
        /// Time in `decode`, `execute` and `commit`, of all measured blocks.
        public var validating = MeasuredTime()
        /// How often the price searches asked the books.
        public var queries = 0
        /// Blocks whose clearing was complete.
        public var complete = 0
        /// Offers open at the end.
        public var openOffers = 0
        /// The state's digest at the end, in hexadecimal.
        public var digest = ""
    }

    /// The two machines differ, which must not be.
    public struct Diverged: Error, Sendable {
        /// The block, counted from the first one measured.
        public let block: Int
    }

    /// Fifty assets on so many accounts, each rich enough for its part of the trade.
    ///
    /// - Throws: `ExchangeRules.Invalid` for fewer than 2 accounts, or too many.
    public static func rules(accounts: Int = 100_000) throws -> ExchangeRules {
        try ExchangeRules(assets: 50, accounts: accounts, initialBalance: 1 << 39)
    }

    /// The usual rules; a million transactions or 100 blocks, after as many again.
    ///
    /// - Throws: `ExchangeRules.Invalid`, never.
    public init(blockSize: Int) throws {
        rules = try Self.rules()
        self.blockSize = blockSize
        blocks = max(2, min(100, 1_000_000 / max(1, blockSize)))
        warmUp = blocks
    }

    /// Runs on the calling thread, and as many others as `workers` says.
    ///
    /// - Throws: `Diverged`.
    public func run() throws -> Result {
        let pool = TransactionPool()
        var options = BatchExchange.Options()
        options.batchLimit = blockSize
        options.workers = workers
        var proposer = BatchExchange(rules, pool: pool, context: Self.context(), options: options)
        var follower = BatchExchange(rules, pool: TransactionPool(), context: Self.context(), options: options)
        var market = SyntheticMarket(rules, seed: seed)
        var result = Result()
        let position = LogPosition(height: .genesis, block: .zero)
        for number in -warmUp..<blocks {
            if number == 0 { result = Result() }
            _ = pool.add(market.transactions(blockSize))
            var payload = Payload.empty
            let proposed = result.proposing.measure {
                guard let batch = proposer.propose() else { return nil as Batch? }
                payload = BatchExchange.encode(batch)
                proposer.commit(position)
                return batch
            }
            guard let proposed else { continue }
            result.validating.measure {
                guard let batch = BatchExchange.decode(payload) else { return }
                follower.execute(batch)
                follower.commit(position)
            }
            guard proposer.stateDigest == follower.stateDigest else { throw Diverged(block: number) }
            result.transactions += proposed.transactions.count
            result.bytes += payload.count
            result.queries += proposer.lastSearch?.queries ?? 0
            result.complete += proposed.isComplete ? 1 : 0
        }
        result.openOffers = proposer.openOffers
        result.digest = proposer.stateDigest?.hexadecimalText ?? ""
        return result
    }

    /// A context outside of any replica.
    static func context() -> StateMachineContext {
        StateMachineContext(
            signals: MachineSignals {}, payloadLimit: .mebibytes(64), appliedBlockLimit: 1_024, directory: "",
            commands: CommandQueue(clock: { .zero }, signalWork: {}))
    }
}
