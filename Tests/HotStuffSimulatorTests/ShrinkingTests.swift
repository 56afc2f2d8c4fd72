import Testing

@testable import HotStuffSimulator

/// A failing run is made smaller, and what is left can be replayed.
struct ShrinkingTests {
    @Test(arguments: ["swarm", "cuts-on-different-days"])
    func whatIsLeftFailsInTheSameWayWhenItIsReplayed(scenario: String) throws {
        let rule = scenario == "swarm" ? "voteAfterWrite" : "lapsingSuspicions"
        var choice = SeedRun.Choice(brokenRule: .init(rawValue: rule))
        let whole = try #require(SeedRun.run(seed: 0, scenario: scenario, choice))
        let shrunk = try #require(whole.shrunk(choice))
        choice.cuts = shrunk.cuts
        let again = try #require(SeedRun.run(seed: 0, scenario: scenario, choice))
        let (one, other) = (try #require(whole.outcome.violation), try #require(again.outcome.violation))
        #expect(other.isLike(one))
        #expect(shrunk.lines.first?.hasSuffix("\(other)") == true)
        #expect(!shrunk.cuts.isEmpty)
    }

    @Test func aRunWithAllItNeedsLeftOutIsSound() throws {
        var choice = SeedRun.Choice(brokenRule: .lapsingSuspicions)
        choice.cuts = "acts:0.1.2"
        let run = try #require(SeedRun.run(seed: 0, scenario: "cuts-on-different-days", choice))
        #expect(run.violation == nil)
    }

    @Test func aRunThatKeptEverythingHasNothingToShrink() throws {
        let run = try #require(SeedRun.run(seed: 1, scenario: "swarm"))
        #expect(run.shrunk() == nil)
    }

    @Test(arguments: ["", "faults:/liars:0.2", "faults:1/plain:0.3/proposals:8/phase:400/acts:1/replicas:4"])
    func cutsAreReadAsTheyArePrinted(text: String) throws {
        #expect(try #require(Cuts(text)).description == text)
    }

    @Test(arguments: [
        "faults", "faults:x", "faults:-1", "wings:1", "phase:1.2", "replicas:0", "proposals:", "faults:1:2",
    ])
    func nonsenseIsNoCuts(text: String) { #expect(Cuts(text) == nil) }

    @Test func cutsThatNameWhatIsNotThereLeaveOutNothingElse() throws {
        let cuts = try #require(Cuts("faults:0.999/liars:77/plain:1000"))
        var plan = Swarm().plan(seed: 5)
        let before = plan
        cuts.apply(to: &plan)
        #expect(plan.faults == Array(before.faults.prefix(1)))
        #expect(plan.byzantine.isEmpty)
    }
}
