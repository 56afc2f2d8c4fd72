import Foundation
import HotStuff
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// Replicas that are killed again and again, at random moments; `scripts/kill-loop.sh` does it more often.
    struct KillLoopTests {
        @Test func replicasKilledAtRandomMomentsLoseNoCommitAndNeverVoteTwice() throws {
            let settings = ProcessInfo.processInfo.environment
            let seed = settings["HOTSTUFF_KILL_SEED"].flatMap { UInt64($0) } ?? .random(in: .min ... .max)
            let directory = try TestDirectory()
            let loop = try KillLoop(in: directory, seed: seed)
            try loop.run(kills: 20)
            print("kill loop, seed \(seed): \(loop.tally)")
        }
    }
}

/// Four replicas under load, of which one or two at a time are killed with SIGKILL.
private final class KillLoop {
    /// What was killed.
    struct Tally: CustomStringConvertible {
        var leaders = 0
        var followers = 0
        var whileStarting = 0
        var whileCompacting = 0
        var compacted = 0
        var kills: Int { leaders + followers + whileStarting + whileCompacting }

        var description: String {
            "\(kills) kills: \(leaders) of leaders, \(followers) of others, \(whileStarting) of replicas that started, "
                + "\(whileCompacting) of compactions; \(compacted) compactions came to their end"
        }
    }

    private(set) var tally = Tally()
    private let cluster: Cluster
    private let directory: TestDirectory
    private let seed: UInt64
    private var random: Seeded
    private var feed = Feed((1...200_000).map { "add k\($0 % 100) 1" })
    /// The height that each replica has shown as durable.
    private var shown: [Int: UInt64] = [:]
    private let clock = ReplicaClock.monotonic

    init(in directory: TestDirectory, seed: UInt64) throws {
        cluster = try Cluster.make(4, in: directory) { configuration in
            configuration.viewDuration = ExponentialViewDuration(base: .milliseconds(400), ceiling: .seconds(5))
        }
        cluster.areWitnesses = true
        self.directory = directory
        self.seed = seed
        random = Seeded(state: seed)
    }

    func run(kills: Int) throws {
        for number in 0..<4 { try cluster.start(number) }
        while tally.kills < kills {
            let done = feed.answeredCount
            try cluster.run(&feed, "seed \(seed), \(tally.kills) kills: all are up, and commands are done") {
                $0.answeredCount > done + 20 && cluster.pictures.count == 4 && cluster.leader != nil
            }
            try pass(upTo: 60)
            let isLeader = Bool.random(using: &random)
            let victim = isLeader ? cluster.leader ?? 0 : Int.random(in: 0..<4, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1: try killOnce(victim)
            case 2, 3: try killTwo(victim)
            case 4, 5: try killWhileStarting(victim)
            default: try killWhileCompacting(victim)
            }
        }
        try finish()
    }

    // MARK: - Ways to die

    private func killOnce(_ victim: Int) throws {
        kill(victim)
        // At once, so that it comes back into the view that it voted in.
        try cluster.start(victim)
    }

    /// Two of four: nobody has a quorum until both are back.
    private func killTwo(_ victim: Int) throws {
        let other = (victim + Int.random(in: 1...3, using: &random)) % 4
        kill(victim)
        kill(other)
        try pass(upTo: 30)
        try cluster.start(other)
        try cluster.start(victim)
    }

    /// Killed, and killed again while it opens its log and takes it up.
    private func killWhileStarting(_ victim: Int) throws {
        kill(victim)
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            try cluster.start(victim)
            try pass(upTo: 80)
            cluster.kill(victim)
            tally.whileStarting += 1
        }
        try cluster.start(victim)
    }

    /// Killed, and then the compaction of its log, too.
    private func killWhileCompacting(_ victim: Int) throws {
        kill(victim)
        let member = cluster.network.members[victim]
        let compaction = try ChildProcess(
            [try Program.path, "log", "compact", "--data", member.logPath], log: directory.path + "/compact.txt")
        try pass(upTo: 50)
        compaction.kill(SIGKILL)
        if compaction.waitForEnd() == .exit(0) { tally.compacted += 1 } else { tally.whileCompacting += 1 }
        try cluster.start(victim)
    }

    private func kill(_ victim: Int) {
        checkHeights()
        if victim == cluster.leader { tally.leaders += 1 } else { tally.followers += 1 }
        cluster.kill(victim)
    }

    /// Lets a random time pass, with load.
    private func pass(upTo milliseconds: Int64) throws {
        let moment = clock.now + .microseconds(Int64.random(in: 0...(milliseconds * 1_000), using: &random))
        try cluster.run(&feed, "seed \(seed), a random moment") { _ in clock.now >= moment }
    }

    // MARK: - What must hold

    /// What a replica has shown as durable is still there after each of its deaths.
    private func checkHeights() {
        for number in cluster.running {
            guard let height = cluster.picture(of: number)?.committed else { continue }
            #expect(height >= shown[number] ?? 0, "replica \(number) lost commits, seed \(seed)")
            shown[number] = max(shown[number] ?? 0, height)
        }
    }

    private func finish() throws {
        let done = feed.answeredCount
        try cluster.run(&feed, "seed \(seed): commands are done after the last kill") {
            $0.answeredCount > done + 50 && cluster.pictures.count == 4
        }
        checkHeights()
        try cluster.wait("seed \(seed): all have executed what was answered, and the same") {
            Set(cluster.pictures.map(\.machine.height)).count == 1
                && cluster.pictures.allSatisfy { $0.machine.commands >= feed.answeredCount }
        }
        #expect(Set(cluster.pictures.map(\.machine.digest)).count == 1, "the states differ, seed \(seed)")
        #expect(try cluster.stop().values.allSatisfy { $0 == .exit(0) })
        let record = try WitnessedVotes(cluster.network.members.map(\.witnessPath))
        #expect(record.conflicts == [], "seed \(seed)")
        #expect(record.voters.count == 4, "the votes of all were seen")
        for member in cluster.network.members {
            let verified = try Program.run(["log", "verify", "--data", member.logPath])
            #expect(verified.end == .exit(0), "seed \(seed): \(verified.errors)")
        }
    }
}
