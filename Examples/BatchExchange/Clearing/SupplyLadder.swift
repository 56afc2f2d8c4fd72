/// All books' runs laid out flat, with sums over the runs before each, so that a supply query is two binary searches.
///
/// It borrows the runs' memory: the books that it was made of must outlive it. Nothing in it allocates once it is made.
struct SupplyLadder: ~Copyable {
    /// A pair of assets that somebody offers to trade.
    struct Market {
        let pair: Int
        let sold: Int
        let wanted: Int
        /// Its steps.
        fileprivate let steps: Range<Int>
        /// How much is for sale at any price.
        let amount: UInt64
    }

    /// One run.
    private struct Step {
        let lastLimit: UInt64
        let offers: UnsafePointer<Offer>
        let amounts: UnsafePointer<UInt64>
        let worths: UnsafePointer<UInt128>
        let count: Int
        let amountBefore: UInt64
        let worthBefore: UInt128
    }

    /// The pairs that have offers, in order.
    let markets: [Market]
    private let steps: UnsafeMutablePointer<Step>

    /// The ladder of these books.
    init(_ books: [OfferBook], rules: ExchangeRules) {
        let count = books.reduce(0) { $0 + $1.runs.count }
        steps = .allocate(capacity: max(count, 1))
        var markets: [Market] = []
        var next = 0
        for (pair, book) in books.enumerated() where !book.isEmpty {
            let first = next
            var (amount, worth): (UInt64, UInt128) = (0, 0)
            for run in book.runs {
                (steps + next).initialize(
                    to: Step(
                        lastLimit: run.lastKey.limit, offers: run.offers, amounts: run.amountBefore,
                        worths: run.worthBefore, count: run.count, amountBefore: amount, worthBefore: worth))
                amount &+= run.amount
                worth &+= run.worthBefore[run.count]
                next += 1
            }
            markets.append(
                Market(
                    pair: pair, sold: rules.soldAsset(of: pair), wanted: rules.wantedAsset(of: pair),
                    steps: first..<next, amount: amount))
        }
        self.markets = markets
    }

    deinit { steps.deallocate() }

    /// How much offers with a limit of at most `limit` sell, and the sum of their amounts times their limits.
    @inline(__always)
    private func sums(_ market: Market, upTo limit: UInt64) -> (amount: UInt64, worth: UInt128) {
        var (low, high) = (market.steps.lowerBound, market.steps.upperBound)
        while low < high {
            let middle = (low &+ high) >> 1
            if steps[middle].lastLimit <= limit { low = middle &+ 1 } else { high = middle }
        }
        guard low < market.steps.upperBound else {
            let last = steps[low &- 1]
            return (last.amountBefore &+ last.amounts[last.count], last.worthBefore &+ last.worths[last.count])
        }
        let step = steps[low]
        let count = OfferRun.count(upTo: limit, in: step.offers, count: step.count)
        return (step.amountBefore &+ step.amounts[count], step.worthBefore &+ step.worths[count])
    }

    /// How much offers with a limit of at most `limit` sell.
    func amount(_ market: Market, upTo limit: UInt64) -> UInt64 { sums(market, upTo: limit).amount }

    /// How much is sold when a unit is paid `rate`, if offers that gain less than the tolerance sell only a part.
    ///
    /// That part grows evenly from nothing, at a limit that equals the rate, to all, at a limit below it by the
    /// tolerance. So the supply does not jump as the prices move, and a price search has somewhere to stop.
    @inline(__always)
    func smoothSupply(_ market: Market, at rate: UInt64, toleranceShift: UInt64) -> UInt64 {
        let gap = rate >> toleranceShift
        let eager = sums(market, upTo: rate - gap)
        guard gap > 0 else { return eager.amount }
        let willing = sums(market, upTo: rate)
        let amount = willing.amount &- eager.amount
        if amount == 0 { return eager.amount }
        // The sum over the offers between of amount · (rate − limit) / gap; each of these is below its amount.
        let product = amount.multipliedFullWidth(by: rate)
        let gained =
            (UInt128(product.high) << 64 | UInt128(product.low)) &- (willing.worth &- eager.worth)
        let (high, low) = (UInt64(truncatingIfNeeded: gained >> 64), UInt64(truncatingIfNeeded: gained))
        return eager.amount &+ gap.dividingFullWidth((high: high, low: low)).quotient
    }
}
