import Testing

@testable import BatchExchange

/// Supply queries, the price search, and rounding.
struct ClearingTests {
    private func book(_ offers: [(limit: UInt64, amount: UInt64)]) -> OfferBook {
        let sorted = offers.enumerated()
            .map { Offer(key: Offer.Key(limit: $1.limit, account: UInt32($0), sequence: 1), amount: $1.amount) }
            .sorted { $0.key < $1.key }
        return sorted.withUnsafeBufferPointer {
            OfferBook().merging($0, removing: UnsafeBufferPointer(start: nil, count: 0)) { _ in }
        }
    }

    /// A ladder's sums against adding up all offers.
    @Test(arguments: UInt64(0)..<6)
    func aSupplyQueryIsTheSumOverTheOffers(seed: UInt64) throws {
        let rules = try smallRules()
        var random = SeededRandom(seed: seed)
        let offers = (0..<(1 + random.below(3_000))).map { _ in
            (limit: (1 << 31) + random.below(1 << 33), amount: 1 + random.below(1 << 50) >> random.below(40))
        }
        var books = [OfferBook](repeating: OfferBook(), count: rules.pairs)
        books[6] = book(offers)
        let ladder = SupplyLadder(books, rules: rules)
        let market = ladder.markets[0]
        #expect(market.pair == 6)
        for _ in 0..<200 {
            let rate =
                random.below(4) == 0 ? offers[Int(random.below(UInt64(offers.count)))].limit : random.below(1 << 34)
            let sum = offers.filter { $0.limit <= rate }.reduce(0) { $0 + $1.amount }
            let answer = ladder.amount(market, upTo: rate)
            #expect(answer == sum)
            let gap = rate >> 10
            var gained: UInt128 = 0
            var eager: UInt64 = 0
            for (limit, amount) in offers where limit <= rate {
                if limit <= rate - gap { eager += amount } else { gained += UInt128(amount) * UInt128(rate - limit) }
            }
            let smooth = gap == 0 ? sum : eager + UInt64(gained / UInt128(gap))
            let smoothAnswer = ladder.smoothSupply(market, at: rate, toleranceShift: 10)
            #expect(smoothAnswer == smooth)
        }
    }

    /// Offers by traders who all think the same of four assets, give or take 2 %.
    private func market(_ valuations: [UInt64], seed: UInt64) throws -> (books: [OfferBook], rules: ExchangeRules) {
        let rules = try ExchangeRules(assets: valuations.count, accounts: 100, initialBalance: 1 << 40)
        var random = SeededRandom(seed: seed)
        var books = [OfferBook](repeating: OfferBook(), count: rules.pairs)
        for pair in books.indices where rules.soldAsset(of: pair) != rules.wantedAsset(of: pair) {
            let (sold, wanted) = (valuations[rules.soldAsset(of: pair)], valuations[rules.wantedAsset(of: pair)])
            books[pair] = book(
                (0..<200).map { _ in
                    let fair = UInt64((UInt128(sold) << 32) / UInt128(wanted))
                    return (limit: fair - fair / 50 + random.below(fair / 25), amount: (1 << 50) / sold)
                })
        }
        return (books, rules)
    }

    @Test(arguments: UInt64(0)..<6)
    func theSearchFindsWhatTheTradersThink(seed: UInt64) throws {
        let valuations: [UInt64] = [1 << 30, 1 << 34, 3 << 31, 77 << 28]
        let (books, rules) = try market(valuations, seed: seed)
        var search = PriceSearch(rules)
        let start = [UInt64](repeating: Rate.initialPrice, count: 4)
        let ended = search.run(SupplyLadder(books, rules: rules), from: start, isWanted: { true })
        let outcome = try #require(ended)
        #expect(outcome.isClearing, "seed \(seed): \(outcome.queries) queries")
        #expect(outcome.queries < 600)
        for asset in 1..<4 {
            // In percent of the valuations' ratio to the first.
            let found = UInt128(outcome.prices[asset]) * UInt128(valuations[0]) * 100
            let thought = UInt128(outcome.prices[0]) * UInt128(valuations[asset])
            #expect((98...102).contains(found / thought), "seed \(seed), asset \(asset)")
        }
        let auction = Auction(SupplyLadder(books, rules: rules), prices: outcome.prices, rules: rules)
        let (trades, isComplete) = auction.trades()
        #expect(isComplete && trades.count == 12)
        var batch = Batch(prices: outcome.prices, trades: trades, isComplete: true, transactions: [])
        let isAllowed = auction.refusal(of: batch) == nil
        #expect(isAllowed)
        batch.trades[5].amount += batch.trades[5].amount / 4
        let isMoreAllowed = auction.refusal(of: batch) == nil
        #expect(!isMoreAllowed)
    }

    @Test func aSearchThatIsCutShortStillTradesWhatIsCovered() throws {
        let (books, rules) = try market([1 << 30, 1 << 34, 3 << 31, 77 << 28], seed: 9)
        var search = PriceSearch(rules)
        let start: [UInt64] = [1 << 30, 1 << 34, 3 << 31, 79 << 28]
        search.queryLimit = 1
        let ended = search.run(SupplyLadder(books, rules: rules), from: start, isWanted: { true })
        let outcome = try #require(ended)
        #expect(!outcome.isClearing && outcome.queries == 1)
        let auction = Auction(SupplyLadder(books, rules: rules), prices: outcome.prices, rules: rules)
        let (trades, isComplete) = auction.trades()
        #expect(!isComplete && !trades.isEmpty)
        var batch = Batch(prices: start, trades: trades, isComplete: false, transactions: [])
        let isAllowed = auction.refusal(of: batch) == nil
        #expect(isAllowed)
        batch.isComplete = true
        let isAllowedAsComplete = auction.refusal(of: batch) == nil
        #expect(!isAllowedAsComplete)
    }

    @Test func theSearchStopsOnceNobodyWantsIt() throws {
        let (books, rules) = try market([1 << 30, 1 << 34, 3 << 31, 77 << 28], seed: 10)
        var search = PriceSearch(rules)
        var asked = 0
        let outcome = search.run(
            SupplyLadder(books, rules: rules), from: [UInt64](repeating: Rate.initialPrice, count: 4),
            isWanted: {
                asked += 1
                return asked < 5
            })
        #expect(outcome == nil && asked == 5)
    }

    @Test func roundingIsInFavourOfTheAuctioneer() {
        #expect(Rate.paid(sold: 3, wanted: 1, commissionShift: 15) == 3 * (1 << 32) - (3 << 17) - 1)
        #expect(Rate.payout(10, at: 1 << 31) == 5)
        #expect(Rate.payout(11, at: 1 << 31) == 5)
        #expect(Rate.payout(1, at: (1 << 32) - 1) == 0)
        #expect(Rate.payout(.max, at: .max) == .max)
        // The extreme rates of two prices that a batch may name.
        let (low, high) = (Rate.prices.lowerBound, Rate.prices.upperBound)
        #expect(Rate.paid(sold: low, wanted: high, commissionShift: 15) == 0)
        #expect(Rate.paid(sold: high, wanted: low, commissionShift: 15) > 1 << 63)
    }
}
