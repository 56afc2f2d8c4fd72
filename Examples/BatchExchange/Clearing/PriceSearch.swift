/// Looks for prices at which what is sold of each asset covers what is bought: Tâtonnement.
///
/// Starting from some prices it asks the books what is sold of each asset and bought with what, both by worth. The price of
/// what is in demand goes up and that of what is left over goes down, each in proportion to its excess relative to its
/// own turnover. A step is taken if it makes the excess smaller, and then the next one is larger; else a smaller one is
/// tried. Integers only; no allocation after the start.
struct PriceSearch {
    /// How a search ended.
    struct Outcome {
        /// The best prices found.
        var prices: [UInt64]
        /// Whether at these prices, by the smooth supply, no asset is bought in excess of what is sold.
        var isClearing: Bool
        /// How many times the books were asked.
        var queries: Int
    }

    /// Most times that the books are asked.
    var queryLimit = 2_000

    private let rules: ExchangeRules
    private var supply: [UInt128]
    private var demand: [UInt128]
    /// Each asset's excess demand relative to its turnover, as an integer of 2^−24.
    private var excess: [Int64]
    private var trial: [UInt64]
    private var trialExcess: [Int64]

    /// Excess and steps are integers of 2^−24.
    private static let unit = 24
    private static let firstStep: Int64 = 1 << 19
    /// How far a price moves that is wholly in demand or wholly left over, as an integer of 2^−24.
    private static let steps: ClosedRange<Int64> = (1 << 8)...(1 << 22)

    init(_ rules: ExchangeRules) {
        self.rules = rules
        supply = Array(repeating: 0, count: rules.assets)
        demand = supply
        excess = Array(repeating: 0, count: rules.assets)
        trial = Array(repeating: 0, count: rules.assets)
        trialExcess = excess
    }

    /// Searches from `start`; nil if `isWanted` says no on the way.
    mutating func run(
        _ ladder: borrowing SupplyLadder, from start: [UInt64], isWanted: () -> Bool
    ) -> Outcome? {
        var prices = start
        var step = Self.firstStep
        var outcome = Outcome(prices: start, isClearing: ask(ladder, start), queries: 1)
        var size = measure(into: &excess)
        var least = size
        while !outcome.isClearing, outcome.queries < queryLimit {
            guard isWanted() else { return nil }
            move(prices, by: step)
            outcome.queries += 1
            outcome.isClearing = ask(ladder, trial)
            let trialSize = measure(into: &trialExcess)
            guard outcome.isClearing || isBetter(trialSize, than: size) || step <= Self.steps.lowerBound else {
                step /= 2
                continue
            }
            swap(&prices, &trial)
            swap(&excess, &trialExcess)
            Self.scale(&prices)
            size = trialSize
            step = min(step + step / 8, Self.steps.upperBound)
            if size < least || outcome.isClearing {
                least = size
                for asset in prices.indices { outcome.prices[asset] = prices[asset] }
            }
        }
        return outcome
    }

    /// Whether the trial is worth going on from: a little more excess will do, as in a corner every way out leads up at
    /// first; but not what was short being left over instead, which far from clearing makes no difference in size.
    private func isBetter(_ trialSize: Int64, than size: Int64) -> Bool {
        var agreement: Int64 = 0
        for asset in excess.indices { agreement += excess[asset] * trialExcess[asset] }
        return trialSize <= size + size / 32 && agreement > -size / 2
    }

    /// Doubles or halves all prices, so that the highest is about 2^46: only ratios count, and small numbers are coarse.
    private static func scale(_ prices: inout [UInt64]) {
        var highest: UInt64 = 0
        for price in prices { highest = max(highest, price) }
        if highest >= 1 << 47 {
            for asset in prices.indices { prices[asset] = max(prices[asset] >> 1, Rate.prices.lowerBound) }
        } else if highest < 1 << 45 {
            for asset in prices.indices { prices[asset] <<= 1 }
        }
    }

    /// Fills in supply and demand at these prices, by worth; answers whether the one covers the other for each asset.
    private mutating func ask(_ ladder: borrowing SupplyLadder, _ prices: [UInt64]) -> Bool {
        for asset in 0..<rules.assets { (supply[asset], demand[asset]) = (0, 0) }
        for market in ladder.markets {
            let rate = Rate.paid(
                sold: prices[market.sold], wanted: prices[market.wanted], commissionShift: rules.commissionShift)
            let amount = ladder.smoothSupply(market, at: rate, toleranceShift: rules.toleranceShift)
            guard amount > 0 else { continue }
            let worth = UInt128(amount) &* UInt128(prices[market.sold])
            supply[market.sold] &+= worth
            demand[market.wanted] &+= worth
        }
        for asset in 0..<rules.assets
        where demand[asset] &- demand[asset] >> rules.commissionShift > supply[asset] { return false }
        return true
    }

    /// Fills in the relative excess of each asset; answers the sum of its squares.
    private func measure(into excess: inout [Int64]) -> Int64 {
        var size: Int64 = 0
        for asset in 0..<rules.assets {
            let turnover = max(supply[asset], demand[asset])
            guard turnover > 0 else {
                excess[asset] = 0
                continue
            }
            // Only the leading 38 bits count; so the division is one of 64-bit integers.
            let shift = max(0, 128 - turnover.leadingZeroBitCount - 38)
            let (bought, sold) = (Int64(demand[asset] >> shift), Int64(supply[asset] >> shift))
            excess[asset] = ((bought - sold) << Int64(Self.unit)) / Int64(turnover >> shift)
            size += excess[asset] * excess[asset]
        }
        return size
    }

    /// Fills in the trial prices, one step from `prices` in the direction of the excess.
    private mutating func move(_ prices: [UInt64], by step: Int64) {
        for asset in 0..<rules.assets {
            // At most a quarter up or down; in 2^−32, as coarser steps would never come near enough.
            let change = (excess[asset] * step) >> Int64(2 * Self.unit - 32)
            let product = prices[asset].multipliedFullWidth(by: UInt64((1 << 32) + change))
            let moved = product.high << 32 | product.low >> 32
            trial[asset] = min(max(moved, Rate.prices.lowerBound), Rate.prices.upperBound)
        }
    }
}
