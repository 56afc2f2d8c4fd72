internal import HotStuffCore

/// Scenarios about followers that execute ahead of the commit.
extension Scenario {
    /// Followers execute on certification or receipt; a leader dies, and what it left uncommitted is picked up.
    static let followersAhead = Scenario(
        name: "followers-ahead",
        summary: "followers execute when certified, or received: nothing twice, and at most one roll back a lost view"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.followers = seat.seed.isMultiple(of: 2) ? .whenCertified : .whenReceived
            settings.latency = Spread(.milliseconds(20), .milliseconds(30))
            settings.proposeTime = .always(.milliseconds(5))
            settings.executeTime = .always(.milliseconds(4))
        }
        return seat.play(plan) { world in
            var ahead = 0
            world.listener = { _, node in
                guard let status = node.status, status.leader != node.key else { return }
                ahead = max(ahead, node.machine.appliedDigests.count)
            }
            world.start()
            try world.runUntil(payloads: 20, within: .seconds(10), "followers run ahead")
            try expect(ahead > 0, "no follower had applied an uncommitted block")
            try expect(world.tally.rollBacks == 0, "something was rolled back though no view was lost")
            guard let leader = world.leader else { throw Unmet(text: "nobody leads") }
            world.crash(leader, restartAfter: nil)
            try world.runUntil(payloads: world.commonPayloads + 20, within: .seconds(20), "the leader died")
            // Each survivor may have to undo what only the dead leader's last messages carried.
            let survivors = world.nodes.count - 1
            try expect(world.tally.rollBacks <= survivors, "\(world.tally.rollBacks) roll backs for one lost view")
            world.recover()
        }
    }

    /// Votes ask for valid blocks, and one leader's are not.
    static let invalidBlocks = Scenario(
        name: "invalid-blocks",
        summary: "votes wait for \"valid\"; one leader's blocks are not: none commits, the next leader's do"
    ) { seat in
        let bad = 0
        var plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.validationLimit = .milliseconds(100)
            settings.proposeTime = .always(.milliseconds(10))
            settings.executeTime = Spread(.milliseconds(1), .milliseconds(12))
        }
        plan.invalidBlocksOf = bad
        return seat.play(plan) { world in
            world.start()
            try world.runUntil(payloads: 30, within: .seconds(60), "one leader's blocks are invalid")
            for position in world.checks.history {
                guard let header = world.checks.known[position.block]?.header, header.payloadLength > 0 else {
                    continue
                }
                let leader = Int(header.view.rawValue % UInt64(world.settings.replicas))
                try expect(leader != bad, "an invalid block has committed at height \(position.height)")
            }
            try expect(world.tally.highestView >= 1, "the leader of invalid blocks was not left")
        }
    }
}
