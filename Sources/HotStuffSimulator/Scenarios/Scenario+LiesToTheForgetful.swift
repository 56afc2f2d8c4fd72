internal import HotStuffCore

/// A replica that has forgotten, and others that would have it sign too early.
extension Scenario {
    /// Each of four seeds is another lie.
    static let liesToTheForgetful = Scenario(
        name: "lies-to-the-forgetful",
        summary: "one that has forgotten hears a liar, a laggard, another that has forgotten, its old answers: it waits"
    ) { seat in
        let plan = RunPlan.script(seat.seed) { settings in
            settings.viewDuration = .milliseconds(400)
            settings.chainLength = seat.seed / 4 % 2 == 0 ? 2 : 3
            // Who lags and who forgets leads nothing at first.
            settings.leaders = seat.seed % 4 == 3 ? [1, 2, 3, 1] : [1, 3, 1, 3]
        }
        return seat.play(plan) { world in
            let lie = LieToTheForgetful(world)
            world.nodes[3].behaviour = seat.seed % 4 == 3 ? SilentLeader() : LiarAboutViews()
            world.start()
            try world.runUntil(payloads: 2 + Int(seat.seed / 4 % 5), within: .seconds(20), "before")
            switch seat.seed % 4 {
            case 0: try lie.ofALiarAndALaggard()
            case 1: try lie.ofAnotherThatHasForgotten()
            case 2: try lie.ofLongAgo()
            default: try lie.andTheNextLeaderIsSilent()
            }
        }
    }
}

/// The parts that the four play: 0 forgets, 1 is honest and up to date, 2 lags, 3 is Byzantine.
private struct LieToTheForgetful {
    private let world: World
    private var forgetful: Node { world.nodes[0] }
    private var informed: Node { world.nodes[1] }
    private var laggard: Node { world.nodes[2] }

    init(_ world: World) { self.world = world }

    /// Liar and laggard answer, the only one that knows better cannot: two answers, and the own, are no quorum.
    func ofALiarAndALaggard() throws {
        try leaveBehind()
        forget(forgetful, meeting: [2, 3])
        world.run(for: .seconds(4))
        guard world.checks.violation == nil else { return }
        try expect(forgetful.forgetting == .asking, "a liar and a laggard have convinced it: \(state)")
        try end()
    }

    /// The one that knows better has forgotten too: its answer does not count either.
    func ofAnotherThatHasForgotten() throws {
        try leaveBehind()
        world.crash(informed, restartAfter: .milliseconds(30))
        world.loseDisk(of: informed)
        forget(forgetful, meeting: [1, 2, 3])
        world.run(for: .seconds(4))
        guard world.checks.violation == nil else { return }
        try expect(forgetful.forgetting == .asking, "another that has forgotten has convinced it: \(state)")
        try expect(forgetful.saysTooManyForgot, "it does not say that too many have forgotten")
    }

    /// It forgets twice, and the second time the answers of the first time come again.
    func ofLongAgo() throws {
        let forgetful = forgetful
        var old: [Message] = []
        world.passes = { message, _, to in
            if case .recallAnswer = message, to === forgetful { old.append(message) }
            return true
        }
        world.crash(forgetful, restartAfter: .milliseconds(30))
        world.loseDisk(of: forgetful)
        try world.runUntilSigning(forgetful)
        guard world.checks.violation == nil else { return }
        try expect(old.count >= 3, "only \(old.count) answers have come")
        try leaveBehind()
        forget(forgetful, meeting: [3])
        for round in 1...8 {
            world.after(.milliseconds(400 * Int64(round))) { [world] in
                for message in old { world.transmit(message, from: world.nodes[3], to: [forgetful.key]) }
            }
        }
        world.run(for: .seconds(4))
        guard world.checks.violation == nil else { return }
        try expect(forgetful.forgetting == .asking, "old answers have convinced it: \(state)")
        try end()
    }

    /// It learns of the view in which it signs again by that view's entry alone.
    ///
    /// The leader never proposes, and nothing else but suspicions comes; so what opened the view is all that it can report.
    func andTheNextLeaderIsSilent() throws {
        let forgetful = forgetful
        world.crash(forgetful, restartAfter: .milliseconds(30))
        world.loseDisk(of: forgetful)
        _ = world.run(upTo: .seconds(10)) { if case .bounded = forgetful.forgetting { true } else { false } }
        var isOpen = false
        var hasGivenUp = false
        world.passes = { message, _, to in
            if case .suspicion = message { return true }
            return to !== forgetful || isOpen || hasGivenUp
        }
        world.listener = { event, node in
            if node === forgetful, case .viewTimedOut = event { hasGivenUp = true }
        }
        let entry = try entryToASilentView()
        isOpen = true
        world.transmit(.entry(entry), from: informed, to: [forgetful.key])
        isOpen = false
        let givesUp = world.run(upTo: .seconds(10)) { hasGivenUp }
        guard world.checks.violation == nil else { return }
        try expect(givesUp, "it does not give up a silent leader's view: \(state)")
        try end()
    }

    /// What opens a view of the silent leader's, two above the bound at least, as soon as it is there.
    private func entryToASilentView() throws -> ViewEntry {
        for _ in 0..<12 {
            var found: ViewEntry?
            let isThere = world.run(upTo: .milliseconds(500)) {
                let record = informed.disk.image.record
                guard record.view >= View(2), record.view == informed.status?.view, world.leader?.index == 3 else {
                    return false
                }
                found = record.entry
                return found != nil
            }
            if isThere, let found { return found }
            world.handOver()
        }
        throw Unmet(text: "no view of the silent leader begins")
    }

    private var state: String { forgetful.forgetting.map { "\($0)" } ?? "it has forgotten nothing" }

    /// Cuts the laggard off, and goes on without it by at least three views in which the forgetful one votes.
    private func leaveBehind() throws {
        world.isolate(laggard.index)
        let target = world.tally.highestView + 3
        for _ in 0..<12 where world.tally.highestView < target {
            world.handOver()
            world.run(for: .milliseconds(300))
        }
        // In a view of the Byzantine leader, as nobody else can show the forgetful one what it once voted for.
        let isThere = world.run(upTo: .seconds(20)) {
            if world.leader?.index == 3, world.nodes[3].isUp, world.checks.signatures.newest(of: 0) == highest {
                return true
            }
            return false
        }
        guard world.checks.violation == nil else { return }
        if isThere { return }
        world.handOver()
        let isLater = world.run(upTo: .seconds(20)) {
            world.leader?.index == 3 && world.checks.signatures.newest(of: 0) == highest
        }
        guard world.checks.violation == nil else { return }
        try expect(isLater, "three of four do not get on")
    }

    private var highest: View { View(world.tally.highestView) }

    /// Ends a replica, takes its disk, and lets it meet only these afterwards; the laggard meets nobody else.
    ///
    /// For a second the Byzantine one tells those that have forgotten nothing but its lie, so that they do not learn from it
    /// how far the others are.
    private func forget(_ node: Node, meeting others: Set<Int>) {
        world.crash(node, restartAfter: .milliseconds(30))
        world.loseDisk(of: node)
        world.rejoin(laggard.index)
        let laggard = laggard
        let silentUntil = world.now + 1_000_000_000
        world.passes = { [unowned world] message, from, to in
            if from.index == 3, to.forgetting == .asking, world.now < silentUntil {
                guard case .recallAnswer = message else { return false }
            }
            for (one, other) in [(from, to), (to, from)] {
                if one === node, !others.contains(other.index) { return false }
                if one === laggard, other !== node { return false }
            }
            return true
        }
    }

    /// All may meet again, and then everything must get on.
    private func end() throws {
        world.passes = nil
        for node in world.nodes { for other in world.nodes where other !== node { world.disconnect(node, other) } }
        try world.runUntilSigning(forgetful)
        guard world.checks.violation == nil else { return }
        world.recover()
    }
}
