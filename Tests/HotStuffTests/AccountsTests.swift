import Foundation
import Testing

@testable import HotStuff

@Suite("A replica's accounts", .timeLimit(.minutes(1)))
struct AccountsTests {
    @Test("a histogram's quantiles are off by at most 3 %", arguments: [1, 31, 64, 1_000, 65_537, 3_000_000_000])
    func quantiles(_ nanoseconds: Int64) throws {
        var histogram = DurationHistogram()
        for factor in 1...100 { histogram.record(.nanoseconds(nanoseconds * Int64(factor))) }
        for part in [0.01, 0.5, 0.99, 1] {
            let exact = Double(nanoseconds) * (part * 100).rounded(.up)
            let found = try #require(histogram.quantile(part)) / .nanoseconds(1)
            #expect(abs(found - exact) <= exact * 0.03)
        }
        #expect(histogram.mean == .nanoseconds(nanoseconds * 5_050) / 100)
    }

    @Test("a histogram holds the shortest and the longest duration there is")
    func extremes() {
        var histogram = DurationHistogram()
        #expect(histogram.quantile(0.5) == nil)
        #expect(histogram.mean == nil)
        histogram.record(.seconds(-1))
        histogram.record(.seconds(Int64.max / 2))
        #expect(histogram.quantile(0) == .zero)
        #expect(histogram.quantile(1) == .nanoseconds(Int64.max))
        #expect(histogram.count == 2)
    }

    @Test("the difference of two histograms is what came between them")
    func difference() throws {
        var histogram = DurationHistogram()
        for _ in 0..<10 { histogram.record(.milliseconds(1)) }
        let earlier = histogram
        for _ in 0..<5 { histogram.record(.seconds(1)) }
        let between = histogram.since(earlier)
        #expect(between.count == 5)
        #expect(between.total == .seconds(5))
        #expect(try #require(between.quantile(0)) > .milliseconds(900))
    }

    @Test("a histogram is read as it was written, and one that cannot be is refused")
    func coding() throws {
        var histogram = DurationHistogram()
        for power in 0..<40 { histogram.record(.nanoseconds(1 << power)) }
        let data = try JSONEncoder().encode(histogram)
        #expect(try JSONDecoder().decode(DurationHistogram.self, from: data) == histogram)
        for text in [
            #"{"places":[-1],"counts":[1],"nanoseconds":0}"#, #"{"places":[1],"counts":[],"nanoseconds":0}"#,
            #"{"places":[14592],"counts":[1],"nanoseconds":0}"#,
            #"{"places":[1],"counts":[18446744073709551615],"nanoseconds":0}"#,
        ] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(DurationHistogram.self, from: Data(text.utf8))
            }
        }
    }

    @Test("a leader's blocks pass their stages in order, and it executes none of them")
    func leader() async throws {
        let cluster = try Cluster(4)
        #expect(await cluster.replicas[0].accounts() == nil)
        try await cluster.start()
        let leader = try await cluster.leader()
        try await leader.waitForPayloads(50)
        let accounts = try #require(await leader.accounts(ofLast: 4_096))
        let way: [BlockStage] = [.proposing, .proposed, .drained, .sent, .certified, .decided, .committed]
        let blocks = accounts.recent.filter { $0[.finished] != nil }
        #expect(blocks.count >= 40)
        for block in blocks {
            let times = (way + [.finishing, .finished]).compactMap { block[$0] }
            #expect(times.count == 9)
            #expect(times == times.sorted())
            #expect(block[.executed] == nil)
            #expect(block.payloadBytes == 8)
        }
        #expect(
            zip(accounts.recent, accounts.recent.dropFirst()).allSatisfy { $0.position.height < $1.position.height })
        for span in BlockSpan.allCases where span != .execute {
            #expect(accounts.spans[span]?.count ?? 0 >= 40)
        }
        #expect(accounts.machine.avoidedExecutions == accounts.machine.commits)
        #expect(accounts.deepest >= 1)
        #expect(accounts.views.last?.proposed != nil)
        #expect(try #require(await leader.accounts(ofLast: 3)).recent.count == 3)
        try await cluster.stop()
        #expect(await leader.accounts() == nil)
    }

    @Test("a follower receives, executes and finishes blocks, and proposes none")
    func follower() async throws {
        let cluster = try Cluster(4)
        try await cluster.start()
        let leader = try await cluster.leader()
        let follower = try cluster.follower(of: leader)
        try await follower.waitForPayloads(50)
        let accounts = try #require(await follower.accounts(ofLast: 4_096))
        let blocks = accounts.recent.filter { $0[.finished] != nil }
        #expect(blocks.count >= 10)
        for block in blocks {
            let times = [.decided, .committed, .executing, .executed, .finishing, .finished].compactMap { block[$0] }
            #expect(times.count == 6)
            #expect(times == times.sorted())
            #expect(block[.received] != nil)
            #expect(block[.drained] == nil)
        }
        #expect(accounts.spans[.execute]?.count ?? 0 >= 10)
        #expect(accounts.spans[.finish]?.count == 0)
        #expect(accounts.machine.avoidedExecutions == 0)
        try await cluster.stop()
    }
}
