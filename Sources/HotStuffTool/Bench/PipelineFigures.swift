import HotStuff

/// What the pipeline's measurement found.
struct PipelineFigures: Sendable {
    /// What was asked for.
    let plan: PipelineBench.Plan
    /// Blocks per second that the bare machine reaches.
    let ideal: Double
    /// Payload blocks whose commit has returned on the third-fastest replica, per second.
    let blocksPerSecond: Double
    /// How many payload blocks were measured.
    let blocks: Int
    /// From the return of `doPropose()` to the return of `commit` at the leader, in milliseconds, sorted.
    let latencies: [Double]
    /// Blocks that the leader's state machine executed while it was measured.
    let leaderExecutions: Int
    /// Blocks without payload that were committed between the first and the last measured block.
    let nudges: Int

    /// Measures by the replicas' marks.
    ///
    /// - Parameters:
    ///   - commits: each replica's marks, in any order.
    ///   - start: blocks that the third-fastest replica committed before this are the warm-up.
    ///   - end: those after this are not counted.
    /// - Throws: `ToolError` if there is too little to measure.
    init(
        _ plan: PipelineBench.Plan, ideal: Double, commits: [[Marks.Mark]], from start: Timestamp, to end: Timestamp,
        leader: Int, leaderExecutions: Int
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
        let heights = first.height...last.height
        let proposals = commits[leader].filter { heights.contains($0.height) }
        self.plan = plan
        self.ideal = ideal
        self.leaderExecutions = leaderExecutions
        blocks = measured.count
        blocksPerSecond = Double(measured.count - 1) / (Double(last.time - first.time) / 1e9)
        latencies = proposals.compactMap { mark in
            mark.proposed.map { (Double(mark.committed) - Double($0)) / 1e6 }
        }.sorted()
        nudges = Int(last.height - first.height) + 1 - measured.count
    }

    /// The third-fastest of the replicas: with four of them, a quorum has committed then.
    private static let place = 2

    /// The part of the bare machine's speed that was reached.
    var efficiency: Double { blocksPerSecond / ideal }

    /// The latency that so many percent of the blocks do not exceed; not a number if no block's is known.
    func latency(percentile: Int) -> Double {
        guard !latencies.isEmpty else { return .nan }
        let place = (latencies.count * percentile + 99) / 100
        return latencies[max(0, place - 1)]
    }

    /// The object that `--json` prints.
    var json: JSON {
        [
            "propose_ms": Self.milliseconds(plan.load.propose),
            "execute_ms": Self.milliseconds(plan.load.execute),
            "round_trip_ms": Self.milliseconds(plan.roundTrip),
            "speculation": .bool(plan.speculation),
            "blocks_per_second": .rounded(blocksPerSecond, digits: 2),
            "ideal": .rounded(ideal, digits: 2),
            "efficiency": .rounded(efficiency, digits: 3),
            "commit_latency_ms": [
                "p50": .rounded(latency(percentile: 50), digits: 1),
                "p99": .rounded(latency(percentile: 99), digits: 1),
            ],
            "leader_executions": .integer(leaderExecutions),
            "nudges": .integer(nudges),
        ]
    }

    /// The same for people, with the count of blocks.
    var human: String {
        let rows: [(String, String)] = [
            ("propose", Self.milliseconds(plan.load.propose).text + " ms"),
            ("execute", Self.milliseconds(plan.load.execute).text + " ms"),
            ("round trip", Self.milliseconds(plan.roundTrip).text + " ms"),
            ("speculation", plan.speculation ? "yes" : "no"),
            ("blocks measured", "\(blocks)"),
            ("blocks/s", JSON.rounded(blocksPerSecond, digits: 2).text),
            ("ideal blocks/s", JSON.rounded(ideal, digits: 2).text),
            ("efficiency", JSON.rounded(efficiency, digits: 3).text),
            ("commit latency p50", JSON.rounded(latency(percentile: 50), digits: 1).text + " ms"),
            ("commit latency p99", JSON.rounded(latency(percentile: 99), digits: 1).text + " ms"),
            ("leader executions", "\(leaderExecutions)"),
            ("nudges", "\(nudges)"),
        ]
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, value in name + String(repeating: " ", count: width - name.count + 2) + value }
            .joined(separator: "\n")
    }

    /// A duration as it was asked for: a whole number where it is one.
    private static func milliseconds(_ duration: Duration) -> JSON {
        let value = duration / .milliseconds(1)
        return value == value.rounded() ? .integer(Int(value)) : .rounded(value, digits: 3)
    }
}
