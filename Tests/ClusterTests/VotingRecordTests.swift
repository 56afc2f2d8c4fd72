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

/// Splitmix64: the same numbers for the same seed.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// The votes that witnesses saw, from all of their files.
struct WitnessedVotes {
    /// Whose vote of which view.
    private struct Place: Hashable {
        let signer: Substring
        let epoch: Substring
        let view: Substring
    }

    private struct Vote: Hashable {
        let height: UInt64
        let block: Substring
    }

    private var parents: [Substring: Substring] = [:]
    private var votes: [Place: Set<Vote>] = [:]

    /// Reads the files.
    init(_ paths: [String]) throws {
        for path in paths {
            for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                switch (words.first, words.count) {
                case ("block", 3): parents[words[1]] = words[2]
                case ("vote", 6):
                    let height = try #require(UInt64(words[4]))
                    votes[Place(signer: words[1], epoch: words[2], view: words[3]), default: []]
                        .insert(Vote(height: height, block: words[5]))
                default: Issue.record("\(path): \(line)")
                }
            }
        }
    }

    /// How many different votes were seen.
    var count: Int { votes.values.reduce(0) { $0 + $1.count } }

    /// Whose votes were seen.
    var voters: Set<Substring> { Set(votes.keys.map(\.signer)) }

    /// Pairs of votes of one signer and view of which neither block extends the other, or is not known to.
    var conflicts: [String] {
        votes.flatMap { place, votes in
            let ordered = votes.sorted { ($0.height, $0.block) < ($1.height, $1.block) }
            return zip(ordered, ordered.dropFirst()).filter { !extends($1, $0) }.map { lower, higher in
                "signer \(place.signer), view \(place.view): \(lower.block) at \(lower.height) and \(higher.block) "
                    + "at \(higher.height)"
            }
        }
    }

    /// Whether the block of the later vote is a strict descendant of the earlier one's.
    private func extends(_ later: Vote, _ earlier: Vote) -> Bool {
        guard later.height > earlier.height else { return false }
        var block = later.block
        for _ in 0..<(later.height - earlier.height) {
            guard let parent = parents[block] else { return false }
            block = parent
        }
        return block == earlier.block
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
