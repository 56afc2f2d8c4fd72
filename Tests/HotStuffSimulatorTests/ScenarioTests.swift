import Testing

@testable import HotStuffSimulator

/// Every scenario by name, a few seeds each; thousands of seeds run in the release build (`make simulate`).
struct ScenarioTests {
    @Test(arguments: SeedRun.scenarios.map(\.name))
    func scenarioKeepsItsPromises(name: String) throws {
        for seed in UInt64(0)..<3 {
            let run = try #require(SeedRun.run(seed: seed, scenario: name))
            #expect(run.violation == nil, "hotstuff simulate --replay \(seed) --scenario \(name) --trace")
        }
    }
}
