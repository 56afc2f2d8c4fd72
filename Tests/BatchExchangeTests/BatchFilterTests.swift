import Testing

@testable import BatchExchange

/// The filter's rules, one after the other (`BatchFilter`).
struct BatchFilterTests {
    private let rules: ExchangeRules

    init() throws { rules = try smallRules() }

    private func survivors(_ transactions: [Transaction], after first: [Transaction] = []) -> [Transaction] {
        var state = MarketState(rules, workers: 1)
        let prices = [UInt64](repeating: Rate.initialPrice, count: 4)
        let opening = state.open(first)
        #expect(opening.transactions == first)
        _ = state.settle(
            Batch(prices: prices, trades: [], isComplete: false, transactions: first), opening)
        return state.open(transactions).transactions
    }

    private func payment(_ account: UInt32, _ sequence: UInt32, _ amount: UInt64, asset: UInt8 = 0) -> Transaction {
        .payment(account: account, sequence: sequence, to: 9, asset: asset, amount: amount)
    }

    private func offer(_ account: UInt32, _ sequence: UInt32, _ amount: UInt64) -> Transaction {
        .offer(account: account, sequence: sequence, sell: 0, for: 1, amount: amount, limit: 1 << 32)
    }

    @Test func senselessTransactionsAreLeftOut() {
        let good = [payment(1, 1, 5), offer(2, 64, 5)]
        var bad = [
            payment(40, 1, 5), payment(3, 0, 5), payment(3, 65, 5), payment(3, 1, 0), payment(3, 1, 5, asset: 4),
        ]
        bad.append(.payment(account: 3, sequence: 1, to: 40, asset: 0, amount: 5))
        bad.append(.offer(account: 3, sequence: 1, sell: 0, for: 0, amount: 5, limit: 1))
        bad.append(.offer(account: 3, sequence: 1, sell: 0, for: 1, amount: 5, limit: 0))
        bad.append(.offer(account: 3, sequence: 1, sell: 0, for: 4, amount: 5, limit: 1))
        bad.append(.offer(account: 3, sequence: 1, sell: 0, for: 1, amount: (1 << 56) + 1, limit: 1))
        for one in bad { #expect(survivors([one] + good) == good, "\(one)") }
    }

    @Test func aSequenceNumberIsUsedOnceAndLowerOnesWithIt() {
        let first = [payment(1, 10, 5)]
        #expect(survivors([payment(1, 10, 5)], after: first).isEmpty)
        #expect(survivors([payment(1, 9, 5)], after: first).isEmpty)
        #expect(survivors([payment(1, 11, 5)], after: first).count == 1)
        #expect(survivors([payment(1, 74, 5)], after: first).count == 1)
        #expect(survivors([payment(1, 75, 5)], after: first).isEmpty)
    }

    @Test func twoOfTheSameNumberAreBothLeftOut() {
        let pair = [payment(1, 1, 5), payment(1, 1, 6)]
        #expect(survivors(pair + [payment(1, 2, 7), payment(2, 1, 8)]) == [payment(1, 2, 7), payment(2, 1, 8)])
        #expect(survivors(pair + pair).isEmpty)
    }

    @Test func onlyAnOfferOfAnEarlierBlockIsCancelledAndByOneOnly() {
        let made = offer(1, 1, 5)
        let cancelling = Transaction.cancellation(of: made, sequence: 2)
        #expect(survivors([made, cancelling]) == [made])
        #expect(survivors([cancelling], after: [made]) == [cancelling])
        let again = Transaction.cancellation(of: made, sequence: 3)
        #expect(survivors([cancelling, payment(1, 4, 1), again], after: [made]) == [payment(1, 4, 1)])
        var stolen = cancelling
        stolen.account = 2
        #expect(survivors([stolen], after: [made]).isEmpty)
        var elsewhere = cancelling
        elsewhere.limit += 1
        #expect(survivors([elsewhere], after: [made]).isEmpty)
    }

    @Test func anOverdrawnAccountLosesAll() {
        let within = [payment(1, 1, 15_000), offer(1, 2, 5_000), payment(1, 3, 20_000, asset: 1)]
        #expect(survivors(within) == within)
        #expect(survivors(within + [payment(1, 4, 1)]).isEmpty)
        #expect(survivors(within + [payment(1, 4, 1), payment(2, 1, 1)]) == [payment(2, 1, 1)])
        // What the block pays to it does not help.
        #expect(survivors([payment(9, 1, 20_001), payment(1, 1, 100)]) == [payment(1, 1, 100)])
    }

    @Test(arguments: UInt64(0)..<10)
    func filteringWhatWasFilteredChangesNothing(seed: UInt64) {
        var traders = CarelessTraders(rules, seed: seed)
        let drawn = traders.transactions(400) { _ in 0 }
        let once = survivors(drawn)
        #expect(!once.isEmpty && once.count < drawn.count)
        #expect(survivors(once) == once)
        #expect(once == PlainExchange(rules).survivors(of: drawn))
    }
}
