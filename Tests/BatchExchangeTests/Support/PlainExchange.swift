@testable import BatchExchange

/// The exchange once more, as plainly as it can be written: what README.md says of it, with linear searches and 128-bit
/// integers, nothing shared with the example but the types of a batch.
struct PlainExchange {
    struct OpenOffer: Equatable {
        var transaction: Transaction
        var left: UInt64
    }

    let rules: ExchangeRules
    var balances: [[UInt64]]
    var used: [UInt64]
    var offers: [OpenOffer] = []
    var earnings: [UInt64]
    /// Of the newest batch: each offer that sold some, how much, and what it was paid.
    var executed: [(offer: Transaction, sold: UInt64, paid: UInt64)] = []
    var refused = 0

    init(_ rules: ExchangeRules) {
        self.rules = rules
        balances = Array(repeating: Array(repeating: rules.initialBalance, count: rules.assets), count: rules.accounts)
        used = Array(repeating: 0, count: rules.accounts)
        earnings = Array(repeating: 0, count: rules.assets)
    }

    mutating func execute(_ batch: Batch) {
        executed = []
        let before = self
        let survivors = survivors(of: batch.transactions)
        for one in survivors { apply(one) }
        if !clear(batch) {
            self = before
            refused += 1
        }
    }

    /// The transactions that have an effect.
    func survivors(of transactions: [Transaction]) -> [Transaction] {
        let sensible = transactions.filter { one in
            one.isWellFormed(rules) && UInt64(one.sequence) > used[Int(one.account)]
                && UInt64(one.sequence) <= used[Int(one.account)] + 64
        }
        let unique = sensible.filter { one in
            sensible.filter { $0.account == one.account && $0.sequence == one.sequence }.count == 1
        }
        let possible = unique.filter { one in
            guard one.kind == .cancellation else { return true }
            let rivals = unique.filter {
                $0.kind == .cancellation && $0.account == one.account && $0.counterpart == one.counterpart
            }
            return rivals.count == 1 && offers.contains { isMeant($0.transaction, by: one) }
        }
        return possible.filter { one in
            (0..<rules.assets).allSatisfy { asset in
                let own = possible.filter { $0.account == one.account && Int($0.asset) == asset }
                return own.reduce(0) { $0 + UInt128($1.amount) } <= UInt128(balances[Int(one.account)][asset])
            }
        }
    }

    private func isMeant(_ offer: Transaction, by cancellation: Transaction) -> Bool {
        offer.account == cancellation.account && offer.sequence == cancellation.counterpart
            && offer.asset == cancellation.asset && offer.otherAsset == cancellation.otherAsset
            && offer.limit == cancellation.limit
    }

    private mutating func apply(_ one: Transaction) {
        let account = Int(one.account)
        used[account] = max(used[account], UInt64(one.sequence))
        balances[account][Int(one.asset)] -= one.amount
        switch one.kind {
        case .offer: offers.append(OpenOffer(transaction: one, left: one.amount))
        case .payment: balances[Int(one.counterpart)][Int(one.asset)] += one.amount
        case .cancellation:
            guard let place = offers.firstIndex(where: { isMeant($0.transaction, by: one) }) else { return }
            balances[account][Int(one.asset)] += offers[place].left
            offers.remove(at: place)
        }
    }

    /// Executes a batch's trades; false, half done, if they break a rule.
    private mutating func clear(_ batch: Batch) -> Bool {
        guard batch.prices.count == rules.assets,
            batch.prices.allSatisfy({ $0 >= 1 << 16 && $0 < 1 << 48 })
        else { return false }
        var last = -1
        var (bought, paidAtMost) = ([UInt128](repeating: 0, count: 256), [UInt128](repeating: 0, count: 256))
        for trade in batch.trades {
            let pair = Int(trade.sold) * 256 + Int(trade.wanted)
            guard pair > last, trade.amount > 0, Int(max(trade.sold, trade.wanted)) < rules.assets else { return false }
            last = pair
            let rate = rate(trade.sold, trade.wanted, batch.prices)
            guard sell(trade, at: rate) else { return false }
            bought[Int(trade.sold)] += UInt128(trade.amount)
            paidAtMost[Int(trade.wanted)] += (UInt128(trade.amount) * rate) >> 32
        }
        guard zip(bought, paidAtMost).allSatisfy({ $0 >= $1 }) else { return false }
        for (offer, sold, paid) in executed {
            earnings[Int(offer.asset)] &+= sold
            earnings[Int(offer.otherAsset)] &-= paid
        }
        guard batch.isComplete else { return true }
        return offers.allSatisfy { open in
            let rate = rate(open.transaction.asset, open.transaction.otherAsset, batch.prices)
            return UInt128(open.transaction.limit) > rate - rate >> UInt128(rules.toleranceShift)
        }
    }

    private func rate(_ sold: UInt8, _ wanted: UInt8, _ prices: [UInt64]) -> UInt128 {
        let rate = (UInt128(prices[Int(sold)]) << 32) / UInt128(prices[Int(wanted)])
        let commission = rate >> UInt128(rules.commissionShift) + 1
        return rate > commission ? rate - commission : 0
    }

    private mutating func sell(_ trade: Batch.Trade, at rate: UInt128) -> Bool {
        var left = trade.amount
        let willing = offers.indices
            .filter { offers[$0].transaction.asset == trade.sold && offers[$0].transaction.otherAsset == trade.wanted }
            .filter { UInt128(offers[$0].transaction.limit) <= rate }
            .sorted { offers[$0].transaction.offerKey < offers[$1].transaction.offerKey }
        for place in willing where left > 0 {
            let sold = min(left, offers[place].left)
            let paid = (UInt128(sold) * rate) >> 32
            left -= sold
            offers[place].left -= sold
            guard let paid = UInt64(exactly: paid), paid <= ExchangeRules.largestSupply else { return false }
            balances[Int(offers[place].transaction.account)][Int(trade.wanted)] &+= paid
            executed.append((offers[place].transaction, sold, paid))
        }
        offers.removeAll { $0.left == 0 }
        return left == 0
    }
}

extension PlainExchange {
    /// Whether an exchange holds what this one holds.
    func agrees(with state: borrowing MarketState) -> Bool {
        for account in 0..<UInt32(rules.accounts) {
            guard state.accounts.sequence(account) == used[Int(account)] else { return false }
            for asset in 0..<rules.assets
            where state.accounts.balance(account, asset) != balances[Int(account)][asset] { return false }
        }
        for pair in 0..<rules.pairs {
            let own = offers.filter {
                rules.pair(selling: $0.transaction.asset, for: $0.transaction.otherAsset) == pair
            }
            .map { Offer(key: $0.transaction.offerKey, amount: $0.left) }
            .sorted { $0.key < $1.key }
            guard own == state.books[pair].runs.flatMap({ Array($0.all) }) else { return false }
        }
        return state.earnings == earnings
    }
}
