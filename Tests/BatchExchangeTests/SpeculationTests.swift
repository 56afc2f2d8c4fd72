import HotStuffCore
import HotStuffSimulator
import Synchronization
import Testing

@testable import BatchExchange

/// Proposing ahead, roll backs and recovery.
struct SpeculationTests {
    @Test(arguments: UInt64(0)..<10)
    func aRollBackRestoresTheStateExactly(seed: UInt64) throws {
        let rules = try smallRules(balance: 1 << 34)
        let pool = TransactionPool()
        let (one, twin) = (Machine(rules, pool: pool, batchLimit: 120), Machine(rules))
        var market = SyntheticMarket(rules, seed: seed)
        var random = SeededRandom(seed: seed)
        var digests = [one.digest]  // after the last committed block, and after each applied one
        var applied: [Payload] = []
        var rollBacks = 0
        for _ in 0..<120 {
            switch random.below(8) {
            case 0..<4:
                if pool.count < 120 { #expect(pool.add(market.transactions(120))) }
                guard let batch = one.propose() else { continue }
                applied.append(BatchExchange.encode(batch))
                digests.append(one.digest)
            case 4..<6 where !applied.isEmpty:
                one.commit()
                twin.execute(try #require(BatchExchange.decode(applied.removeFirst())))
                twin.commit()
                digests.removeFirst()
                #expect(twin.digest == digests[0], "seed \(seed)")
            default:
                let count = Int(random.below(UInt64(applied.count + 1)))
                #expect(one.rollBack(keepingOldest: count) == count)
                applied.removeLast(applied.count - count)
                digests.removeLast(digests.count - 1 - count)
                rollBacks += 1
            }
            #expect(one.digest == digests.last, "seed \(seed)")
        }
        one.rollBack()
        #expect(one.digest == twin.digest)
        for account in 0..<UInt32(40) {
            for asset in 0..<UInt8(4) { #expect(one.balance(of: account, asset) == twin.balance(of: account, asset)) }
        }
        #expect(rollBacks > 10)
    }

    @Test func whatAProposalDrewComesBackAtARollBackInOrder() throws {
        let rules = try smallRules(balance: 1 << 34)
        let pool = TransactionPool()
        let one = Machine(rules, pool: pool, batchLimit: 100)
        var market = SyntheticMarket(rules, seed: 3)
        market.cancellationPercentage = 0  // a first block has nothing to cancel, a second may lose some
        let (first, second) = (market.transactions(100), market.transactions(100))
        #expect(pool.add(first + second))
        let blocks = [try #require(one.propose()), try #require(one.propose())]
        #expect(pool.count == 0)
        one.rollBack()
        #expect(pool.count == blocks[0].transactions.count + blocks[1].transactions.count)
        #expect(one.propose() == blocks[0])
        #expect(one.propose() == blocks[1])
    }

    @Test func aProposalThatNobodyWantsIsGivenUpAndItsTransactionsStay() throws {
        let rules = try smallRules(balance: 1 << 34)
        let (pool, signals) = (TransactionPool(), MachineSignals {})
        let one = Machine(rules, pool: pool, signals: signals)
        let digest = one.digest
        var market = SyntheticMarket(rules, seed: 4)
        let drawn = market.transactions(500)
        #expect(pool.add(drawn))
        signals.announce(.rollBack(generation: 1, keepingOldest: 0))
        #expect(one.propose() == nil)
        one.rollBack()
        #expect(one.digest == digest)
        #expect(pool.count == drawn.count)
    }

    /// What validating finds out is used by `execute` only on the state that it was found out on.
    @Test func whatWasValidatedBeforeAnotherBlockIsLookedAtAgain() throws {
        let rules = try smallRules(balance: 1 << 34)
        let pool = TransactionPool()
        let (proposer, one, twin) = (Machine(rules, pool: pool), Machine(rules), Machine(rules))
        var market = SyntheticMarket(rules, seed: 6)
        #expect(pool.add(market.transactions(300)))
        let first = try #require(proposer.propose())
        #expect(pool.add(market.transactions(300)))
        let second = try #require(proposer.propose())
        for machine in [one, twin] {
            if machine === one { _ = machine.validate(first) }
            machine.execute(first)
            if machine === one { #expect(machine.validate(second) == .valid) }
            #expect(machine.rollBack(keepingOldest: 0) == 0)
            machine.execute(second)
            if machine === one { _ = machine.validate(first) }
            machine.execute(second)
            machine.execute(first)
        }
        #expect(one.digest == twin.digest)
        #expect(one.openOffers == twin.openOffers)
    }

    /// Against a twin that only executes, with restarts that replay the log.
    @Test func theExchangeKeepsTheContractOfAStateMachine() throws {
        let rules = try smallRules(balance: 1 << 34)
        var check = ContractCheck()
        check.calls = 60
        try check.run(seeds: 0..<20) { context in
            let pool = TransactionPool()
            var market = SyntheticMarket(rules, seed: 5)
            for _ in 0..<30 where !pool.add(market.transactions(60)) {
                Issue.record("the pool is full")
            }
            var options = BatchExchange.Options()
            options.batchLimit = 60
            return BatchExchange(rules, pool: pool, context: context, options: options)
        }
    }
}
