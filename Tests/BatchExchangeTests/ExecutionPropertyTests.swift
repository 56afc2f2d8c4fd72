import HotStuffCore
import Testing

@testable import BatchExchange

/// The exchange against the plain one, block by block, from a seed.
struct ExecutionPropertyTests {
    /// What one seed's run must reach, so that the comparison means something.
    private struct Seen {
        var executed = 0
        var filtered = 0
        var partly = 0
        var complete = 0
    }

    @Test(arguments: UInt64(0)..<12)
    func everyBlockLeavesWhatPlainExecutionLeaves(seed: UInt64) throws {
        let rules = try smallRules()
        let pool = TransactionPool()
        let (proposer, follower) = (Machine(rules, pool: pool), Machine(rules, workers: 3))
        var plain = PlainExchange(rules)
        var traders = CarelessTraders(rules, seed: seed)
        var seen = Seen()
        for block in 0..<25 {
            let drawn = traders.transactions(150) { plain.used[Int($0)] }
            #expect(pool.add(drawn))
            let batch = try #require(proposer.propose())
            seen.filtered += drawn.count - batch.transactions.count
            let decoded = try #require(BatchExchange.decode(BatchExchange.encode(batch)))
            #expect(decoded == batch)
            if block % 2 == 0 { #expect(follower.validate(decoded) == .valid) }
            follower.execute(decoded)
            plain.execute(batch)
            proposer.commit()
            follower.commit()
            try #require(plain.refused == 0 && proposer.agrees(with: plain), "seed \(seed), block \(block)")
            try #require(proposer.digest == follower.digest, "seed \(seed), block \(block)")
            check(plain, rules, &seen)
            if batch.isComplete { seen.complete += 1 }
        }
        #expect(seen.executed > 500 && seen.filtered > 200 && seen.partly > 10, "seed \(seed): \(seen)")
        #expect(seen.complete > 0, "seed \(seed): \(seen)")
    }

    /// What must hold whatever a proposer does.
    private func check(_ plain: PlainExchange, _ rules: ExchangeRules, _ seen: inout Seen) {
        for (offer, sold, paid) in plain.executed {
            // What it asked for at least, but for a part of a unit.
            #expect(UInt128(paid) >= (UInt128(sold) * UInt128(offer.limit)) >> 32)
            #expect(sold <= offer.amount)
            seen.executed += 1
            if sold < offer.amount { seen.partly += 1 }
        }
        for asset in 0..<rules.assets {
            let onAccounts = plain.balances.reduce(0) { $0 + $1[asset] }
            let inOffers = plain.offers.filter { Int($0.transaction.asset) == asset }.reduce(0) { $0 + $1.left }
            #expect(
                onAccounts + inOffers + plain.earnings[asset] == rules.initialBalance * UInt64(rules.accounts),
                "asset \(asset) was created or lost")
        }
    }

    /// Prices and trades changed a little at random: the checks let through just what the plain exchange does.
    @Test(arguments: UInt64(0)..<5)
    func aChangedClearingIsRefusedIfPlainExecutionRefusesIt(seed: UInt64) throws {
        let rules = try smallRules(balance: 1 << 34)
        let pool = TransactionPool()
        let (proposer, follower) = (Machine(rules, pool: pool), Machine(rules))
        var plain = PlainExchange(rules)
        var traders = CarelessTraders(rules, seed: seed)
        var random = SeededRandom(seed: seed)
        var (refused, allowed) = (0, 0)
        for block in 0..<14 {
            #expect(pool.add(traders.transactions(150) { plain.used[Int($0)] }))
            let honest = try #require(proposer.propose())
            for _ in 0..<10 {
                var changed = honest
                change(&changed, &random)
                var other = plain
                other.execute(changed)
                let isRefused = other.refused > plain.refused
                follower.execute(changed)
                try #require(follower.agrees(with: other), "seed \(seed), block \(block), refused: \(isRefused)")
                _ = follower.rollBack(keepingOldest: block)
                if isRefused { refused += 1 } else if changed != honest { allowed += 1 }
            }
            plain.execute(honest)
            follower.execute(honest)
        }
        #expect(refused > 20 && allowed > 4, "seed \(seed): \(refused) refused, \(allowed) allowed")
    }

    private func change(_ batch: inout Batch, _ random: inout SeededRandom) {
        if random.below(2) == 0 { batch.isComplete = false }
        if random.below(3) == 0 {
            let asset = Int(random.below(UInt64(batch.prices.count)))
            batch.prices[asset] += batch.prices[asset] >> random.below(40)
        }
        // Down a little, or all a little up: by as much on both sides of a market, so that they still pay for each other.
        let (isDown, part) = (random.below(2) == 0, random.below(14))
        let isAll = !isDown || random.below(2) == 0
        for place in batch.trades.indices where isAll || random.below(4) == 0 {
            let amount = batch.trades[place].amount
            batch.trades[place].amount = isDown ? max(1, amount - amount >> part) : amount + amount >> part
        }
        if random.below(12) == 0, !batch.trades.isEmpty {
            batch.trades.remove(at: Int(random.below(UInt64(batch.trades.count))))
        }
    }

    @Test(arguments: UInt64(0)..<4)
    func noAssetIsCreatedInAMarket(seed: UInt64) throws {
        let rules = try ExchangeRules(assets: 6, accounts: 300, initialBalance: 1 << 30)
        let pool = TransactionPool()
        let proposer = Machine(rules, pool: pool, batchLimit: 2_000)
        var market = SyntheticMarket(rules, seed: seed)
        for _ in 0..<10 {
            #expect(pool.add(market.transactions(2_000)))
            _ = try #require(proposer.propose())
            proposer.commit()
            for asset in 0..<UInt8(6) { #expect(proposer.supply(of: asset) == 300 << 30) }
        }
        #expect(proposer.openOffers > 1_000)
        #expect(proposer.earnings.contains { $0 > 0 })
    }

    @Test(arguments: UInt64(0)..<6)
    func theOrderOfABlocksTransactionsMeansNothing(seed: UInt64) throws {
        let rules = try smallRules()
        let (one, other) = (Machine(rules), Machine(rules))
        var traders = CarelessTraders(rules, seed: seed)
        var random = SeededRandom(seed: seed)
        for _ in 0..<10 {
            let used = (0..<UInt32(rules.accounts)).map { one.sequence(of: $0) }
            let batch = Batch(
                prices: Array(repeating: Rate.initialPrice, count: rules.assets), trades: [], isComplete: false,
                transactions: traders.transactions(150) { used[Int($0)] })
            var shuffled = batch
            shuffled.transactions.shuffle(using: &random)
            one.execute(batch)
            other.execute(shuffled)
            #expect(one.digest == other.digest, "seed \(seed)")
        }
        #expect(one.openOffers > 50)
    }

    @Test func executingABatchTwiceMovesItsTransactionsOnce() throws {
        let rules = try smallRules()
        let one = Machine(rules)
        let batch = Batch(
            prices: Array(repeating: Rate.initialPrice, count: 4), trades: [], isComplete: false,
            transactions: [
                .payment(account: 1, sequence: 1, to: 2, asset: 0, amount: 700),
                .offer(account: 3, sequence: 5, sell: 1, for: 2, amount: 100, limit: 1 << 33),
            ])
        one.execute(batch)
        let digest = one.digest
        one.execute(batch)
        #expect(one.digest == digest)
        #expect(one.balance(of: 2, 0) == 20_700)
        let offer = batch.transactions[1]
        var cancelling = batch
        cancelling.transactions = [.cancellation(of: offer, sequence: 6)]
        one.execute(cancelling)
        cancelling.transactions = [.cancellation(of: offer, sequence: 7)]
        one.execute(cancelling)
        #expect(one.balance(of: 3, 1) == 20_000)
        #expect(one.openOffers == 0)
    }
}
