import HotStuffCore
import HotStuffSimulator
import Testing

@testable import BatchExchange

/// Four replicas of the exchange in virtual time, under every fault that the simulator knows.
struct SimulationTests {
    @Test func replicasThatCrashLieAndAreCutOffStayEqual() throws {
        let rules = try smallRules(balance: 1 << 34)
        var market = SyntheticMarket(rules, seed: 11)
        let sets = (0..<100).map { _ in market.transactions(40) }
        var simulation = Simulation()
        simulation.duration = .seconds(10)
        simulation.proposeTime = .milliseconds(100)
        simulation.executeTime = .milliseconds(50)
        let report = try simulation.run(seeds: 0..<4) { context in
            // Clients send everything to everybody; what another leader has used up is filtered out.
            let pool = TransactionPool(signalWork: { context.signalWork() })
            for set in sets { #expect(pool.add(set)) }
            var options = BatchExchange.Options()
            options.batchLimit = 40
            return BatchExchange(rules, pool: pool, context: context, options: options)
        }
        #expect(report.executionsOnLeaders == 0)
        #expect(report.committedBlocks > 100 && report.rollBacks > 0, "\(report)")
    }
}
