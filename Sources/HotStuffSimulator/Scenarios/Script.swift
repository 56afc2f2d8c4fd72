internal import HotStuffCore

/// What scripts of scenarios say about a world.
extension World {
    /// How many payload blocks every honest replica that runs has committed.
    var commonPayloads: Int {
        honest.filter(\.isUp).map { node in
            let height = min(node.checkedHeight, checks.payloadsUpTo.count)
            return height == 0 ? 0 : checks.payloadsUpTo[height - 1]
        }.min() ?? 0
    }

    /// Up to which height every honest replica that runs has committed.
    var commonHeight: Int {
        var common = Int.max
        for node in nodes where node.isHonest && node.isUp && node.keyNumber < settings.replicas {
            common = min(common, node.checkedHeight)
        }
        return common == .max ? 0 : common
    }

    /// Runs until every honest replica that runs has committed so many payload blocks.
    func runUntil(payloads: Int, within limit: Duration, _ story: String) throws {
        let isDone = run(upTo: limit) { commonPayloads >= payloads }
        guard checks.violation == nil else { return }
        try expect(isDone, "\(story): \(commonPayloads) of \(payloads) payloads after \(limit.milliseconds) ms")
    }

    /// The leader of the view that most are in: the highest that an honest replica has entered.
    var leader: Node? {
        let statuses = honest.compactMap { $0.status }
        guard let newest = statuses.max(by: { $0.view < $1.view }) else { return nil }
        return nodes.first { $0.key == newest.leader }
    }

    /// The numbers of the sample machines' payloads on the chain, in its order.
    var committedNumbers: [UInt64] {
        let tallest = nodes.max { $0.checkedHeight < $1.checkedHeight }
        return (tallest?.disk.image.committed ?? []).compactMap { SampleMachine.decode($0.payload) }
            .map { $0 & 0xFF_FFFF }
    }

    /// Cuts a node off, and joins it again.
    func isolate(_ index: Int) {
        guard mayAct() else { return }
        tally.count(.partition)
        cut([index], .symmetric(noticed: false))
    }
    /// Joins a node that was cut off.
    func rejoin(_ index: Int) { endPartition([index], .symmetric(noticed: false)) }

    /// Up to which height a certificate on a block commits, if it does within one view.
    func proven(by certified: Digest) -> Height {
        var proven = certified
        for _ in 1..<settings.chainLength { proven = checks.known[proven]?.header.justify.block ?? proven }
        return checks.known[proven]?.height ?? .genesis
    }

    /// Whether a block is on the chain.
    func hasCommitted(_ position: LogPosition) -> Bool {
        let index = Int(position.height.rawValue) - 1
        return checks.history.indices.contains(index) && checks.history[index] == position
    }

    /// Ends a node at once.
    func kill(_ node: Node, restartAfter: Duration?) {
        guard mayAct() else { return }
        tally.count(.crash)
        crash(node, restartAfter: restartAfter)
    }
    /// Ends a node at its n-th effect or write from now on.
    func kill(_ node: Node, afterEffects count: Int) {
        guard mayAct() else { return }
        tally.count(.crashAtWrite)
        node.crashCountdown = count
    }

    /// Whether the next act of a script is to be done; not if a smaller run leaves it out.
    private func mayAct() -> Bool {
        acts += 1
        return !droppedActs.contains(acts - 1)
    }

    /// Heals, and expects that everything gets on.
    func recover() { Recovery(self).check(reformsByzantine: false) }
}

extension RunPlan {
    /// A quiet world for a script: four replicas, 5 to 10 ms, proposals each 10 ms.
    static func script(_ seed: UInt64, _ change: (inout WorldSettings) -> Void = { _ in }) -> RunPlan {
        var settings = WorldSettings()
        settings.latency = Spread(.milliseconds(5), .milliseconds(10))
        settings.encodesMessages = seed.isMultiple(of: 5)
        change(&settings)
        return RunPlan(seed: seed, settings: settings, safetyPhase: .zero)
    }
}
