import HotStuffCore
import Testing

@testable import BatchExchange

struct SyntheticMarketTests {
    @Test func aSeedGivesTheSameTransactionsTwiceAndAnotherSeedOthers() throws {
        let rules = try ExchangeRules(assets: 20, accounts: 1_000, initialBalance: 1 << 38)
        var (one, same, other) = (
            SyntheticMarket(rules, seed: 7), SyntheticMarket(rules, seed: 7), SyntheticMarket(rules, seed: 8)
        )
        for _ in 0..<3 {
            let set = one.transactions(2_000)
            #expect(set.count == 2_000)
            #expect(set == same.transactions(2_000))
            #expect(set != other.transactions(2_000))
        }
    }

    @Test func fewAccountsMakeManyTransactionsAndNoneMoreThanTheWindow() throws {
        let rules = try ExchangeRules(assets: 20, accounts: 10_000, initialBalance: 1 << 38)
        var market = SyntheticMarket(rules, seed: 1)
        let set = market.transactions(50_000)
        var counts = [Int](repeating: 0, count: 10_000)
        for one in set { counts[Int(one.account)] += 1 }
        #expect(counts.max() ?? 0 <= 64)
        // Of the first hundredth of the accounts, beside an even share of a hundredth.
        #expect(counts[..<100].reduce(0, +) > 2_000)
        #expect(set.allSatisfy { $0.isWellFormed(rules) })
    }

    @Test func nearlyAllOfASetHasAnEffect() throws {
        var bench = try ExchangeBench(blockSize: 500)
        bench.rules = try ExchangeRules(assets: 5, accounts: 400, initialBalance: 1 << 40)
        (bench.blocks, bench.warmUp) = (6, 4)
        let result = try bench.run()
        #expect(result.transactions > 2_700)
        #expect(result.openOffers > 1_000)
        #expect(result.proposing.elapsed > .zero && result.validating.elapsed > .zero)
        #expect(result.queries >= 6)
    }

    @Test func resumingForgetsNumbersThatWereNeverUsed() throws {
        let rules = try smallRules()
        var market = SyntheticMarket(rules, seed: 2)
        _ = market.transactions(1_000)
        market.resume { _ in 3 }
        #expect(market.transactions(200).allSatisfy { $0.sequence > 3 && $0.sequence <= 67 })
    }
}
