internal import HotStuffCore

/// The bare machine in a loop of its own: propose, encode, commit; no consensus, network or log.
public enum ProposingLoop {
    /// What the loop came to.
    public struct Result: Sendable, Hashable {
        /// One for each proposal.
        public var marks: [ProposalMark]
        /// The size of each proposal's payload, in bytes.
        public var payloadBytes: [Int]

        /// A loop of these proposals.
        public init(marks: [ProposalMark], payloadBytes: [Int]) {
            self.marks = marks
            self.payloadBytes = payloadBytes
        }
    }

    /// Proposes so many blocks from the state that `rules` begin with, on the calling thread alone; all their transactions
    /// are made before the first.
    public static func run(_ blocks: Int, blockSize: Int, rules: ExchangeRules, seed: UInt64) -> Result {
        let pool = TransactionPool(limit: .max)
        var market = SyntheticMarket(rules, seed: seed)
        for _ in 0..<blocks { _ = pool.add(market.transactions(blockSize)) }
        var options = BatchExchange.Options()
        options.batchLimit = blockSize
        var exchange = BatchExchange(rules, pool: pool, context: ExchangeBench.context(), options: options)
        var result = Result(marks: [], payloadBytes: [])
        while let batch = exchange.propose() {
            result.marks.append(ProposalMark(batch, of: exchange))
            result.payloadBytes.append(BatchExchange.encode(batch).count)
            exchange.commit(LogPosition(height: .genesis, block: .zero))
        }
        return result
    }
}
