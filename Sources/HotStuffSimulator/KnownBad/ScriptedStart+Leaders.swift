internal import HotStuffCore

/// Starts in which an honest replica leads, and the puppet sees to what it leads.
extension ScriptedStart {
    /// §3: a leader learns of a higher certificate than its own chain's, which lies on another.
    static func higherBesideTheChain() -> ScriptedStart {
        ScriptedStart(
            name: "higher-beside-the-chain",
            summary: "a certificate of the last view comes out when the next leader has begun below it"
        ) { stage in
            var run: [Block] = []
            for _ in 0..<3 { run.append(stage.block(on: run.last, view: 0, justify: stage.genesis)) }
            stage.propose(run, to: Stage.honest)
            let hidden = try stage.certificate(for: run[2], by: Stage.honest)
            // The new leader's blocks arrive and votes for them do not, so that it has no certificate of its own.
            stage.cut = Stage.honest
            stage.exempts = { if case .vote = $0 { false } else { true } }
            stage.open(try stage.giveUp(0, by: Stage.honest), to: Stage.honest)
            stage.world.run(for: .milliseconds(50))
            stage.show(hidden, to: 1)
            stage.world.run(for: .milliseconds(700))
        }
    }

    /// Speculation: what a leader proposed and the next view dropped is dead when it leads again.
    static func leaderOfTwoViews() -> ScriptedStart {
        ScriptedStart(
            name: "leader-of-two-views",
            summary: "a leader's last payloads are lost with its view, another view passes, and it leads again"
        ) { stage in
            try stage.world.runUntil(payloads: 5, within: .seconds(5), "before")
            stage.cut = [1]
            stage.world.run(for: .milliseconds(50))
            let toSecond = try stage.giveUp(0, by: [2, 3], within: .seconds(5))
            stage.open(toSecond, to: [2, 3])
            stage.world.run(for: .milliseconds(50))
            let toThird = try stage.giveUp(1, by: [2, 3])
            stage.open(toThird, to: Stage.honest)
            stage.cut = []
            let payloads = stage.world.commonPayloads + 20
            try stage.world.runUntil(payloads: payloads, within: .seconds(5), "in its second view")
        }.setting { settings in
            settings.leaders = [1, 0, 1, 2, 3]
            settings.viewDuration = .milliseconds(500)
            settings.viewCeiling = .seconds(1)
        }
    }
}
