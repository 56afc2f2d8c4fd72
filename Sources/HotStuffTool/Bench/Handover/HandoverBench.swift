import Foundation
import HotStuff

/// Takes the lead from one replica after the other, and measures how long no payload is proposed.
final class HandoverBench {
    /// What to measure.
    struct Plan: Sendable {
        /// What the machine's calls cost.
        var load: SyntheticMachine.Load
        /// The network's.
        var roundTrip: Duration
        /// How long a view may go without progress.
        var view = Duration.seconds(1)
        /// How often each way of losing a leader is measured.
        var repeats = 5
    }

    /// How a leader is lost.
    enum Loss: String, CaseIterable, Sendable {
        /// It stops in order, and hands its view over first: measured from the signal that asks it to.
        case resignation
        /// It is killed: measured from when the last of the others' timers has expired, whose word the change needs.
        case expiry
    }

    private static let patience = Duration.seconds(30)

    private let plan: Plan
    private let cluster: Cluster
    private let progress: Progress
    private let clock = ReplicaClock.monotonic

    /// Makes the network in `directory`; its replicas are processes of `program`, this tool.
    init(_ plan: Plan, directory: String, program: String, progress: Progress, logLevel: LogLevel) throws {
        var network = NetworkPlan(directory: directory, application: .synthetic(plan.load))
        network.ports = try FreePorts.find(PipelineCluster.replicas)
        network.adjust = { configuration in
            configuration.emulatedDelay = plan.roundTrip / 2
            configuration.viewDuration = ExponentialViewDuration(base: plan.view, ceiling: max(plan.view, .seconds(60)))
        }
        cluster = Cluster(try Network(making: network), program: program, interruption: try Interruption())
        cluster.logLevel = logLevel
        self.plan = plan
        self.progress = progress
    }

    /// Measures both ways of losing a leader.
    func run() throws -> HandoverFigures {
        for number in 0..<PipelineCluster.replicas { try cluster.start(number) }
        try waitForBlocks(20)
        var figures = HandoverFigures(plan: plan)
        for round in 1...plan.repeats {
            for loss in Loss.allCases {
                let found = try lose(loss)
                figures.found[loss, default: []].append(found)
                let milliseconds = JSON.rounded(found.time / .milliseconds(1), digits: 1).text
                progress.say("\(loss.rawValue) \(round) of \(plan.repeats): \(milliseconds) ms")
            }
        }
        _ = try cluster.stop()
        return figures
    }

    /// Loses the leader, measures the time to the next leader's first payload, and starts the old one again.
    private func lose(_ loss: Loss) throws -> HandoverFigures.Change {
        guard let old = cluster.leader, let picture = cluster.picture(of: old) else { throw standstill() }
        let begin = clock.now
        switch loss {
        case .resignation: cluster.end(old)
        case .expiry: cluster.kill(old)
        }
        let next = try waitForProposal(since: begin, by: old)
        guard let proposed = next.proposed else { throw standstill() }
        let others = cluster.running.filter { $0 != old }
        let doubts = try others.compactMap { try view(picture.view, at: $0)?.suspected }
        guard let first = doubts.min(), let last = doubts.max() else {
            throw ToolError("no replica has noted that it suspects the lost view", remedy: "report this")
        }
        let start = loss == .resignation ? begin.nanoseconds : last
        try waitForEnd(of: old)
        try cluster.start(old)
        try waitForBlocks(20)
        // What the first of the others has heard took half a round trip to it, or more.
        let leaving = begin + plan.roundTrip / 2
        let lost = try others.compactMap { try view(picture.view, at: $0) }.map { $0.taken - $0.committed }
        return HandoverFigures.Change(
            time: Timestamp(nanoseconds: proposed) - Timestamp(nanoseconds: start),
            untilResigned: Timestamp(nanoseconds: first) - leaving, lost: lost.max() ?? 0, buffered: picture.buffered)
    }

    /// What a replica has noted of a view.
    private func view(_ view: UInt64, at number: Int) throws -> AccountsPage.View? {
        try accounts(of: number).views.last { $0.view == view }
    }

    // MARK: - Waiting

    /// Waits until all run and are connected to all, one leads, and so many more blocks are final everywhere.
    ///
    /// A replica that has not found the restarted one again may be the next leader, and have no quorum without the old one.
    private func waitForBlocks(_ count: Int) throws {
        var first: [Int: Int] = [:]
        try wait { cluster in
            guard cluster.leader != nil, cluster.pictures.count == PipelineCluster.replicas,
                cluster.pictures.allSatisfy({ $0.peers == PipelineCluster.replicas - 1 })
            else { return false }
            return cluster.running.allSatisfy { number in
                let blocks = cluster.picture(of: number)?.machine.blocks ?? 0
                let begin = first[number] ?? blocks
                first[number] = begin
                return blocks >= begin + count
            }
        }
    }

    /// Waits until a replica other than `old` has proposed a payload in a view that it entered after `begin`.
    private func waitForProposal(since begin: Timestamp, by old: Int) throws -> AccountsPage.View {
        let deadline = clock.now + Self.patience
        while clock.now < deadline {
            if let leader = cluster.leader, leader != old, let view = try accounts(of: leader).views.last,
                view.entered > begin.nanoseconds, view.proposed != nil
            {
                return view
            }
            _ = try events(until: clock.now + .milliseconds(20))
        }
        throw standstill()
    }

    private func waitForEnd(of number: Int) throws { try wait { cluster in !cluster.running.contains(number) } }

    private func accounts(of number: Int) throws -> AccountsPage {
        cluster.send(.accounts(ofLast: 0), to: number)
        let deadline = clock.now + Self.patience
        while clock.now < deadline {
            for case .accounts(number, let accounts) in try events(until: deadline) { return accounts }
        }
        throw standstill()
    }

    private func wait(_ isOver: (Cluster) -> Bool) throws {
        let deadline = clock.now + Self.patience
        while !isOver(cluster) {
            guard clock.now < deadline else { throw standstill() }
            _ = try events(until: clock.now + .milliseconds(100))
        }
    }

    private func events(until deadline: Timestamp) throws -> [Cluster.Event] { try cluster.wait(until: deadline) }

    private func standstill() -> ToolError {
        ToolError(
            "what was waited for has not come within \(Self.patience)",
            remedy: "run it again with --directory, and see the replicas' log.txt")
    }
}
