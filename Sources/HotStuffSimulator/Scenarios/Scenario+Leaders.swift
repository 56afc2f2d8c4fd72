internal import HotStuffCore

/// Scenarios about leaders that go.
extension Scenario {
    /// A clean stop under load.
    static let resigningLeader = Scenario(
        name: "resigning-leader",
        summary: "clean stop under load: the new leader's first payload comes without any timer"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.viewDuration = .seconds(30)
            settings.viewCeiling = .seconds(60)
        }
        return seat.play(plan) { world in
            world.start()
            try world.runUntil(payloads: 10 + Int(seat.seed % 17), within: .seconds(5), "before")
            guard let leader = world.leader else { return }
            world.tell(leader, .resign)
            var proposed = false
            world.listener = { event, node in
                if case .proposed(let made) = event, made.view > View(0), !made.isNudge, node !== leader {
                    proposed = true
                }
            }
            let isDone = world.run(upTo: .seconds(2)) { proposed }
            try expect(isDone, "no payload of the next leader within 2 s")
            try world.runUntil(payloads: world.commonPayloads + 10, within: .seconds(3), "after")
        }
    }

    /// `propose()` takes longer than the view change.
    static let proposingWhileViewIsLost = Scenario(
        name: "proposing-while-the-view-is-lost",
        summary: "propose() takes longer than the view change; another leader's block commits first: states equal"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.proposeTime = Spread(.milliseconds(600), .milliseconds(1_500))
            settings.viewDuration = .milliseconds(300)
            settings.viewCeiling = .seconds(2)
        }
        return seat.play(plan) { world in
            world.start()
            try world.runUntil(payloads: 1 + Int(seat.seed % 3), within: .seconds(20), "before")
            let leader = world.leader?.index ?? 0
            world.isolate(leader)
            let before = world.checks.payloads
            let goesOn = world.run(upTo: .seconds(20)) { world.checks.payloads > before }
            guard world.checks.violation == nil else { return }
            try expect(goesOn, "no other leader's block commits")
            world.rejoin(leader)
            world.recover()
            try expect(world.tally.highestView > 0, "the view was not lost")
        }
    }

    /// The leader dies with a full window, and some blocks are certified at one replica only.
    static let silentLeader = Scenario(
        name: "silent-leader",
        summary: "dies with a full window, some blocks certified at one replica only: one view change, nothing lost"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.window = 16
        }
        return seat.play(plan) { world in
            world.start()
            try world.runUntil(payloads: 10, within: .seconds(5), "before")
            guard let leader = world.leader else { return }
            let others = world.settings.replicas - 1
            let informed = (leader.index + 1 + Int(seat.seed % UInt64(others))) % world.settings.replicas
            var highest: LogPosition?
            world.listener = { event, node in
                guard case .certified(let position, _, _) = event, node.index == informed else { return }
                highest = position
            }
            world.passes = { _, from, to in from !== leader || to.index == informed }
            world.run(for: .milliseconds(5 + Int64(seat.seed % 60)))
            world.kill(leader, restartAfter: nil)
            leader.staysDown = true
            world.passes = nil
            world.listener = nil
            let before = world.checks.payloads
            try world.runUntil(payloads: before + 10, within: .seconds(20), "without the leader")
            try expect(world.tally.highestView == 1, "view \(world.tally.highestView) instead of one view change")
            if let highest, world.settings.replicas == 4 {
                // With four, the three that are left are the quorum that gives up the view.
                try expect(world.hasCommitted(highest), "\(highest) was certified at one replica, and is lost")
            }
            world.recover()
        }
    }

    /// Two first blocks to two halves.
    static let equivocatingLeader = Scenario(
        name: "equivocating-leader",
        summary: "two chains to two halves: at most one is certified, no losing block commits"
    ) { seat in
        var plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.viewDuration = .milliseconds(500)
        }
        let liar = Int(seat.seed % 2)
        plan.byzantine = [RunPlan.ByzantinePart(replica: liar, kind: .equivocatingLeader)]
        return seat.play(plan) { world in
            world.nodes[liar].behaviour = EquivocatingLeader(tamePerMille: 0)
            world.start()
            world.run(for: .seconds(3))
            world.recover()
        }
    }

    /// The old leader's highest certificate comes out after the next view's first block.
    static let withheldCertificate = Scenario(
        name: "withheld-qc-released-late",
        summary: "the old leader releases a QC above the TC's rank after the new first block: the new view goes on"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { $0.replicas = seat.replicas ?? 4 }
        return seat.play(plan) { world in
            world.start()
            try world.runUntil(payloads: 5 + Int(seat.seed % 11), within: .seconds(5), "before")
            guard let leader = world.leader else { return }
            world.passes = { _, from, _ in from !== leader }
            var isOut = false
            world.listener = { event, _ in
                if case .proposed(let made) = event, made.view == View(1) { isOut = true }
            }
            let entered = world.run(upTo: .seconds(10)) { isOut }
            try expect(entered, "view 1 did not begin")
            world.run(for: .milliseconds(Int64(seat.seed % 12)))
            world.passes = nil
            for other in world.nodes where other !== leader { world.disconnect(leader, other) }
            let before = world.checks.payloads
            try world.runUntil(payloads: before + 20, within: .seconds(10), "after the release")
            try expect(world.tally.highestView == 1, "view \(world.tally.highestView) was entered")
        }
    }

    /// The one that knows of a commit is cut off at that moment.
    static let hiddenCommit = Scenario(
        name: "commit-hidden-from-the-assembler",
        summary: "the committing QC seen by one replica, which is cut off: the next view extends it, no conflict"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.chainLength = seat.seed.isMultiple(of: 2) ? 2 : 3
        }
        return seat.play(plan) { world in
            world.start()
            try world.runUntil(payloads: 5, within: .seconds(5), "before")
            guard let leader = world.leader else { return }
            let height = UInt64(world.checks.history.count + 1) + seat.seed % 5
            var isHidden = false
            var proven: Height?
            world.listener = { event, node in
                guard case .certified(let position, _, _) = event, node === leader, !isHidden else { return }
                // At a certificate that commits more than the one before, before anything that carries it leaves.
                let commits = world.proven(by: position.block)
                if let proven, commits > proven, position.height.rawValue >= height {
                    isHidden = true
                    world.isolate(leader.index)
                }
                proven = max(proven ?? commits, commits)
            }
            let knows = world.run(upTo: .seconds(5)) { isHidden }
            world.listener = nil
            try expect(knows, "the leader did not commit")
            world.run(for: .milliseconds(50))
            let others = world.nodes.filter { $0 !== leader }.map(\.checkedHeight).max() ?? 0
            try expect(leader.checkedHeight > others, "the others know of the commit at \(leader.checkedHeight)")
            let before = world.checks.payloads
            let goesOn = world.run(upTo: .seconds(20)) { world.checks.payloads >= before + 5 }
            try expect(goesOn, "the others did not go on")
            try expect(world.tally.highestView == 1, "view \(world.tally.highestView) instead of the next one")
            world.rejoin(leader.index)
            world.recover()
        }
    }

    /// Leaders die around the moment at which they begin to lead.
    static let leaderRestart = Scenario(
        name: "leader-restart",
        summary: "killed around its first proposal and the led mark: never two proposals of one view and height"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.viewDuration = .milliseconds(300)
            settings.viewLimit = seat.seed.isMultiple(of: 3) ? 4 : nil
        }
        return seat.play(plan) { world in
            var deaths = 0
            world.listener = { event, node in
                guard case .viewEntered(_, _, let leader) = event, leader == node.key, deaths < 6 else { return }
                deaths += 1
                world.kill(node, afterEffects: Int(seat.seed % 24) + deaths)
            }
            world.start()
            world.kill(world.nodes[0], afterEffects: Int(seat.seed % 24))
            world.run(for: .seconds(3))
            world.recover()
        }
    }

    /// Views pass while a replica is away.
    static let sleptThroughTenViews = Scenario(
        name: "slept-through-ten-views", summary: "cut off from view 0 to 10, rejoins in mid-view: votes again soon"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.viewDuration = .milliseconds(400)
        }
        return seat.play(plan) { world in
            let sleeper = world.nodes[world.settings.replicas - 1]
            world.start()
            world.run(for: .milliseconds(200))
            world.isolate(sleeper.index)
            var tries = 0
            while world.tally.highestView < 10, tries < 200 {
                tries += 1
                if let leader = world.leader, leader.isUp, leader !== sleeper { world.tell(leader, .resign) }
                world.run(for: .milliseconds(300))
                for node in world.honest where node !== sleeper {
                    world.kill(node, restartAfter: .milliseconds(1))
                    world.run(for: .milliseconds(100))
                }
            }
            try expect(world.tally.highestView >= 10, "view \(world.tally.highestView) after \(tries) resignations")
            let before = world.checks.payloads
            let goesOn = world.run(upTo: .seconds(20)) { world.checks.payloads >= before + 3 }
            guard world.checks.violation == nil else { return }
            try expect(goesOn, "the others do not go on")
            var hasVoted = false
            world.listener = { event, node in if case .voted = event, node === sleeper { hasVoted = true } }
            world.rejoin(sleeper.index)
            // The connections come back within 200 ms; then a few round trips of at most 20 ms and their writes.
            let votes = world.run(upTo: .milliseconds(500)) { hasVoted }
            guard world.checks.violation == nil else { return }
            try expect(votes, "it has not voted within 500 ms")
            world.recover()
        }
    }
}
