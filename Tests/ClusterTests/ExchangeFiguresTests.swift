import BatchExchange
import Testing

@testable import HotStuff
@testable import HotStuffTool

/// The arithmetic of the exchange's measurement in replicas, on marks made by hand.
struct ExchangeFiguresTests {
    /// Two blocks to warm up, ten to measure.
    private var plan: ExchangePlan {
        var plan = ExchangePlan(blockSize: 1_000)
        (plan.warmUp, plan.blocks) = (2, 10)
        return plan
    }

    /// Proposals that take so many milliseconds each: by the clock, of a processor, and waiting for one.
    private func proposals(_ elapsed: UInt64, _ processor: UInt64, _ queued: UInt64 = 0) -> [ProposalMark] {
        (1...14).map { (number: UInt64) in
            let times = ThreadTimes(
                clock: number * elapsed * 1_000_000, processor: number * processor * 1_000_000,
                queued: number * queued * 1_000_000)
            return ProposalMark(times: times, transactions: 900, digest: "state \(number)")
        }
    }

    private func bare(_ elapsed: UInt64, othersShare: Double? = 0.25) -> ExchangeFigures.Bare {
        .init(
            loop: .init(marks: proposals(elapsed, elapsed), payloadBytes: [Int](repeating: 50_000, count: 14)),
            othersShare: othersShare)
    }

    /// Replica 1 leads; each commits a block each 20 ms, a millisecond after the one before it, and spends 10 ms of a
    /// processor, the leader 16.
    private func replicas(_ proposals: [ProposalMark]) -> ExchangeFigures.Replicas {
        let commits = [0, 1, 2, 3].map { (replica: UInt64) in
            (1...14).map { (block: UInt64) in
                Marks.Mark(
                    height: 2 * block, committed: (block * 20 + replica) * 1_000_000,
                    processor: block * (replica == 1 ? 16 : 10) * 1_000_000)
            }
        }
        return .init(
            leader: 1, commits: commits, proposals: proposals, accounts: AccountsPage(BlockAccounts()),
            othersShare: 0.5)
    }

    @Test func theBlocksAfterTheWarmUpCountInBothRuns() throws {
        let figures = try ExchangeFigures(
            plan, bare: [bare(15), bare(17)], replicas: replicas(proposals(20, 14, 5)))
        #expect(figures.transactions == 9_000)
        #expect(figures.payloadBytes == 500_000)
        #expect(abs(figures.barePerSecond - 900 / 0.016) < 0.1)
        #expect(abs(figures.replicatedPerSecond - 900 / 0.020) < 0.1)
        #expect(abs(figures.ratio - 0.8) < 1e-9)
        #expect(abs(figures.megabytesPerSecond - 2.5) < 1e-9)
        #expect(figures.leaderExecutions == 0)
    }

    @Test func theTimeOfTheMachineAndOfEachProcessIsAccountedFor() throws {
        let figures = try ExchangeFigures(
            plan, bare: [bare(15), bare(17)], replicas: replicas(proposals(20, 14, 5)))
        #expect(figures.bare.milliseconds(\.processor) == 16)
        #expect(figures.machine.milliseconds(\.processor) == 14)
        #expect(figures.machine.milliseconds(\.queued) == 5)
        #expect(figures.machine.milliseconds(\.idle) == 1)
        #expect(abs(figures.processorRatio - 16.0 / 14) < 1e-9)
        #expect(figures.processes.map(\.isLeader) == [false, true, false, false])
        #expect(abs(figures.machineShare - 0.7) < 1e-9)
        #expect(abs(figures.leaderRestShare - 0.1) < 1e-9)
        #expect(abs(figures.followersShare - 1.5) < 1e-9)
        #expect(figures.disturbance == 0.75)
    }

    @Test func aLeaderThatDidSomethingElseIsAnError() {
        var proposals = proposals(20, 14)
        proposals[7].digest = "another state"
        #expect(throws: ToolError.self) {
            try ExchangeFigures(plan, bare: [bare(15)], replicas: replicas(proposals))
        }
        var rolledBack = replicas(self.proposals(20, 14))
        rolledBack.accounts.undoneBlocks = 1
        #expect(throws: ToolError.self) { try ExchangeFigures(plan, bare: [bare(15)], replicas: rolledBack) }
    }

    @Test func blocksThatTwoReplicasHaveCommittedAreTooFew() {
        var replicas = replicas(proposals(20, 14))
        for number in [0, 2] { replicas.commits[number].removeLast(4) }
        #expect(throws: ToolError.self) { try ExchangeFigures(plan, bare: [bare(15)], replicas: replicas) }
    }

    @Test func aSystemThatTellsNothingOfOthersIsNoError() throws {
        let figures = try ExchangeFigures(
            plan, bare: [bare(15, othersShare: nil)], replicas: replicas(proposals(20, 14)))
        #expect(figures.others == nil)
        #expect(figures.json.text.contains(#""others_beside_bare":null"#))
        #expect(ExchangeFigures.table([figures]).contains("–"))
    }

    @Test func theCurveIsDrawnOverAllSizes() throws {
        var large = plan
        large.blockSize = 500_000
        let figures = try [plan, large].map {
            try ExchangeFigures($0, bare: [bare(16)], replicas: replicas(proposals(20, 14)))
        }
        let drawing = ExchangePlot(figures: figures).svg.document
        for text in [">1,000</text>", ">500,000</text>", ">× 0.8</text>", "the three followers: 1.5"] {
            #expect(drawing.contains(text))
        }
        #expect(ExchangePlot(figures: [figures[0]]).svg.document.contains("× 0.8"))
    }
}
