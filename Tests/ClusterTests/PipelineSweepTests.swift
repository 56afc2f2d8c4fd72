import Foundation
import Testing

@testable import HotStuff
@testable import HotStuffTool

/// What a sweep makes of its measurements, on measurements made by hand.
struct PipelineSweepTests {
    /// So many blocks a second, each decided after so long.
    private func figures(
        _ load: SyntheticMachine.Load, _ roundTrip: Duration, rate: Double, decision: Duration, executions: Int = 0
    ) throws -> PipelineFigures {
        let marks = (0..<100).map { (block: UInt64) in
            Marks.Mark(height: block + 1, committed: 1_000_000_000 + UInt64(Double(block) * 1e9 / rate))
        }
        var accounts = BlockAccounts()
        var commit = DurationHistogram()
        commit.record(decision)
        accounts.spans[.commit] = commit
        accounts.machine.executions = executions
        let ideal = .seconds(1) / max(load.propose, load.execute)
        return try PipelineFigures(
            PipelinePlan(load: load, roundTrip: roundTrip), ideal: ideal, commits: [marks, marks, marks],
            from: .zero, to: Timestamp(nanoseconds: .max), accounts: AccountsPage(accounts),
            follower: AccountsPage(BlockAccounts()))
    }

    private func cell(_ propose: Int, _ execute: Int, roundTrip: Int = 100) -> SweepCell {
        SweepCell(
            load: .init(propose: .milliseconds(propose), execute: .milliseconds(execute)),
            roundTrip: .milliseconds(roundTrip))
    }

    @Test(arguments: [
        (20, 100, 0.98), (100, 20, 0.98), (5, 100, 0.95), (1, 20, 0.95), (5, 5, 0.95), (1, 5, 0.95), (1, 1, 0.85),
    ])
    func theTargetFollowsTheShorterTime(propose: Int, execute: Int, target: Double) {
        #expect(cell(propose, execute).efficiencyTarget == target)
    }

    @Test func theMedianRunCounts() throws {
        var cell = cell(20, 20)
        for rate in [49.5, 20, 49.9] {
            cell.runs.append(
                try figures(cell.load, cell.roundTrip, rate: rate, decision: .milliseconds(205)))
        }
        #expect(abs(try #require(cell.median).efficiency - 0.99) < 0.001)
        #expect(cell.decisionTarget == 210)
        #expect(cell.isMet)
    }

    @Test func aPointIsMissedForItsSpeedItsLatencyItsSlowFollowerOrAnExecution() throws {
        let good = cell(20, 20)
        func measured(rate: Double = 50, decision: Duration = .milliseconds(205), executions: Int = 0) throws
            -> SweepCell
        {
            var cell = good
            cell.runs = [
                try figures(good.load, good.roundTrip, rate: rate, decision: decision, executions: executions)
            ]
            return cell
        }
        #expect(try measured().isMet)
        #expect(try !measured(rate: 48).isMet)
        #expect(try !measured(decision: .milliseconds(230)).isMet)
        #expect(try !measured(executions: 1).isMet)
        var slow = try measured()
        slow.slowFollower = try figures(good.load, good.roundTrip, rate: 47, decision: .zero)
        #expect(!slow.isMet)
        #expect(!good.isMet)
    }

    @Test func aSweepIsDrawnWithWhatItMissesFramed() throws {
        var plan = PipelineSweep.Plan(
            propose: [.milliseconds(20)], execute: [.milliseconds(20), .milliseconds(100)],
            roundTrips: [.milliseconds(100)])
        plan.slowFollower = 10
        var met = cell(20, 20)
        met.runs = [try figures(met.load, met.roundTrip, rate: 50, decision: .milliseconds(205))]
        var missed = cell(20, 100)
        missed.runs = [try figures(missed.load, missed.roundTrip, rate: 8, decision: .milliseconds(205))]
        let result = PipelineSweep.Result(cells: [met, missed], time: .seconds(3), plan: plan)
        let drawing = SweepPlot(result: result).svg.document
        #expect(drawing.hasPrefix("<svg "))
        #expect(drawing.contains(">0.80</text>"))
        #expect(drawing.components(separatedBy: "stroke=\"#b00020\"").count == 2)
        #expect(!drawing.contains("slow follower"))  // none was measured
        #expect(result.human.contains("1 of 2 points"))
    }

    @Test func aTimelineShowsEachBlockInItsLanes() throws {
        let leader = page { height in
            let start = height * 20
            return [
                start, start + 20, start + 21, start + 21, 0, start + 120, start + 220, start + 225, 0, 0, start + 230,
                start + 231,
            ]
        }
        let follower = page { height in
            let start = height * 20 + 250
            return [0, 0, 0, 0, start, start, start, start, start + 1, start + 20, start + 21, start + 22]
        }
        let plot = TimelinePlot(leader: leader, follower: follower, title: "P < E & \"more\"")
        let drawing = try #require(plot.svg).document
        #expect(drawing.contains("P &lt; E &amp; &quot;more&quot;"))
        for lane in ["propose", "consensus", "disk", "execute"] { #expect(drawing.contains(": \(lane) ")) }
        #expect(TimelinePlot(leader: page { _ in [] }, follower: follower, title: "").svg == nil)
    }

    private func page(_ times: (UInt64) -> [UInt64]) -> AccountsPage {
        var page = AccountsPage(BlockAccounts())
        page.blocks = (1...40).map { height in
            AccountsPage.Block(height: height, bytes: 8, times: times(height).map { $0 * 1_000_000 })
        }
        return page
    }

    @Test(arguments: [("1", [1_000]), ("1,5,20", [1_000, 5_000, 20_000]), ("0.5,0", [500, 0])])
    func timesAreReadFromTheCommandLine(text: String, microseconds: [Int64]) {
        #expect(MillisecondList(argument: text)?.times == microseconds.map { .microseconds($0) })
    }

    @Test(arguments: ["", "1,", "a", "-1", "1,1", "70000", "nan"])
    func whatIsNoListOfTimesIsRefused(text: String) {
        #expect(MillisecondList(argument: text) == nil)
    }
}
