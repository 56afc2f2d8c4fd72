import HotStuffSimulator
import Testing

/// Runs that once broke a promise (Documentation/Simulation.md, *What the campaigns found*).
///
/// A seed gives another run whenever the engine or the simulator changes; what it found has a test of its own beside it.
/// The seeds stay, since each is a schedule that was hard.
struct RegressionTests {
    /// The seeds, their scenarios, and what went wrong.
    private static let seeds: [(seed: UInt64, scenario: String, story: String)] = [
        (17_638, "swarm", "a peer that never answers was asked again and again"),
        (6_717, "swarm", "an end of a connection learned of its loss after its return"),
        (20_453, "swarm", "a listener heard nothing but a liar"),
        (35_896, "swarm", "a listener heard nothing but a liar"),
        (125_962, "swarm", "a leader that had doubted its view led without ever being asked for a payload"),
        (63_670, "swarm", "a validator gave up a view alone, and heard nothing but a liar"),
        (93_158, "swarm", "a validator gave up a view alone, and heard nothing but a liar"),
        (1_030, "swarm", "a timeout after a restart carries the certificate of the tip's proof"),
        (1_432, "swarm", "a timeout after a restart carries the certificate of the tip's proof"),
        (22, "commit-hidden-from-the-assembler", "the certificate that was hidden committed nothing new"),
    ]

    @Test(arguments: seeds.map(\.seed))
    func aSeedThatFailedPasses(seed: UInt64) throws {
        let entry = try #require(Self.seeds.first { $0.seed == seed })
        let run = try #require(SeedRun.run(seed: seed, scenario: entry.scenario))
        #expect(run.violation == nil, "\(entry.story)")
    }
}
