internal import HotStuffCore

/// Scenarios about running ahead.
extension Scenario {
    /// Latency far above the block interval, and nothing goes wrong.
    static let steadyState = Scenario(
        name: "pipelined-steady-state",
        summary:
            "window 1, 8, 64; L 2, 3: every payload once, in order, no view change, few nudges, lead within the window"
    ) { seat in
        let payloads = 60
        let length = seat.seed.isMultiple(of: 2) ? 2 : 3
        let window = [1, 8, 64][Int(seat.seed / 2 % 3)]
        var plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.chainLength = length
            settings.window = window
            settings.latency = Spread(.milliseconds(45), .milliseconds(55))
            settings.viewDuration = .seconds(2)
        }
        plan.proposals = UInt64(payloads)
        return seat.play(plan) { world in
            var lead = 0
            world.listener = { event, node in
                if case .proposed = event { lead = max(lead, node.status?.uncertifiedBlocks ?? 0) }
            }
            world.start()
            try world.runUntil(payloads: payloads, within: .seconds(40), "nothing goes wrong")
            let nudges = world.checks.history.count - world.checks.payloads
            let numbers = world.committedNumbers
            try expect(numbers == (1...UInt64(payloads)).map { $0 }, "payloads are committed as \(numbers)")
            try expect(world.tally.highestView == 0 && world.tally.suspicions == 0, "a view was doubted")
            try expect(lead <= window, "the leader was \(lead) blocks ahead with a window of \(window)")
            // Two more: the first of the view, and one that shows while it waits that the leader is there.
            let most = (length - 1) * payloads + 2 + length
            try expect(nudges <= most, "\(nudges) nudges for \(payloads) payloads, at most \(most)")
            try expect(world.tally.executionsOnLeaders == 0, "the leader executed its own blocks")
        }
    }

    /// Replicas take in different runs at different times.
    static let votesThatDoNotMeet = Scenario(
        name: "votes-that-do-not-meet",
        summary: "overload, and votes for different blocks: at least 0.8 of the payloads that a window of 1 gives"
    ) { seat in
        func payloads(window: Int?) -> (RunOutcome, Int) {
            var count = 0
            let plan = RunPlan.script(seat.seed) { settings in
                settings.replicas = seat.replicas ?? 4
                settings.window = window
                settings.latency = Spread(.milliseconds(1), .milliseconds(25))
                settings.keepsOrder = false
                settings.writeTime = Spread(.milliseconds(1), .milliseconds(25))
                settings.proposeTime = Spread(.microseconds(500), .milliseconds(2))
                settings.executeTime = .always(.microseconds(500))
            }
            let outcome = seat.play(plan) { world in
                world.start()
                world.run(for: .seconds(1))
                count = world.commonPayloads
                try expect(world.tally.highestView == 0, "the view was lost")
            }
            return (outcome, count)
        }
        let (first, one) = payloads(window: 1)
        let (second, many) = payloads(window: nil)
        guard first.violation == nil, second.violation == nil else { return first.violation == nil ? second : first }
        return many * 10 >= one * 8 ? second : second.failing("\(many) payloads, and \(one) with a window of 1")
    }

    /// Nothing is proposed for long.
    static let idle = Scenario(
        name: "idle",
        summary: "nothing for 100 timeouts; one payload; nothing: no view change, it commits in L round trips"
    ) { seat in
        let length = seat.seed.isMultiple(of: 2) ? 2 : 3
        var plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.chainLength = length
            settings.viewDuration = .milliseconds(200)
            settings.idleFactor = 5
        }
        plan.proposals = 1
        return seat.play(plan) { world in
            world.tally.count(.quiet)
            world.clock.setQuiet(true)
            var proposedAt = Timestamp.zero
            world.listener = { event, _ in
                if case .proposed(let proposed) = event, !proposed.isNudge { proposedAt = world.time }
            }
            world.start()
            world.run(for: .seconds(20))
            world.clock.setQuiet(false)
            try world.runUntil(payloads: 1, within: .seconds(2), "one payload")
            // A round trip, two writes, and what a certificate waits for company.
            let roundTrip: Duration = .milliseconds(2 * 10 + 2 * 2 + 6)
            let most = roundTrip * (length + 1)
            try expect(world.time - proposedAt <= most, "it took \((world.time - proposedAt).milliseconds) ms")
            world.run(for: .seconds(4))
            try expect(world.tally.highestView == 0, "a view was left")
        }
    }

    /// Every vote for a window's blocks is lost once.
    static let lostVotes = Scenario(
        name: "lost-votes-full-window",
        summary: "every vote for a window's blocks dropped once: the same view goes on within one repeat"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.window = 8
        }
        return seat.play(plan) { world in
            world.start()
            try world.runUntil(payloads: 10, within: .seconds(5), "before")
            world.passes = { message, _, _ in if case .vote = message { false } else { true } }
            world.run(for: .milliseconds(150))
            world.passes = nil
            let before = world.commonPayloads
            // A repeat comes after a quarter of the view timer; then ten blocks, two round trips and their writes.
            try world.runUntil(
                payloads: before + 10, within: world.settings.viewDuration / 4 + .milliseconds(250), "within a repeat")
            try expect(world.tally.highestView == 0, "the view was lost")
        }
    }
}

extension RunOutcome {
    /// The same outcome, but for an expectation that was not met.
    func failing(_ text: String) -> RunOutcome {
        RunOutcome(
            violation: Violation(kind: .expectation, node: nil, at: .zero, step: steps, text: text), tally: tally,
            chainLength: chainLength, blocks: blocks, payloads: payloads, steps: steps, simulated: simulated,
            digest: digest, acts: acts)
    }
}
