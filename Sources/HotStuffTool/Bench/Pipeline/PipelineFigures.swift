import HotStuff

/// What the pipeline's measurement found.
struct PipelineFigures: Sendable {
    /// What was asked for.
    let plan: PipelinePlan
    /// Blocks per second that the bare machine reaches.
    let ideal: Double
    /// Payload blocks whose commit has returned on the third-fastest replica, per second.
    let blocksPerSecond: Double
    /// How many payload blocks were measured.
    let blocks: Int
    /// Blocks without payload that were committed between the first and the last measured block.
    let nudges: Int
    /// What the leader has noted meanwhile.
    let accounts: AccountsPage
    /// What one of the followers has.
    let follower: AccountsPage

    /// Measures by the replicas' marks.
    ///
    /// - Parameters:
    ///   - commits: each replica's marks, in any order.
    ///   - start: blocks that the third-fastest replica committed before this are the warm-up.
    ///   - end: those after this are not counted.
    ///   - accounts: the leader's, of the time between.
    ///   - follower: those of one of the followers.
    /// - Throws: `ToolError` if there is too little to measure.
    init(
        _ plan: PipelinePlan, ideal: Double, commits: [[Marks.Mark]], from start: Timestamp, to end: Timestamp,
        accounts: AccountsPage, follower: AccountsPage
    ) throws {
        var times: [UInt64: [UInt64]] = [:]
        for marks in commits { for mark in marks { times[mark.height, default: []].append(mark.committed) } }
        let third = times.compactMap { height, times in
            times.count > Self.place ? (height: height, time: times.sorted()[Self.place]) : nil
        }
        let measured = third.filter { $0.time >= start.nanoseconds && $0.time <= end.nanoseconds }
            .sorted { $0.height < $1.height }
        guard let first = measured.first, let last = measured.last, last.time > first.time else {
            throw ToolError(
                "only \(measured.count) blocks were committed after the warm-up",
                remedy: "measure longer, with --seconds or --blocks")
        }
        self.plan = plan
        self.ideal = ideal
        self.accounts = accounts
        self.follower = follower
        blocks = measured.count
        blocksPerSecond = Double(measured.count - 1) / (Double(last.time - first.time) / 1e9)
        nudges = Int(last.height - first.height) + 1 - measured.count
    }

    /// The third-fastest of the replicas: with four of them, a quorum has committed then.
    static let place = 2

    /// The part of the bare machine's speed that was reached.
    var efficiency: Double { blocksPerSecond / ideal }

    /// Blocks that the leader's state machine executed while it was measured.
    var leaderExecutions: Int { accounts.executions }

    /// How long a part of a block's way took that so many percent of the blocks do not exceed, in milliseconds; not a
    /// number if no block's is known.
    func milliseconds(_ span: BlockSpan, percentile: Int) -> Double {
        Self.milliseconds(span, percentile, accounts)
    }

    private static func milliseconds(_ span: BlockSpan, _ percentile: Int, _ accounts: AccountsPage) -> Double {
        accounts.span(span).quantile(Double(percentile) / 100).map { $0 / .milliseconds(1) } ?? .nan
    }

    /// The object that `--json` prints.
    var json: JSON {
        .object(
            [
                .init(name: "propose_ms", value: Self.milliseconds(plan.load.propose)),
                .init(name: "execute_ms", value: Self.milliseconds(plan.load.execute)),
                .init(name: "round_trip_ms", value: Self.milliseconds(plan.roundTrip)),
                .init(name: "speculation", value: .bool(plan.speculation)),
                .init(name: "blocks_per_second", value: .rounded(blocksPerSecond, digits: 2)),
                .init(name: "ideal", value: .rounded(ideal, digits: 2)),
                .init(name: "efficiency", value: .rounded(efficiency, digits: 3)),
                .init(name: "decision_latency_ms", value: percentiles(.commit)),
                .init(name: "commit_latency_ms", value: percentiles(.finish)),
                .init(name: "leader_executions", value: .integer(leaderExecutions)),
                .init(name: "nudges", value: .integer(nudges)),
            ] + accountsMembers)
    }

    private var accountsMembers: [JSON.Member] {
        [
            .init(
                name: "spans_ms",
                value: .object(BlockSpan.allCases.map { .init(name: $0.rawValue, value: percentiles($0)) })),
            .init(name: "followers", value: .string(plan.followers.rawValue)),
            .init(
                name: "follower_spans_ms",
                value: .object(
                    Self.followed.map { .init(name: $0.1.rawValue, value: percentiles($0.1, of: follower)) })),
            .init(
                name: "propose_waits_ms",
                value: .object(
                    ProposeWait.allCases.map { wait in
                        let nanoseconds = accounts.waits[wait.rawValue] ?? 0
                        return .init(name: wait.rawValue, value: .rounded(Double(nanoseconds) / 1e6, digits: 1))
                    })),
            .init(name: "deepest_speculation", value: .integer(accounts.deepest)),
            .init(name: "executions_avoided", value: .integer(accounts.avoidedExecutions)),
            .init(name: "undone_blocks", value: .integer(accounts.undoneBlocks)),
            .init(name: "undone_ms", value: .rounded(Double(accounts.undoneNanoseconds) / 1e6, digits: 1)),
        ]
    }

    private func percentiles(_ span: BlockSpan) -> JSON { percentiles(span, of: accounts) }

    private func percentiles(_ span: BlockSpan, of accounts: AccountsPage) -> JSON {
        [
            "p50": .rounded(Self.milliseconds(span, 50, accounts), digits: 2),
            "p99": .rounded(Self.milliseconds(span, 99, accounts), digits: 2),
        ]
    }

    /// The same for people, with the count of blocks.
    var human: String {
        let starved = accounts.waits[ProposeWait.proposal.rawValue] ?? 0
        var rows: [(String, String)] = [
            ("propose", Self.milliseconds(plan.load.propose).text + " ms"),
            ("execute", Self.milliseconds(plan.load.execute).text + " ms"),
            ("round trip", Self.milliseconds(plan.roundTrip).text + " ms"),
            ("speculation", plan.speculation ? "yes" : "no"),
            ("blocks measured", "\(blocks)"),
            ("blocks/s", JSON.rounded(blocksPerSecond, digits: 2).text),
            ("ideal blocks/s", JSON.rounded(ideal, digits: 2).text),
            ("efficiency", JSON.rounded(efficiency, digits: 3).text),
            ("leader executions", "\(leaderExecutions)"),
            ("executions avoided", "\(accounts.avoidedExecutions)"),
            ("undone by roll backs", "\(accounts.undoneBlocks) blocks"),
            ("deepest speculation", "\(accounts.deepest) blocks"),
            ("doPropose() starved", JSON.rounded(Double(starved) / 1e6, digits: 1).text + " ms"),
            ("nudges", "\(nudges)"),
        ]
        rows += Self.told.map { ($0.0, told($0.1, accounts)) } + Self.followed.map { ($0.0, told($0.1, follower)) }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, value in name + String(repeating: " ", count: width - name.count + 2) + value }
            .joined(separator: "\n")
    }

    private func told(_ span: BlockSpan, _ accounts: AccountsPage) -> String {
        let (median, tail) = (Self.milliseconds(span, 50, accounts), Self.milliseconds(span, 99, accounts))
        return "\(JSON.rounded(median, digits: 2).text) ms, p99 \(JSON.rounded(tail, digits: 2).text) ms"
    }

    /// The same of a follower.
    private static let followed: [(String, BlockSpan)] = [
        ("follower: execute() itself", .execute), ("follower: sync of the decision", .sync),
        ("follower: decision to final", .settle), ("follower: own certificate to final", .follow),
    ]

    /// The parts of a block's way, as they are told to people.
    private static let told: [(String, BlockSpan)] = [
        ("propose() itself", .propose), ("in the buffer", .buffer), ("doPropose() to sent", .send),
        ("doPropose() to certificate", .certify), ("doPropose() to committed", .commit),
        ("  of which the last sync", .sync), ("doPropose() to final", .finish),
    ]

    /// A duration as it was asked for: a whole number where it is one.
    static func milliseconds(_ duration: Duration) -> JSON {
        let value = duration / .milliseconds(1)
        return value == value.rounded() ? .integer(Int(value)) : .rounded(value, digits: 3)
    }
}
