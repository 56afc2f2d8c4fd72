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
                let time = try lose(loss)
                figures.times[loss, default: []].append(time)
                let milliseconds = JSON.rounded(time / .milliseconds(1), digits: 1).text
                progress.say("\(loss.rawValue) \(round) of \(plan.repeats): \(milliseconds) ms")
            }
        }
        _ = try cluster.stop()
        return figures
    }

    /// Loses the leader, and starts it again; the time from then to the next leader's first payload.
    private func lose(_ loss: Loss) throws -> Duration {
        guard let old = cluster.leader else { throw standstill() }
        let begin = clock.now
        switch loss {
        case .resignation: cluster.end(old)
        case .expiry: cluster.kill(old)
        }
        let view = try waitForProposal(since: begin, by: old)
        guard let proposed = view.proposed else { throw standstill() }
        let start: UInt64
        switch loss {
        case .resignation: start = begin.nanoseconds
        case .expiry:
            let others = cluster.running.filter { $0 != old }
            let expiries = try others.compactMap { try accounts(of: $0).views.last { $0.view < view.view }?.suspected }
            guard let last = expiries.max() else {
                throw ToolError("no replica has noted that its timer expired", remedy: "report this")
            }
            start = last
        }
        try waitForEnd(of: old)
        try cluster.start(old)
        try waitForBlocks(20)
        return Timestamp(nanoseconds: proposed) - Timestamp(nanoseconds: start)
    }

    // MARK: - Waiting

    /// Waits until all run, one leads, and so many more blocks are final everywhere.
    private func waitForBlocks(_ count: Int) throws {
        var first: [Int: Int] = [:]
        try wait { cluster in
            guard cluster.leader != nil, cluster.pictures.count == PipelineCluster.replicas else { return false }
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

/// What the measurement found.
struct HandoverFigures: Sendable {
    /// What was asked for.
    let plan: HandoverBench.Plan
    /// Times from the loss of a leader to the next one's first payload, by the way of losing it.
    var times: [HandoverBench.Loss: [Duration]] = [:]

    /// What this project is content with: one round trip more than a commit takes, a proposal, and 20 ms.
    var target: Duration {
        plan.roundTrip * (SweepCell.commitChainLength + 1) + plan.load.propose + .milliseconds(20)
    }

    /// The median; nil if nothing was measured.
    func median(_ loss: HandoverBench.Loss) -> Duration? {
        let sorted = (times[loss] ?? []).sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    /// The object that `--json` prints.
    var json: JSON {
        [
            "propose_ms": PipelineFigures.milliseconds(plan.load.propose),
            "round_trip_ms": PipelineFigures.milliseconds(plan.roundTrip),
            "view_ms": PipelineFigures.milliseconds(plan.view),
            "target_ms": PipelineFigures.milliseconds(target),
            "resignation_ms": json(.resignation),
            "expiry_ms": json(.expiry),
        ]
    }

    private func json(_ loss: HandoverBench.Loss) -> JSON {
        [
            "p50": .rounded(median(loss).map { $0 / .milliseconds(1) } ?? .nan, digits: 1),
            "all": .array((times[loss] ?? []).map { .rounded($0 / .milliseconds(1), digits: 1) }),
        ]
    }

    /// The same for people.
    var human: String {
        let lines = HandoverBench.Loss.allCases.map { loss in
            let all = (times[loss] ?? []).map { JSON.rounded($0 / .milliseconds(1), digits: 1).text }
            let middle = median(loss).map { JSON.rounded($0 / .milliseconds(1), digits: 1).text } ?? "–"
            return "\(loss.rawValue): median \(middle) ms of \(all.joined(separator: ", "))"
        }
        return (lines + ["at most \(PipelineFigures.milliseconds(target).text) ms is the target"])
            .joined(separator: "\n")
    }
}
