import Foundation
import HotStuff
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// What the durable voting record is for (protocol §2).
    struct VotingRecordTests {
        @Test func aLeaderThatIsKilledTenTimesNeverSignsTwoConflictingVotesOfOneView() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(4, in: directory) { configuration in
                configuration.viewDuration = ExponentialViewDuration(base: .milliseconds(400), ceiling: .seconds(5))
            }
            cluster.areWitnesses = true
            let seed = UInt64.random(in: .min ... .max)
            var random = Seeded(state: seed)
            var feed = Feed((1...100_000).map { "add k\($0 % 100) 1" })
            for number in 0..<4 { try cluster.start(number) }
            let clock = ReplicaClock.monotonic

            for round in 1...10 {
                let done = feed.answeredCount
                try cluster.run(&feed, "seed \(seed), kill \(round): commands are done") {
                    $0.answeredCount > done + 50 && cluster.running.count == 4 && cluster.leader != nil
                }
                let moment = clock.now + .microseconds(Int64.random(in: 0...60_000, using: &random))
                try cluster.run(&feed, "a random moment") { _ in clock.now >= moment }
                let leader = try #require(cluster.leader)
                cluster.kill(leader)
                // At once, so that it comes back into the view that it led and voted in.
                try cluster.start(leader)
            }
            let done = feed.answeredCount
            try cluster.run(&feed, "commands are done after the last kill") { $0.answeredCount > done + 50 }
            try cluster.wait("all at one height") { Set(cluster.pictures.map(\.machine.digest)).count == 1 }
            #expect(try cluster.stop().values.allSatisfy { $0 == .exit(0) })

            let record = try WitnessedVotes(cluster.network.members.map(\.witnessPath))
            #expect(record.conflicts == [], "seed \(seed)")
            #expect(record.voters.count == 4, "the votes of all were seen")
            #expect(record.count > 100)
        }
    }
}

/// The check itself.
struct WitnessedVotesTests {
    @Test func votesForOneChainAreNoConflict() throws {
        let record = try read("block b a", "block c b", "vote 0 0 1 1 a", "vote 0 0 1 3 c", "vote 0 0 1 3 c")
        #expect(record.conflicts == [])
        #expect(record.count == 2)
    }

    @Test func votesOfTwoViewsAreNoConflict() throws {
        #expect(try read("vote 0 0 1 1 a", "vote 0 0 2 1 b").conflicts == [])
    }

    @Test(arguments: [
        ["vote 0 0 1 1 a", "vote 0 0 1 1 b"],
        ["block c b", "vote 0 0 1 1 a", "vote 0 0 1 2 c"],
        ["vote 0 0 1 1 a", "vote 0 0 1 2 c"],
    ])
    func votesForTwoBranchesAreAConflict(lines: [String]) throws {
        #expect(try read(lines).conflicts.count == 1)
    }

    private func read(_ lines: String...) throws -> WitnessedVotes { try read(lines) }

    private func read(_ lines: [String]) throws -> WitnessedVotes {
        let directory = try TestDirectory()
        let path = directory.path + "/witness.txt"
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return try WitnessedVotes([path])
    }
}
