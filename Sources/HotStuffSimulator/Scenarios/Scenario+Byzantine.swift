internal import HotStuffCore

/// Scenarios about validators that lie.
extension Scenario {
    /// A timeout carries a certificate of the next view.
    static let certificateAboveView = Scenario(
        name: "qc-above-the-view-in-a-timeout",
        summary: "a Byzantine timeout with a QC of the next view, one honest replica behind: refused, or it moves up"
    ) { seat in
        var plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.viewDuration = .milliseconds(400)
        }
        let liar = plan.settings.replicas - 1
        plan.byzantine = [RunPlan.ByzantinePart(replica: liar, kind: .timeoutAboveView)]
        return seat.play(plan) { world in
            world.start()
            world.run(for: .milliseconds(150))
            world.isolate(2)
            if let leader = world.leader { world.tell(leader, .resign) }
            world.run(for: .milliseconds(200 + Int64(seat.seed * 37 % 900)))
            world.rejoin(2)
            world.run(for: .seconds(1))
            world.recover()
        }
    }

    /// The certificate in its blocks never moves.
    static let dripLeader = Scenario(
        name: "drip-leader",
        summary: "progress by lone certificates, justify frozen: refused beyond maxWindow, view left, memory bounded"
    ) { seat in
        var plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.maxWindow = [4, 8, 16][Int(seat.seed % 3)]
            settings.viewDuration = .milliseconds(400)
        }
        plan.byzantine = [RunPlan.ByzantinePart(replica: 0, kind: .dripLeader)]
        return seat.play(plan) { world in
            world.start()
            let isLeft = world.run(upTo: .seconds(60)) { world.tally.highestView > 0 }
            guard world.checks.violation == nil else { return }
            try expect(isLeft, "the view is not left")
            world.recover()
        }
    }

    /// The second block cannot be voted for, the third is fine.
    static let invalidAncestor = Scenario(
        name: "invalid-ancestor",
        summary: "a block's payload is missing or refused, the next ones are fine: no vote for those above it"
    ) { seat in
        var plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.viewDuration = .milliseconds(400)
        }
        plan.byzantine = [RunPlan.ByzantinePart(replica: 0, kind: .invalidAncestor)]
        return seat.play(plan) { world in
            let liar = InvalidAncestor(isMissing: seat.seed.isMultiple(of: 2))
            world.nodes[0].behaviour = liar
            var isWrong = false
            world.listener = { event, node in
                guard case .voted(let position, let view) = event, view == View(0), node.isHonest,
                    let bad = liar.badHeight
                else { return }
                if position.height >= bad { isWrong = true }
            }
            world.start()
            world.run(for: .milliseconds(1_500))
            guard world.checks.violation == nil else { return }
            try expect(liar.badHeight != nil, "the bad block was not proposed")
            try expect(!isWrong, "a vote for a block above one that cannot be voted for")
            world.recover()
        }
    }

    /// Powers that are not equal, and Byzantine ones to the limit.
    static let weights = Scenario(
        name: "weights",
        summary: "powers (1,2,2,2) with a 2 Byzantine; total powers 1 to 10 and as much of it as may be: safe and live"
    ) { seat in
        var random = SeededRandom(seed: seat.seed, stream: 8)
        let powers = seat.seed.isMultiple(of: 4) ? [1, 2, 2, 2] : split(1 + Int(seat.seed % 10), &random)
        var plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = powers.count
            settings.powers = powers.map(UInt64.init)
            settings.viewDuration = .milliseconds(400)
        }
        var left = (powers.reduce(0, +) - 1) / 3
        // The largest first, so that the boundary is met exactly as often as it can be.
        for number in powers.indices.sorted(by: { (powers[$0], $0) > (powers[$1], $1) }) where powers[number] <= left {
            left -= powers[number]
            let kind = random.pick(ByzantineKind.allCases)
            plan.byzantine.append(RunPlan.ByzantinePart(replica: number, kind: kind))
        }
        plan.safetyPhase = .seconds(2)
        return seat.run(plan)
    }

    /// A total power in parts of at least 1.
    private static func split(_ total: Int, _ random: inout SeededRandom) -> [Int] {
        var parts: [Int] = []
        var left = total
        while left > 0 {
            parts.append(random.within(1...min(left, 4)))
            left -= parts[parts.count - 1]
        }
        return parts
    }

    /// One more than allowed: the checks must be able to find a fork.
    static let tooManyByzantine = Scenario(
        name: "f-plus-1-byzantine", summary: "one more Byzantine validator than allowed: the checker finds the fork"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.viewDuration = .milliseconds(400)
            settings.checksDisks = false
            settings.checksCertificates = false
        }
        return seat.play(plan) { world in
            world.nodes[0].behaviour = EquivocatingLeader(tamePerMille: 0)
            world.nodes[1].behaviour = Accomplice()
            world.start()
            world.run(for: .seconds(30))
            guard let found = world.checks.violation else { throw Unmet(text: "the fork was not found") }
            let isFork = [.agreement, .brokenChain, .halted].contains(found.kind)
            world.checks.violation = nil
            try expect(isFork, "something else than a fork was found: \(found)")
        }
    }

    /// A state machine that is not deterministic on one replica.
    static let divergence = Scenario(
        name: "divergence",
        summary: "one replica's state machine is wrong: named at the first height at which digests differ"
    ) { seat in
        var plan = RunPlan.script(seat.seed) { $0.replicas = seat.replicas ?? 4 }
        let wrong = Int(seat.seed % 4)
        let after = 3 + Int(seat.seed / 4 % 20)
        plan.diverging = (wrong, after)
        return seat.play(plan) { world in
            world.start()
            world.run(for: .seconds(5))
            guard let found = world.checks.violation else { throw Unmet(text: "the divergence was not found") }
            world.checks.violation = nil
            try expect(found.kind == .divergence && found.node == wrong, "something else was found: \(found)")
            let height = (world.checks.payloadsUpTo.firstIndex { $0 > after } ?? 0) + 1
            try expect(
                found.text.contains("at height \(height):"), "it shows at height \(height), and not so: \(found.text)")
        }
    }
}
