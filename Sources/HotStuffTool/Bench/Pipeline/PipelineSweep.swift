import HotStuff

/// Measures the pipeline at every point of a table of loads and round trips.
///
/// One cluster serves all loads of one round trip that propose no faster than they execute, a second one, whose leader
/// paces itself to its followers, the others, and a third all without speculation: a load is changed while the replicas
/// run, and given time to settle.
struct PipelineSweep {
    /// What to measure.
    struct Plan: Sendable {
        /// Times of a `propose()`.
        var propose: [Duration]
        /// Times of an `execute()`.
        var execute: [Duration]
        /// The network's.
        var roundTrips: [Duration]
        /// Size of a payload.
        var payload = ByteCount.kibibytes(1)
        /// How often each point is measured.
        var repeats = 3
        /// How long each measurement lasts.
        var time = Duration.seconds(2)
        /// How many times longer the slow follower takes; nil for none.
        var slowFollower: Int?
        /// Whether the same is measured without speculation.
        var hasContrast = true
    }

    /// What was measured.
    struct Result: Sendable {
        /// The points, in the order in which they were measured.
        var cells: [SweepCell]
        /// How long it took.
        var time: Duration
        /// What was asked for.
        let plan: Plan
    }

    /// What to measure.
    let plan: Plan
    /// Where to make the networks.
    let directory: String
    /// The path of this tool, which the replicas are processes of.
    let program: String
    /// What the replicas log.
    let logLevel: LogLevel
    /// Where to show how far it is.
    let progress: Progress

    private let clock = ReplicaClock.monotonic
    /// How often a measurement during which the leader changed is made again.
    private static let attempts = 3
    /// How many blocks a measurement takes in at least.
    private static let leastBlocks = 6

    /// Measures all points.
    func run() throws -> Result {
        let start = clock.now
        let interruption = try Interruption()
        var cells: [SweepCell] = []
        let count = plan.roundTrips.count * plan.propose.count * plan.execute.count
        for roundTrip in plan.roundTrips {
            var these = plan.execute.flatMap { execute in
                plan.propose.map { propose in
                    let load = SyntheticMachine.Load(propose: propose, execute: execute, payload: plan.payload)
                    return SweepCell(
                        load: load, roundTrip: roundTrip, lead: propose < execute ? lead(roundTrip) : nil)
                }
            }
            var done = cells.count
            for lead in [nil, lead(roundTrip)] where these.contains(where: { $0.lead == lead }) {
                try withCluster(roundTrip, lead: lead, interruption) { cluster in
                    // Slow followers first: a leader finds sooner that they are fast than that they are slow, for then it
                    // has left them behind already.
                    let places = these.indices.filter { these[$0].lead == lead }
                        .sorted { these[$0].load.execute > these[$1].load.execute }
                    for place in places {
                        show(done, of: count, since: start, these[place])
                        try measure(&these[place], on: cluster)
                        done += 1
                    }
                }
            }
            if plan.hasContrast {
                try withCluster(roundTrip, speculation: false, interruption) { cluster in
                    for place in these.indices {
                        progress.show {
                            "round trip \(these[place].roundTrip): without speculation, point \(place + 1)"
                        }
                        try contrast(&these[place], on: cluster)
                    }
                }
            }
            cells += these
        }
        progress.end()
        return Result(cells: cells, time: clock.now - start, plan: plan)
    }

    /// How far a leader may run ahead that would otherwise leave its followers behind: a block's whole way, with room for
    /// asking how far they are.
    private func lead(_ roundTrip: Duration) -> Duration {
        roundTrip * (SweepCell.commitChainLength + 1) + (plan.execute.max() ?? .zero) * 2 + Cadence.inquiry * 2
    }

    private func show(_ place: Int, of count: Int, since start: Timestamp, _ cell: SweepCell) {
        progress.show {
            let seconds = JSON.rounded((clock.now - start) / .seconds(1), digits: 0).text
            let times = [cell.load.propose, cell.load.execute, cell.roundTrip].map {
                PipelineFigures.milliseconds($0).text
            }
            return "point \(place + 1) of \(count) after \(seconds) s: P \(times[0]), E \(times[1]), R \(times[2]) ms"
        }
    }

    // MARK: - A cluster

    private func withCluster(
        _ roundTrip: Duration, speculation: Bool = true, lead: Duration? = nil, _ interruption: Interruption,
        _ body: (PipelineCluster) throws -> Void
    ) throws {
        let slowest = SyntheticMachine.Load(
            propose: plan.propose.max() ?? .zero,
            execute: (plan.execute.max() ?? .zero), payload: plan.payload)
        var pipeline = PipelinePlan(load: slowest, roundTrip: roundTrip)
        pipeline.speculation = speculation
        pipeline.lead = lead
        let kind = speculation ? lead == nil ? "ahead" : "paced" : "contrast"
        let name = "\(PipelineFigures.milliseconds(roundTrip).text)ms-\(kind)"
        let cluster = try PipelineCluster(
            pipeline, directory: "\(directory)/\(name)", program: program, logLevel: logLevel,
            interruption: interruption)
        try cluster.start()
        try body(cluster)
        try cluster.stop()
    }

    // MARK: - A point

    private func measure(_ cell: inout SweepCell, on cluster: PipelineCluster) throws {
        var pipeline = PipelinePlan(load: cell.load, roundTrip: cell.roundTrip)
        pipeline.extent = .time(plan.time, leastBlocks: Self.leastBlocks)
        try cluster.set(cell.load)
        try settle(cell, on: cluster)
        for _ in 0..<plan.repeats { cell.runs.append(try measure(pipeline, cell, on: cluster)) }
        if let slowFollower = plan.slowFollower {
            pipeline.slowFollower = slowFollower
            try cluster.set(cell.load, slowFollower: slowFollower)
            try settle(cell, on: cluster)
            cell.slowFollower = try measure(pipeline, cell, on: cluster)
        }
        // What a machine is behind with would be executed at the next point, by the next load.
        try cluster.drain()
    }

    private func contrast(_ cell: inout SweepCell, on cluster: PipelineCluster) throws {
        var pipeline = PipelinePlan(load: cell.load, roundTrip: cell.roundTrip)
        pipeline.speculation = false
        // A block takes its whole way before the next begins.
        let block = cell.load.propose + cell.load.execute + cell.roundTrip * 3
        pipeline.extent = .time(plan.time, leastBlocks: Self.leastBlocks)
        try cluster.set(cell.load)
        try cluster.run(for: block * 2)
        cell.withoutSpeculation = try measure(pipeline, cell, on: cluster)
        try cluster.drain()
    }

    /// Lets the leader find its window, and the followers' queues fill as they will.
    private func settle(_ cell: SweepCell, on cluster: PipelineCluster) throws {
        let block = max(cell.load.propose, cell.load.execute)
        try cluster.run(for: .milliseconds(500) + cell.roundTrip * 8 + block * 6)
        // A leader that paces itself had got used to a machine that costs nothing, and must have found out.
        if let lead = cell.lead { try cluster.run(untilBacklogIs: Int(lead / block) + 16) }
    }

    private func measure(
        _ pipeline: PipelinePlan, _ cell: SweepCell, on cluster: PipelineCluster
    ) throws -> PipelineFigures {
        for _ in 0..<Self.attempts {
            if let figures = try cluster.measure(pipeline, ideal: cell.ideal) { return figures }
            progress.say("once more: the leader has changed")
        }
        throw cluster.noLeader()
    }
}

extension PipelineSweep.Result {
    /// The object that `--json` prints.
    var json: JSON {
        [
            "cells": .array(cells.map(\.json)),
            "repeats": .integer(plan.repeats),
            "seconds_each": .rounded(plan.time / .seconds(1), digits: 2),
            "slow_follower": plan.slowFollower.map { .integer($0) } ?? .null,
            "cells_met": .integer(cells.count(where: \.isMet)),
            "cells_in_all": .integer(cells.count),
            "seconds_taken": .rounded(time / .seconds(1), digits: 1),
        ]
    }

    /// The same for people: a table.
    var human: String {
        let rows = [SweepCell.columns] + cells.map(\.row)
        let widths = SweepCell.columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).map { text, width in String(repeating: " ", count: width - text.count) + text }
                .joined(separator: "  ")
        }
        let seconds = JSON.rounded(time / .seconds(1), digits: 0).text
        return
            (lines + ["\(cells.count(where: \.isMet)) of \(cells.count) points as good as they should be, \(seconds) s"])
            .joined(separator: "\n")
    }
}
