import Testing

@testable import HotStuffSimulator

/// What the suite measures itself by.
struct SwarmTests {
    /// The median seed has work and faults enough to say something.
    @Test func theMedianSeedIsWorthRunning() throws {
        let runs = try (UInt64(0)..<60).map { try #require(SeedRun.run(seed: $0, scenario: nil)) }
        func median(_ numbers: [Int]) -> Int { numbers.sorted()[numbers.count / 2] }
        #expect((20...60).contains(median(runs.map(\.payloads))))
        #expect(median(runs.map { $0.faults.reduce(0) { $0 + ($1.isOfMessages ? 1 : $1.count) } }) >= 3)
        #expect(median(runs.map(\.faults.count)) >= 2)
    }

    /// Each kind of fault is drawn by some seed.
    @Test func everyKindOfFaultIsDrawn() {
        var drawn: Set<Tally.Fault> = []
        var liars: Set<ByzantineKind> = []
        for seed in UInt64(0)..<400 {
            let plan = Swarm().plan(seed: seed)
            drawn.formUnion(plan.faults.map(\.kind.tallied))
            liars.formUnion(plan.byzantine.map(\.kind))
        }
        let ofSettings: Set<Tally.Fault> = [.repeated, .reordered, .byzantine, .twins]
        #expect(drawn == Set(Tally.Fault.allCases).subtracting(ofSettings))
        #expect(liars == Set(ByzantineKind.allCases))
    }

    @Test func aRunWithoutFaultsCommitsOnEveryReplica() throws {
        let world = try RunPlan.script(1).makeWorld()
        world.start()
        #expect(world.run(upTo: .seconds(100)) { world.commonHeight >= 100 })
        #expect(world.commonPayloads > 50)
        #expect(world.checks.violation == nil)
    }
}
