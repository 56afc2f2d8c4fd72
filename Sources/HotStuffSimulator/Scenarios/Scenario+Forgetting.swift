internal import HotStuffCore

/// Scenarios about replicas that lose their disks or get an older copy back (protocol §2, *Forgetting*).
extension Scenario {
    /// Each seed takes another replica's disk at another of its writes.
    static let diskLoss = Scenario(
        name: "disk-loss",
        summary:
            "each replica's disk gone after each of its writes and sends: it signs nothing up to where it had, later all"
    ) { seat in
        seat.play(.forgetting(seat)) { world in
            world.start()
            for round in 0..<3 {
                let node = world.nodes[(Int(seat.seed) + round) % world.settings.replicas]
                world.run(for: .milliseconds(100 + Int64(seat.seed * 37 % 400)))
                world.loseDisk(of: node, after: Int(seat.seed / 4 % 61) + 17 * round)
                try world.runUntilSigning(node)
            }
            world.recover()
        }
    }

    /// Each seed gives another replica an older copy, of another age, at another of its writes.
    static let restoredCopy = Scenario(
        name: "restored-copy",
        summary: "a copy of each age in the place of each replica's disk, after each write: as with a disk that is gone"
    ) { seat in
        seat.play(.forgetting(seat)) { world in
            world.start()
            for round in 0..<3 {
                let node = world.nodes[(Int(seat.seed) + round) % world.settings.replicas]
                world.run(for: .milliseconds(100 + Int64(seat.seed * 37 % 400)))
                node.disk.copy()
                for _ in 0..<Int(seat.seed / 3 % 4) {
                    world.handOver()
                    world.run(for: .milliseconds(150 + Int64(seat.seed * 7 % 100)))
                }
                world.loseDisk(of: node, after: Int(seat.seed / 4 % 61) + 17 * round, keeping: node.disk.copies.last)
                try world.runUntilSigning(node)
            }
            world.recover()
        }
    }

    /// So many lose their disks at once that nobody can tell them.
    static let tooManyForget = Scenario(
        name: "too-many-forget",
        summary: "one more disk lost than can be spared: nothing commits any more, each of them says so, and no fork"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = seat.replicas ?? [4, 5, 7][Int(seat.seed % 3)]
            settings.viewDuration = .milliseconds(300)
            settings.viewLimit = seat.seed / 3 % 3 == 2 ? 4 : nil
        }
        return seat.play(plan) { world in
            world.start()
            try world.runUntil(payloads: 2 + Int(seat.seed / 3 % 5), within: .seconds(20), "before")
            let count = world.settings.replicas
            let lost = (0...(count - 1) / 3).map { world.nodes[($0 + Int(seat.seed)) % count] }
            for node in lost {
                world.crash(node, restartAfter: .milliseconds(30 + Int64(node.index) * 10))
                world.loseDisk(of: node)
            }
            let say = world.run(upTo: .seconds(10)) { lost.allSatisfy(\.saysTooManyForgot) }
            guard world.checks.violation == nil else { return }
            try expect(say, "not all that have forgotten say that they are too many")
            let before = world.checks.history.count
            world.run(for: .seconds(20))
            guard world.checks.violation == nil else { return }
            try expect(world.checks.history.count == before, "blocks commit though too many have forgotten")
            try expect(lost.allSatisfy { $0.status?.hasForgotten == true }, "one that has forgotten signs again")
        }
    }

    /// The same without the rule, and the votes of before: the checks must be able to find a fork.
    static let tooManyAmnesiacs = Scenario(
        name: "f-plus-1-amnesiacs",
        summary:
            "one more replica than allowed restarts without its record as if it had signed nothing: the checker finds the fork"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.viewDuration = .milliseconds(400)
            settings.checksDisks = false
            settings.checksCertificates = false
        }
        return seat.play(plan) { world in
            let amnesiacs = [world.nodes[0], world.nodes[2]]
            for node in amnesiacs { node.behaviour = Amnesiac(crashesByItself: false) }
            world.start()
            world.isolate(3)
            let before = 3 + Int(seat.seed % 7)
            let commits = world.run(upTo: .seconds(20)) { world.checks.payloads >= before }
            guard world.checks.violation == nil else { return }
            try expect(commits, "three of four do not commit")
            world.isolate(1)
            for node in amnesiacs { world.crash(node, restartAfter: .milliseconds(20)) }
            world.rejoin(3)
            world.run(for: .seconds(30))
            guard let found = world.checks.violation else { throw Unmet(text: "the fork was not found") }
            world.checks.violation = nil
            try expect(found.kind == .agreement, "something else than a fork was found: \(found)")
        }
    }
}

extension RunPlan {
    /// A world in which one replica at a time may forget.
    fileprivate static func forgetting(_ seat: ScenarioSeat) -> RunPlan {
        .script(seat.seed) { settings in
            settings.replicas = max(4, seat.replicas ?? 4)
            settings.viewDuration = .milliseconds(300)
            settings.viewLimit = seat.seed % 5 == 4 ? 3 : nil
            settings.chainLength = seat.seed.isMultiple(of: 3) ? 3 : 2
        }
    }
}

extension World {
    /// Takes the disk of a replica that is down, and leaves an older copy there, or nothing.
    func loseDisk(of node: Node, keeping copy: DiskImage? = nil) {
        tally.count(.diskLoss)
        exchangeDisk(of: node, for: copy)
    }

    /// Ends a replica after so many more of its effects and writes, and takes its disk; it starts again soon after.
    func loseDisk(of node: Node, after countdown: Int, keeping copy: DiskImage? = nil) {
        node.crashCountdown = countdown
        guard run(upTo: .seconds(5), until: { !node.isUp }) || checks.violation == nil else { return }
        crash(node, restartAfter: .milliseconds(50))
        loseDisk(of: node, keeping: copy)
    }

    /// The present leader restarts, and hands its view over by that.
    func handOver() {
        if let leader { crash(leader, restartAfter: .milliseconds(20)) }
    }

    /// Runs until a replica that has forgotten signs again; leaders hand over meanwhile, as that takes two views.
    func runUntilSigning(_ node: Node) throws {
        let isTold = run(upTo: .seconds(10)) {
            guard node.isUp, let state = node.forgetting else { return false }
            return state != .asking
        }
        guard checks.violation == nil else { return }
        try expect(
            isTold, "replica \(node.index), which has forgotten, has not learnt how far its signatures may reach")
        for _ in 0..<8 {
            if run(upTo: .seconds(2), until: { node.status?.hasForgotten == false }) { return }
            guard checks.violation == nil else { return }
            handOver()
        }
        try expect(false, "replica \(node.index), which has forgotten, does not sign again")
    }
}
