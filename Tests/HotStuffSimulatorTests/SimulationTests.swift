import HotStuffCore
import HotStuffSimulator
import Testing

/// Whole clusters of somebody's own machine.
struct SimulationTests {
    private var simulation: Simulation {
        var simulation = Simulation()
        simulation.duration = .seconds(5)
        return simulation
    }

    @Test func aGoodMachinePasses() throws {
        let report = try simulation.run(seeds: 0..<12, Summing.maker())
        #expect(report.runs == 12)
        #expect(report.committedBlocks > 12 * 10)
        #expect(report.faults > 12)
        #expect(report.rollBacks > 0)
        #expect(report.executionsOnLeaders == 0)
        #expect(report.simulated > .seconds(12))
    }

    @Test func aMachineThatAppliesCommandsPasses() throws {
        let report = try simulation.run(seeds: 0..<8, { Register() }) { random in
            "k\(Int.random(in: 0..<5, using: &random)) \(Int.random(in: 0..<100, using: &random))"
        }
        #expect(report.committedBlocks > 8 * 10)
    }

    /// The user's mistake that nobody sees on one machine: the state depends on something beside the block.
    @Test func aNondeterministicMachineIsNamedAsDivergenceAtTheFirstHeight() throws {
        let failure = #expect(throws: SimulationFailure.self) {
            try quiet.run(seeds: 0..<3, Summing.maker(.nondeterminism))
        }
        let text = failure?.description ?? ""
        #expect(failure?.seed == 0)
        // Below it are nudges only, of a leader that is not stable yet.
        #expect(text.contains("divergence") && text.contains("differs at height 3:"), "\(text)")
    }

    /// Replicas agree up to a height, and differ from there on: that height is named.
    @Test func divergenceIsNamedAtTheFirstHeightAtWhichDigestsDiffer() throws {
        let made = Numbers()
        let failure = #expect(throws: SimulationFailure.self) {
            // The first machine made is the reference; one of the replicas forgets from its sixth command on.
            try quiet.run(seeds: 0..<1) {
                Register(forgetsAfter: made.next() == 3 ? 5 : .max)
            } command: { random in
                "k \(UInt64.random(in: 0 ... .max, using: &random))"
            }
        }
        let text = failure?.description ?? ""
        #expect(text.contains("divergence"), "\(text)")
    }

    @Test(arguments: [Summing.Mistake.forgottenRollBack, .unappliedProposal, .ownBlocksOnly])
    func aMistakeIsFoundWithinTwentySeeds(_ mistake: Summing.Mistake) {
        let failure = #expect(throws: SimulationFailure.self) {
            try simulation.run(seeds: 0..<20, Summing.maker(mistake))
        }
        #expect(failure?.description.contains("again, with its trace:") == true)
    }

    @Test func aSeedGivesTheSameReportTwice() throws {
        let first = try simulation.run(seeds: 5..<8, Summing.maker())
        let second = try simulation.run(seeds: 5..<8, Summing.maker())
        #expect(first == second)
    }

    @Test func aFailingRunIsShortened() throws {
        let failure = #expect(throws: SimulationFailure.self) {
            try simulation.run(seeds: 0..<1, Summing.maker(.unappliedProposal))
        }
        // No fault is needed for this one, so none is left.
        #expect(failure?.description.contains("no fault is needed") == true, "\(failure?.description ?? "")")
    }

    private var quiet: Simulation {
        var simulation = simulation
        simulation.faults = []
        return simulation
    }
}
