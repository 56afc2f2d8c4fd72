import Testing

@testable import HotStuffSimulator

/// What the simulator does to disks (protocol §2, *Forgetting*).
struct ForgettingScenarioTests {
    @Test func lossesAreCountedAndDrawnByTheSwarmForNoMoreThanCanBeSpared() {
        var drawn = 0
        for seed in UInt64(0)..<400 {
            let plan = Swarm().plan(seed: seed)
            var lost: Set<Int> = []
            for fault in plan.faults {
                if case .diskLoss(let node) = fault.kind { lost.insert(node) }
                if case .restoredCopy(let node) = fault.kind { lost.insert(node) }
            }
            drawn += lost.isEmpty ? 0 : 1
            let faulty = lost.union(plan.byzantine.map(\.replica))
            let power = faulty.reduce(0) { $0 + plan.settings.power(of: $1) }
            #expect(3 * power < plan.settings.power, "seed \(seed)")
        }
        #expect(drawn > 40)
        #expect(Scenario.diskLoss.run(ScenarioSeat(seed: 0)).tally.count(of: .diskLoss) == 3)
    }
}
