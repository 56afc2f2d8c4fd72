internal import HotStuffCore

/// The second phase of a run: everything is put right, and then everything must get on.
struct Recovery {
    private let world: World

    init(_ world: World) { self.world = world }

    /// Within how much time a new payload must commit everywhere: so many timeouts at their longest, since the leaders
    /// of as many views in a row may be Byzantine, and a timer may just have been doubled.
    var limit: Duration { world.settings.viewCeiling * (4 + 2 * world.settings.replicas) }

    /// Heals the world; a new payload must commit on every honest replica, and all must reach the same height.
    func check(reformsByzantine: Bool) {
        world.heal()
        if reformsByzantine {
            for node in world.nodes where node.behaviour != nil { node.behaviour = Reformed() }
        }
        let before = world.checks.payloads
        let members = world.nodes.filter(\.isHonest)
        let isLive = world.run(upTo: limit) { members.allSatisfy { payloads(of: $0) > before } }
        guard world.checks.violation == nil else { return }
        guard isLive else {
            let heights = world.nodes.map { "\($0.index): \($0.disk.image.tip.height)" }.joined(separator: ", ")
            return world.report(
                .liveness, nil,
                "no new payload has committed everywhere \(limit.milliseconds) ms after everything was put right: "
                    + heights)
        }
        let height = world.checks.history.count
        let isLevel = world.run(upTo: limit) {
            members.allSatisfy { node in
                node.checkedHeight >= height
                    && node.status.map { Int($0.executed.rawValue) >= height } ?? false
            }
        }
        guard world.checks.violation == nil, !isLevel else { return }
        let heights = members.map {
            "\($0.index): \($0.disk.image.tip.height) \($0.status?.executed ?? .genesis)"
        }
        world.report(
            .liveness, nil, "not all replicas have reached height \(height): " + heights.joined(separator: ", "))
    }

    /// How many payload blocks a node has committed.
    private func payloads(of node: Node) -> Int {
        let height = min(node.checkedHeight, world.checks.payloadsUpTo.count)
        return height == 0 ? 0 : world.checks.payloadsUpTo[height - 1]
    }
}
