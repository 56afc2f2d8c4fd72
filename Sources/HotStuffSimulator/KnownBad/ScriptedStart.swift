internal import HotStuffCore

/// A start that needs particular blocks in a particular order, which random schedules hardly ever build: a Byzantine
/// leader with real votes in its hands tries what one rule of protocol §4 or §6 forbids.
///
/// With all rules kept the replicas withhold what it needs, and nothing happens.
struct ScriptedStart {
    let name: String
    let summary: String
    /// In how many views the puppet leads, before the others do in turn.
    let views: Int
    let script: (Stage) throws -> Void
    private var change: (inout WorldSettings) -> Void = { _ in }

    /// A start with a script, in a world of four.
    init(name: String, summary: String, views: Int = 1, script: @escaping (Stage) throws -> Void) {
        self.name = name
        self.summary = summary
        self.views = views
        self.script = script
    }

    /// The same in a changed world; its chain length is set already.
    func setting(_ change: @escaping (inout WorldSettings) -> Void) -> ScriptedStart {
        var start = self
        start.change = change
        return start
    }

    /// The world of a seed.
    func plan(_ seed: UInt64) -> RunPlan {
        RunPlan.script(seed) { settings in
            settings.chainLength = seed.isMultiple(of: 2) ? 2 : 3
            settings.leaders = Array(repeating: 0, count: views) + Stage.honest
            change(&settings)
        }
    }
}

extension Scenario {
    /// A start as a scenario: an even seed has `L` 2, an odd one 3.
    init(_ start: @escaping @Sendable () -> ScriptedStart) {
        let described = start()
        self.init(name: described.name, summary: described.summary) { seat in
            let start = start()
            return seat.play(start.plan(seat.seed)) { world in
                let stage = Stage(world)
                do {
                    try start.script(stage)
                } catch is Stage.Withheld {
                    // As it should be.
                }
                guard world.checks.violation == nil else { return }
                world.passes = nil
                world.recover()
            }
        }
    }

    /// All scripted starts; they are run by name, and with every rule broken that they are about.
    static let starts: [Scenario] = [
        Scenario(ScriptedStart.twoChainsOfOneView),
        Scenario(ScriptedStart.higherOnAnotherChain),
        Scenario(ScriptedStart.votesAfterGivingUp),
        Scenario(ScriptedStart.hiddenFromTheNextView),
        Scenario(ScriptedStart.viewWithoutEntry),
        Scenario(ScriptedStart.thirdsOfVotes),
        Scenario(ScriptedStart.thirdOfTimeouts),
        Scenario(ScriptedStart.oneSignerThrice),
        Scenario(ScriptedStart.voteForgotten),
        Scenario(ScriptedStart.voteOnItsWayToTheDisk),
        Scenario(ScriptedStart.givenUpViewForgotten),
        Scenario(ScriptedStart.certificateForgotten),
        Scenario(ScriptedStart.viewsSkipped),
        Scenario(ScriptedStart.certificateOffTheChain),
        Scenario(ScriptedStart.earlyRotation),
        Scenario(ScriptedStart.certificateAlone),
        Scenario(ScriptedStart.endlessChain),
        Scenario(ScriptedStart.higherBesideTheChain),
        Scenario(ScriptedStart.leaderOfTwoViews),
    ]
}
