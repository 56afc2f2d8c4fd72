/// What is noted of an exchange's proposal when `propose()` returns: what lies between two is the cost of a block,
/// whatever else its thread had to do for it.
public struct ProposalMark: Codable, Sendable, Hashable {
    /// How long the machine's thread has worked and waited by then.
    public var times: ThreadTimes
    /// Transactions in the proposal, without those that were filtered out.
    public var transactions: Int
    /// The state's digest after it, in hexadecimal: equal for equal states.
    public var digest: String

    /// A mark with these figures.
    public init(times: ThreadTimes, transactions: Int, digest: String) {
        self.times = times
        self.transactions = transactions
        self.digest = digest
    }

    /// Marks what `exchange` has just proposed, on its thread.
    public init(_ batch: Batch, of exchange: borrowing BatchExchange) {
        times = .now
        transactions = batch.transactions.count
        digest = exchange.stateDigest?.hexadecimalText ?? ""
    }
}
