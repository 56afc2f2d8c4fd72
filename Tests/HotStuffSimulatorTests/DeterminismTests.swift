import Testing

@testable import HotStuffSimulator

/// One seed, one run.
struct DeterminismTests {
    @Test(arguments: [UInt64(1), 8, 31])
    func aSeedGivesTheSameTraceTwice(seed: UInt64) throws {
        let first = try #require(SeedRun.run(seed: seed, scenario: "swarm"))
        let second = try #require(SeedRun.run(seed: seed, scenario: "swarm"))
        #expect(first.digest == second.digest)
        #expect(first.steps == second.steps)
    }

    @Test func watchingARunDoesNotChangeIt() throws {
        var lines = 0
        let watched = try #require(SeedRun.run(seed: 3, scenario: "twins") { _ in lines += 1 })
        let unwatched = try #require(SeedRun.run(seed: 3, scenario: "twins"))
        #expect(watched.digest == unwatched.digest)
        #expect(lines > 100)
    }
}
