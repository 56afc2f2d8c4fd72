internal import HotStuffCore

/// Scenarios about crashes, cuts and power failures.
extension Scenario {
    /// Each seed ends another replica at another place.
    static let crashAtEveryWrite = Scenario(
        name: "crash-at-every-write",
        summary: "each replica before, between and after each write and what depends on it: no contradiction, live"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.viewDuration = .milliseconds(300)
            settings.viewLimit = seat.seed % 5 == 4 ? 3 : nil
            settings.chainLength = seat.seed.isMultiple(of: 3) ? 3 : 2
        }
        return seat.play(plan) { world in
            world.start()
            for round in 0..<6 {
                let node = world.nodes[(Int(seat.seed) + round) % world.settings.replicas]
                world.kill(node, afterEffects: Int(seat.seed / 4 % 97) + 7 * round)
                world.run(for: .milliseconds(500))
            }
            world.recover()
        }
    }

    /// A chain of one validator, which is its own quorum, gives up its view and dies, again and again.
    static let loneReplica = Scenario(
        name: "lone-replica",
        summary: "one validator alone: gives up its view, is killed at once or soon after, and goes on after each start"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = 1
            settings.chainLength = seat.seed.isMultiple(of: 2) ? 2 : 3
        }
        return seat.play(plan) { world in
            world.start()
            for round in 0..<10 {
                world.run(for: .milliseconds(200))
                let node = world.nodes[0]
                world.tell(node, .resign)
                world.run(for: .microseconds(Int64(seat.seed * 7 % 11) * Int64(round) * 50))
                world.kill(node, restartAfter: .milliseconds(1))
                try world.runUntil(payloads: world.commonPayloads + 5, within: .seconds(5), "after start \(round + 1)")
            }
        }
    }

    /// All lose power at once, and have voted for the newest only.
    static let powerFailure = Scenario(
        name: "power-failure-after-skipped-votes",
        summary: "all voted only for the newest, all killed: all restart with its ancestors, it is extended and commits"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.proposeTime = .always(.milliseconds(2))
            settings.writeTime = Spread(.milliseconds(2), .milliseconds(20))
        }
        return seat.play(plan) { world in
            world.start()
            for round in 0..<3 {
                world.run(for: .milliseconds(300 + Int64(seat.seed * 7 % 101) + Int64(round) * 13))
                for node in world.nodes { world.kill(node, restartAfter: .milliseconds(20)) }
                // Any quorum that gives up the view has one of any third and more of the disks in it.
                let known = world.nodes.map(\.disk.image.record.highQC).sorted { $0.rank > $1.rank }
                let certain = known[(world.settings.replicas - 1) / 3]
                let before = world.checks.payloads
                let goesOn = world.run(upTo: .seconds(30)) { world.checks.payloads > before + 3 }
                guard world.checks.violation == nil else { return }
                try expect(goesOn, "nothing commits after the power failure")
                try expect(
                    certain.isGenesis || world.hasCommitted(certain.position),
                    "\(certain.position) was certified on enough disks, and is lost")
            }
            world.recover()
        }
    }

    /// Followers are cut off in turn, and their suspicions of that time come again.
    static let cutsOnDifferentDays = Scenario(
        name: "cuts-on-different-days",
        summary: "each follower cut for two timeouts in turn, old suspicions replayed: no view change"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.viewDuration = .milliseconds(300)
        }
        return seat.play(plan) { world in
            var suspicions: [(Message, Node)] = []
            world.passes = { message, from, _ in
                if case .suspicion = message, suspicions.count < 100 { suspicions.append((message, from)) }
                return true
            }
            world.start()
            try world.runUntil(payloads: 3, within: .seconds(5), "before")
            for index in 1..<world.settings.replicas {
                world.isolate(index)
                world.run(for: .milliseconds(600 + Int64(seat.seed * 31 % 250)))
                world.rejoin(index)
                for (message, from) in suspicions { world.transmit(message, from: from, to: world.nodes.map(\.key)) }
                world.run(for: .milliseconds(400))
            }
            try expect(world.tally.highestView == 0, "view \(world.tally.highestView) was entered")
            world.recover()
        }
    }

    /// Views of few blocks, a dead validator, and the certificate that hands over kept back.
    static let rotation = Scenario(
        name: "rotation",
        summary: "K 1, 2, 5; L 2, 3; one validator dead; the last index's QC kept from the next leader: commits go on"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? 4
            settings.viewLimit = [1, 2, 5][Int(seat.seed % 3)]
            settings.chainLength = seat.seed / 3 % 2 == 0 ? 2 : 3
            settings.viewDuration = .milliseconds(300)
        }
        return seat.play(plan) { world in
            world.start()
            try world.runUntil(payloads: 5, within: .seconds(30), "before")
            let dead = world.nodes[Int(seat.seed / 6) % world.settings.replicas]
            world.kill(dead, restartAfter: nil)
            dead.staysDown = true
            let before = world.checks.payloads
            // With views shorter than the commit chain, a dead validator in each round leaves few chains whole.
            let goesOn = world.run(upTo: .seconds(60)) { world.checks.payloads >= before + 5 }
            guard world.checks.violation == nil else { return }
            try expect(goesOn, "\(world.checks.payloads - before) payloads committed with one validator dead")
            world.start(dead)
            world.run(for: .milliseconds(700))
            let last = UInt64((world.settings.viewLimit ?? 1) - 1)
            let kept = View(world.tally.highestView + 1)
            world.passes = { message, _, _ in
                if case .vote(let vote) = message, vote.view == kept, vote.index == last { return false }
                return true
            }
            var lost: Set<View> = []
            world.listener = { event, _ in
                if case .viewTimedOut(let view) = event, view >= kept { lost.insert(view) }
            }
            let withheld = world.checks.payloads
            world.run(for: .seconds(2))
            world.passes = nil
            world.listener = nil
            guard world.checks.violation == nil else { return }
            try expect(lost.count <= 1, "\(lost.count) views are lost for one certificate")
            try expect(world.checks.payloads > withheld, "nothing commits any more")
            world.recover()
        }
    }
}
