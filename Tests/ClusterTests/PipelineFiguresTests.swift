import Testing

@testable import HotStuff
@testable import HotStuffTool

/// The measurement's arithmetic, on marks made by hand.
struct PipelineFiguresTests {
    /// Blocks at heights 1, 3, 5 … of which the replicas commit one each 10 ms, the third-fastest 2 ms after the first.
    private func commits(_ count: UInt64) -> [[Marks.Mark]] {
        [0, 1, 2, 3].map { (replica: UInt64) in
            (0..<count).map { block in
                Marks.Mark(
                    height: 2 * block + 1, committed: 1_000_000_000 + block * 10_000_000 + replica * 1_000_000)
            }
        }
    }

    private func figures(_ commits: [[Marks.Mark]], from: UInt64 = 0, to: UInt64 = .max) throws -> PipelineFigures {
        var accounts = BlockAccounts()
        var finish = DurationHistogram()
        for _ in 0..<100 { finish.record(.milliseconds(5)) }
        accounts.spans[.finish] = finish
        return try PipelineFigures(
            PipelinePlan(load: .init(), roundTrip: .zero), ideal: 200, commits: commits,
            from: Timestamp(nanoseconds: from), to: Timestamp(nanoseconds: to), accounts: AccountsPage(accounts),
            follower: AccountsPage(BlockAccounts()))
    }

    @Test func blocksCountWhenTheThirdFastestHasCommittedThem() throws {
        let figures = try figures(commits(101))
        #expect(figures.blocks == 101)
        #expect(abs(figures.blocksPerSecond - 100) < 0.001)
        #expect(abs(figures.efficiency - 0.5) < 0.001)
        #expect(figures.nudges == 100)
        #expect(abs(figures.milliseconds(.finish, percentile: 50) - 5) < 0.1)
        #expect(figures.milliseconds(.commit, percentile: 50).isNaN)
    }

    @Test func whatWasCommittedBeforeTheStartOrAfterTheEndDoesNotCount() throws {
        let figures = try figures(commits(101), from: 1_200_000_000, to: 1_399_000_000)
        #expect(figures.blocks == 20)
        #expect(abs(figures.blocksPerSecond - 100) < 0.001)
    }

    @Test func aBlockThatTwoReplicasHaveCommittedDoesNotCount() throws {
        var commits = commits(10)
        commits[2].removeLast()
        commits[3].removeLast()
        #expect(try figures(commits).blocks == 9)
    }

    @Test func tooLittleToMeasureIsAnError() {
        #expect(throws: ToolError.self) { try figures(commits(1)) }
    }
}
