import BatchExchange
import Synchronization

/// Where an exchange that is measured gets its transactions from, and notes what its proposals have cost.
///
/// Trading data is made before anything is measured, and kept back until all of it is let into the pool at once: a
/// leader that had to make it meanwhile would spend its processor's time on what is no part of an exchange.
final class TradingFloor: Sendable {
    private struct State {
        var sets: [[Transaction]] = []
        var marks: [ProposalMark] = []
    }

    /// The exchange's rules.
    let rules: ExchangeRules
    /// Transactions of a block.
    let blockSize: Int
    /// What the exchange draws from.
    let pool: TransactionPool
    private let state = Mutex(State())

    /// How many marks are in a page.
    static let page = 1_000
    /// For how many blocks there may be data.
    static let mostBlocks = 100_000

    /// An empty floor.
    ///
    /// - Parameter signalWork: says that there is something to propose.
    init(_ rules: ExchangeRules, blockSize: Int, signalWork: @escaping @Sendable () -> Void) {
        self.rules = rules
        self.blockSize = blockSize
        pool = TransactionPool(limit: .max, signalWork: signalWork)
    }

    /// Makes trading data for so many blocks, in place of what was kept back; takes its time, on the calling thread.
    ///
    /// - Returns: how many blocks.
    func prepare(_ blocks: Int, seed: UInt64) -> Int {
        var market = SyntheticMarket(rules, seed: seed)
        let sets = (0..<blocks).map { _ in market.transactions(blockSize) }
        state.withLock { $0.sets = sets }
        return sets.count
    }

    /// Lets what was kept back into the pool.
    ///
    /// - Returns: how many blocks it is for.
    func open() -> Int {
        let sets = state.withLock { state in
            defer { state.sets = [] }
            return state.sets
        }
        // The first starts the exchange; there is no room that could be wanting.
        for set in sets { _ = pool.add(set) }
        return sets.count
    }

    /// The exchange has proposed this.
    func note(_ mark: ProposalMark) { state.withLock { $0.marks.append(mark) } }

    /// A page of what was noted, from this proposal on.
    func proposals(from first: Int) -> [ProposalMark] {
        state.withLock { Array($0.marks.dropFirst(max(0, first)).prefix(Self.page)) }
    }
}
