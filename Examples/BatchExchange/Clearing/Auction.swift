/// What the auctioneer may do with the books at some prices: how much may be sold, how much must be, and what it costs.
///
/// The proposer makes trades with it, and everybody checks them with it.
struct Auction: ~Copyable {
    private let rules: ExchangeRules
    private let prices: [UInt64]
    private let ladder: SupplyLadder
    /// For each market of the ladder, what a unit of what is sold is paid.
    private let rates: [UInt64]

    /// An auction of the offers in a ladder; the prices are one for each asset and in `Rate.prices`.
    init(_ ladder: consuming SupplyLadder, prices: [UInt64], rules: ExchangeRules) {
        self.rules = rules
        self.prices = prices
        rates = ladder.markets.map {
            Rate.paid(sold: prices[$0.sold], wanted: prices[$0.wanted], commissionShift: rules.commissionShift)
        }
        self.ladder = ladder
    }

    /// Trades that no asset is short for, as near as possible to what the smooth supply says, and whether they include
    /// all that must be sold.
    func trades() -> (trades: [Batch.Trade], isComplete: Bool) {
        var amounts = ladder.markets.indices.map { place in
            ladder.smoothSupply(ladder.markets[place], at: rates[place], toleranceShift: rules.toleranceShift)
        }
        cutToCovered(&amounts)
        var isComplete = true
        var trades: [Batch.Trade] = []
        for (place, market) in ladder.markets.enumerated() {
            if amounts[place] < required(place) { isComplete = false }
            guard amounts[place] > 0 else { continue }
            trades.append(
                Batch.Trade(sold: UInt8(market.sold), wanted: UInt8(market.wanted), amount: amounts[place]))
        }
        return (trades, isComplete)
    }

    /// Why a batch's trades break a rule; nil if nobody sells below its limit, no asset is short, and all is sold that must
    /// be, if the batch claims that.
    func refusal(of batch: Batch) -> String? {
        var amounts = [UInt64](repeating: 0, count: ladder.markets.count)
        var next = 0
        for trade in batch.trades {
            // Not a constant: it would be made for every trade that is well.
            var name: String { "the trade of \(trade.sold) for \(trade.wanted)" }
            guard trade.sold < rules.assets, trade.wanted < rules.assets, trade.amount > 0 else {
                return name + " is none"
            }
            let pair = rules.pair(selling: trade.sold, for: trade.wanted)
            // Trades and markets are both in order of their pairs; one out of order, or twice, finds none.
            while next < ladder.markets.count, ladder.markets[next].pair < pair { next += 1 }
            guard next < ladder.markets.count, ladder.markets[next].pair == pair else {
                return name + " is out of order, or nobody offers it"
            }
            guard trade.amount <= ladder.amount(ladder.markets[next], upTo: rates[next]) else {
                return name + " is of more than is for sale at these prices"
            }
            amounts[next] = trade.amount
            next += 1
        }
        if batch.isComplete {
            for place in amounts.indices where amounts[place] < required(place) {
                return "the clearing is said to be complete and leaves offers in market \(ladder.markets[place].pair)"
            }
        }
        let short = shortage(amounts).firstIndex { $0.paid > $0.sold }
        return short.map { "more of asset \($0) is paid than sold" }
    }

    /// What must be sold in a market, if the clearing is complete.
    private func required(_ place: Int) -> UInt64 {
        ladder.amount(ladder.markets[place], upTo: rates[place] - rates[place] >> rules.toleranceShift)
    }

    /// For each asset, how much of it is sold, and the most that is paid out.
    private func shortage(_ amounts: [UInt64]) -> [(sold: UInt64, paid: UInt64)] {
        var sums = [(sold: UInt64, paid: UInt64)](repeating: (0, 0), count: rules.assets)
        for (place, market) in ladder.markets.enumerated() {
            let payout = Rate.payout(amounts[place], at: rates[place])
            sums[market.sold].sold += amounts[place]
            sums[market.wanted].paid = sums[market.wanted].paid.saturatingSum(payout)
        }
        return sums
    }

    /// Lowers what is sold for each asset that would be short until none is.
    ///
    /// Clearing prices leave every asset a commission's worth to spare, so nothing is lowered. At others, lowering what is
    /// sold for one asset may make another short, and so on; it ends, as nothing is ever raised, but only in the long
    /// run: after some rounds the rest is given up.
    private func cutToCovered(_ amounts: inout [UInt64]) {
        for _ in 0..<256 {
            let sums = shortage(amounts)
            if sums.allSatisfy({ $0.paid <= $0.sold }) { return }
            for (place, market) in ladder.markets.enumerated() {
                let sum = sums[market.wanted]
                guard sum.paid > sum.sold else { continue }
                let product = amounts[place].multipliedFullWidth(by: sum.sold)
                amounts[place] = sum.paid.dividingFullWidth(product).quotient
            }
        }
        for place in amounts.indices { amounts[place] = 0 }
    }
}

extension UInt64 {
    fileprivate func saturatingSum(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
