import HotStuffCore
import Testing

@testable import BatchExchange

/// Whatever a proposer puts in a block, executing it has no effect or one that keeps the rules.
struct HostileBatchTests {
    /// A market with open offers on both sides, and the honest batch that clears it.
    private func market() throws -> (follower: Machine, honest: Batch) {
        let rules = try smallRules(balance: 1 << 34)
        let pool = TransactionPool()
        let (proposer, follower) = (Machine(rules, pool: pool), Machine(rules))
        var market = SyntheticMarket(rules, seed: 1)
        for _ in 0..<3 {
            #expect(pool.add(market.transactions(300)))
            follower.execute(try #require(proposer.propose()))
        }
        #expect(pool.add(market.transactions(300)))
        let honest = try #require(proposer.propose())
        try #require(honest.trades.count == 12 && honest.isComplete)
        return (follower, honest)
    }

    @Test func anHonestBatchHasAnEffectAndEachOfTheseHasNone() throws {
        let (follower, honest) = try market()
        let digest = follower.digest
        let spoiled: [(String, (inout Batch) -> Void)] = [
            ("a price of nothing", { $0.prices[2] = 0 }),
            ("a price below the least", { $0.prices[2] = (1 << 16) - 1 }),
            ("a price above the highest", { $0.prices[0] = 1 << 48 }),
            ("a price too few", { $0.prices.removeLast() }),
            ("a price too many", { $0.prices.append(1 << 32) }),
            ("one asset twice as dear", { $0.prices[1] *= 2 }),
            ("a trade of more than is for sale", { $0.trades[3].amount = .max }),
            ("a trade of nothing", { $0.trades[3].amount = 0 }),
            ("a trade missing in a complete clearing", { $0.trades.remove(at: 3) }),
            ("a trade twice", { $0.trades.insert($0.trades[3], at: 3) }),
            ("trades out of order", { $0.trades.swapAt(0, 1) }),
            ("a trade of an asset that there is not", { $0.trades[11].sold = 4 }),
            ("a trade for an asset that there is not", { $0.trades[11].wanted = 200 }),
            ("a trade of an asset for itself", { $0.trades[0].wanted = $0.trades[0].sold }),
        ]
        for (name, spoil) in spoiled {
            var batch = honest
            spoil(&batch)
            #expect(follower.validate(batch) != .valid, "\(name)")
            follower.execute(batch)
            #expect(follower.digest == digest, "\(name)")
        }
        // An applied block all the same: each is committed or rolled back like any other.
        #expect(follower.rollBack(keepingOldest: 10) == 10)
        #expect(follower.validate(honest) == .valid)
        #expect(follower.digest == digest)
        follower.execute(honest)
        #expect(follower.digest != digest)
        // Valid on another state only: its transactions are used up.
        #expect(follower.validate(honest) != .valid)
        #expect(follower.rollBack(keepingOldest: 10) == 10)
        #expect(follower.digest == digest)
    }

    @Test func sellingMoreThanTheOthersPayForIsRefused() throws {
        var (follower, honest) = try market()
        let digest = follower.digest
        // Without what is sold for it, what is sold of asset 0 is paid with nothing.
        honest.isComplete = false
        honest.trades.removeAll { $0.sold == 1 }
        follower.execute(honest)
        #expect(follower.digest == digest)
    }

    @Test func sellingBelowTheLimitIsRefusedThoughBothSidesPayForEachOther() throws {
        let follower = Machine(try smallRules())
        let price = Rate.initialPrice
        var batch = Batch(
            prices: [price, price, price, price],
            trades: [Batch.Trade(sold: 0, wanted: 1, amount: 100), Batch.Trade(sold: 1, wanted: 0, amount: 100)],
            isComplete: false,
            transactions: [
                .offer(account: 1, sequence: 1, sell: 0, for: 1, amount: 100, limit: price - price >> 12),
                .offer(account: 2, sequence: 1, sell: 1, for: 0, amount: 100, limit: price),
            ])
        // The second asks for all that its asset is worth, and the commission is taken from that.
        #expect(follower.validate(batch) != .valid)
        follower.execute(batch)
        #expect(follower.balance(of: 1, 0) == 20_000 && follower.balance(of: 1, 1) == 20_000)
        batch.transactions[1].limit = price - price >> 12
        #expect(follower.validate(batch) == .valid)
        follower.execute(batch)
        #expect(follower.balance(of: 1, 0) == 19_900 && follower.balance(of: 1, 1) == 20_099)
        #expect(follower.earnings == [1, 1, 0, 0])
    }

    @Test func overdrawnAccountsLoseAllTheirTransactionsAndNobodyElseAny() throws {
        let rules = try smallRules()
        let follower = Machine(rules)
        let batch = Batch(
            prices: Array(repeating: Rate.initialPrice, count: 4), trades: [], isComplete: false,
            transactions: [
                .payment(account: 1, sequence: 1, to: 2, asset: 0, amount: 15_000),
                .payment(account: 1, sequence: 2, to: 2, asset: 0, amount: 5_001),
                .payment(account: 1, sequence: 3, to: 2, asset: 1, amount: 1),
                .payment(account: 2, sequence: 1, to: 3, asset: 0, amount: 20_000),
                .payment(account: 3, sequence: 1, to: 1, asset: 0, amount: 20_001),
            ])
        #expect(follower.validate(batch) == .invalid(reason: "4 transactions have no effect"))
        follower.execute(batch)
        #expect((1...3).map { follower.balance(of: $0, 0) } == [20_000, 0, 40_000])
        #expect(follower.balance(of: 1, 1) == 20_000)
        #expect((1...3).map { follower.sequence(of: $0) } == [0, 1, 0])
    }

    /// Bytes of an honest block with some changed: two followers stay equal, and no asset is created.
    @Test(arguments: UInt64(0)..<8)
    func changedBytesAreRefusedOrKeepTheRules(seed: UInt64) throws {
        let (follower, honest) = try market()
        var random = SeededRandom(seed: seed)
        let bytes = BatchExchange.encode(honest).withUnsafeBytes { Array($0) }
        var (decoded, effective) = (0, 0)
        for _ in 0..<300 {
            var changed = bytes
            for _ in 0...random.below(4) {
                // Half of the changes are in the header, prices and trades, which are a small part of all.
                let end = random.below(2) == 0 ? 200 : UInt64(bytes.count)
                changed[Int(random.below(end))] = UInt8(truncatingIfNeeded: random.next())
            }
            let payload = Payload(bytes: changed)
            let batch = BatchExchange.decode(payload)
            #expect(BatchExchange.accepts(payload) == (batch != nil))
            guard let batch else { continue }
            #expect(BatchExchange.encode(batch) == payload)
            decoded += 1
            let digest = follower.digest
            follower.execute(batch)
            if follower.digest != digest { effective += 1 }
            for asset in 0..<UInt8(4) { #expect(follower.supply(of: asset) == 40 << 34, "seed \(seed)") }
            _ = follower.rollBack(keepingOldest: 3)
            #expect(follower.digest == digest, "seed \(seed)")
        }
        #expect(decoded > 50 && effective > 5, "seed \(seed): \(decoded) decoded, \(effective) had an effect")
    }

    @Test(arguments: UInt64(0)..<4)
    func garbageIsNoBatch(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for count in 0..<400 {
            let payload = Payload(bytes: (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            #expect(BatchExchange.decode(payload) == nil && !BatchExchange.accepts(payload))
        }
    }

    @Test func cutAndLengthenedBytesAreNoBatch() throws {
        let (_, honest) = try market()
        let bytes = BatchExchange.encode(honest).withUnsafeBytes { Array($0) }
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(BatchExchange.decode(Payload(bytes: Array(bytes[..<count]))) == nil)
        }
        #expect(BatchExchange.decode(Payload(bytes: bytes + [0])) == nil)
    }

    /// A header that claims a million transactions and brings none costs no memory.
    @Test func aClaimOfManyTransactionsIsCheckedAgainstTheLength() {
        let empty = Batch(prices: [], trades: [], isComplete: true, transactions: [])
        var bytes = BatchExchange.encode(empty).withUnsafeBytes { Array($0) }
        #expect(BatchExchange.decode(Payload(bytes: bytes)) == empty)
        bytes.replaceSubrange(12..<16, with: [0x40, 0x42, 0x0F, 0])
        #expect(BatchExchange.decode(Payload(bytes: bytes)) == nil)
    }
}
