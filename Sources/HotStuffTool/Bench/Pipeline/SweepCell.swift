import HotStuff

/// One point of a sweep, and what was measured there.
struct SweepCell: Sendable {
    /// What the machine's calls cost.
    let load: SyntheticMachine.Load
    /// The network's.
    let roundTrip: Duration
    /// How far the leader may propose ahead of a quorum's state machines, in time; nil for as far as the queues reach.
    let lead: Duration?
    /// Several measurements of the same.
    var runs: [PipelineFigures] = []
    /// With one follower that is slower than the others.
    var slowFollower: PipelineFigures?
    /// With a leader that does not run ahead.
    var withoutSpeculation: PipelineFigures?

    /// A point where nothing was measured yet.
    init(load: SyntheticMachine.Load, roundTrip: Duration, lead: Duration? = nil) {
        self.load = load
        self.roundTrip = roundTrip
        self.lead = lead
    }

    /// How many certificates in a row commit a block, in the networks that this tool makes.
    static let commitChainLength = 2

    /// Blocks per second of a machine that loses no time: one block every max(P, E).
    var ideal: Double { .seconds(1) / max(load.propose, load.execute) }

    /// The run of median efficiency; nil if there is none.
    var median: PipelineFigures? {
        let sorted = runs.sorted { $0.efficiency < $1.efficiency }
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    /// The median over the runs of the median time from `doPropose()` to the commit in the log, in milliseconds.
    var decision: Double? { medianOfMedians(.commit) }

    /// The same until the state machine's `commit` has returned.
    var finish: Double? { medianOfMedians(.finish) }

    private func medianOfMedians(_ span: BlockSpan) -> Double? {
        let sorted = runs.map { $0.milliseconds(span, percentile: 50) }.filter { !$0.isNaN }.sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    // MARK: - Targets

    /// The least efficiency that this project is content with.
    var efficiencyTarget: Double {
        let (shorter, longer) = (min(load.propose, load.execute), max(load.propose, load.execute))
        if shorter >= .milliseconds(20) { return 0.98 }
        return longer >= .milliseconds(5) ? 0.95 : 0.85
    }

    /// The least efficiency with a slow follower.
    var slowFollowerTarget: Double { efficiencyTarget - 0.02 }

    /// The longest median time to the decision, in milliseconds.
    var decisionTarget: Double {
        Double(Self.commitChainLength) * (roundTrip / .milliseconds(1)) + 10
    }

    /// Whether all that was measured here is as good as it should be.
    var isMet: Bool {
        guard let median, let decision else { return false }
        return median.efficiency >= efficiencyTarget && decision <= decisionTarget
            && runs.allSatisfy { $0.leaderExecutions == 0 }
            && slowFollower.map { $0.efficiency >= slowFollowerTarget } ?? true
    }

    // MARK: - Showing

    /// The point as a member of the sweep's `cells`.
    var json: JSON {
        [
            "propose_ms": PipelineFigures.milliseconds(load.propose),
            "execute_ms": PipelineFigures.milliseconds(load.execute),
            "round_trip_ms": PipelineFigures.milliseconds(roundTrip),
            "lead_ms": lead.map { PipelineFigures.milliseconds($0) } ?? .null,
            "ideal": .rounded(ideal, digits: 2),
            "blocks_per_second": .rounded(median?.blocksPerSecond ?? .nan, digits: 2),
            "efficiency": .rounded(median?.efficiency ?? .nan, digits: 3),
            "efficiencies": .array(runs.map { .rounded($0.efficiency, digits: 3) }),
            "efficiency_target": .rounded(efficiencyTarget, digits: 3),
            "decision_latency_ms": .rounded(decision ?? .nan, digits: 2),
            "decision_latency_target_ms": .rounded(decisionTarget, digits: 2),
            "commit_latency_ms": .rounded(finish ?? .nan, digits: 2),
            "leader_executions": .integer(runs.reduce(0) { $0 + $1.leaderExecutions }),
            "slow_follower_efficiency": slowFollower.map { .rounded($0.efficiency, digits: 3) } ?? .null,
            "without_speculation_efficiency": withoutSpeculation.map { .rounded($0.efficiency, digits: 3) } ?? .null,
            "is_met": .bool(isMet),
        ]
    }

    /// The names of the columns of `row`.
    static let columns = [
        "P", "E", "R", "blocks/s", "efficiency", "at least", "slow follower", "no speculation", "decision p50",
        "at most", "commit p50", "",
    ]

    /// The point as a line of a table.
    var row: [String] {
        func number(_ value: Double?, _ digits: Int) -> String {
            value.map { JSON.rounded($0, digits: digits).text } ?? "–"
        }
        return [
            PipelineFigures.milliseconds(load.propose).text, PipelineFigures.milliseconds(load.execute).text,
            PipelineFigures.milliseconds(roundTrip).text, number(median?.blocksPerSecond, 1),
            number(median?.efficiency, 3), number(efficiencyTarget, 2), number(slowFollower?.efficiency, 3),
            number(withoutSpeculation?.efficiency, 3), number(decision, 1), number(decisionTarget, 0),
            number(finish, 1), isMet ? "" : "missed",
        ]
    }
}
