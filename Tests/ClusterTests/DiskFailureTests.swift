import Foundation
import HotStuff
import HotStuffStorage
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// What a replica does whose disk fails, or is full.
    struct DiskFailureTests {
        @Test(arguments: [(FaultyDisk.Call.sync, 40), (.sync, 41), (.write, 90), (.write, 91)])
        func aReplicaWhoseDiskFailsStopsAndLosesNothingThatItPromised(call: FaultyDisk.Call, count: Int) throws {
            let directory = try TestDirectory()
            guard let disk = try FaultyDisk(in: directory) else {
                try Test.cancel("there is no C compiler here, or nothing can be preloaded")
            }
            let cluster = try Cluster.make(4, in: directory)
            cluster.areWitnesses = true
            var feed = Feed((1...800).map { "add k\($0 % 10) \($0)" })
            let failing = 0  // leads view 0 or follows, as the keys happen to be
            let member = cluster.network.members[failing]
            for number in 1..<4 { try cluster.start(number) }
            try cluster.start(failing, environment: disk.environment(call, succeeding: count, then: EIO))

            var end: ChildProcess.End?
            try cluster.run(&feed, "the replica stops") { number, how in
                guard number == failing else { return false }
                end = how
                return true
            } until: { _ in
                end != nil
            }
            #expect(end == .exit(1))
            let words = cluster.lastWords(of: failing)
            #expect(words.contains("the disk under \(member.logPath)/log failed: "), "what and where: \(words)")
            #expect(words.contains("Input/output error"), "\(words)")
            #expect(words.contains("start the replica again"), "what to do: \(words)")

            // Every vote of its that anybody has seen is in its record, though what it did not sync is gone.
            let genesis = try Configuration(contentsOf: member.configurationPath).genesis
            let signer = try #require(genesis.validators.index(of: member.key))
            let record = try StoredLog(directory: member.logPath).facts().record
            let voted = try #require(record.lastVoted)
            try cluster.run(&feed, "the others go on", ended: { _, _ in false }) { $0.answeredCount >= 400 }
            let seen = try WitnessedVotes(cluster.network.members.map(\.witnessPath))
            let highest = try #require(seen.highestVote(of: signer))
            #expect(highest <= (voted.view.rawValue, voted.height.rawValue))

            try cluster.start(failing)
            try cluster.run(&feed, "all commands done") { $0.isDone }
            try cluster.waitForAgreement(on: 800)
            #expect(try WitnessedVotes(cluster.network.members.map(\.witnessPath)).conflicts == [])
        }

        @Test func aReplicaWithoutSpaceWaitsAndGoesOnWhenThereIsSome() throws {
            let directory = try TestDirectory()
            guard let disk = try SmallDisk(size: 32 << 20, in: directory) else {
                try Test.cancel("this user may not mount a file system")
            }
            let cluster = try Cluster.make(4, in: directory) { configuration in
                configuration.space = .init(reserve: .mebibytes(8), patience: .seconds(600))
            }
            let short = 2
            try move(cluster.network.members[short], to: disk)
            var feed = Feed((1...600).map { "add k\($0 % 10) \($0)" })
            for number in 0..<4 { try cluster.start(number) }
            try cluster.run(&feed, "100 commands done") { $0.answeredCount >= 100 }

            try disk.fill(leaving: 7 << 20)
            try cluster.run(&feed, "it waits for space") { _ in
                cluster.picture(of: short)?.phase == ReplicaStatus.Phase.waitingForSpace.rawValue
            }
            try cluster.run(&feed, "the others go on") { $0.answeredCount >= 500 }
            let stuck = try #require(cluster.picture(of: short))
            #expect(stuck.machine.commands < 500)
            #expect(cluster.leader != short)

            disk.empty()
            try cluster.run(&feed, "all commands done") { $0.isDone }
            try cluster.waitForAgreement(on: 600)
            #expect(cluster.picture(of: short)?.phase == ReplicaStatus.Phase.running.rawValue)
            #expect(try cluster.stop().values.allSatisfy { $0 == .exit(0) })
        }

        @Test func aReplicaThatFindsTheDiskFullByWritingStopsAndComesBack() throws {
            let directory = try TestDirectory()
            guard let disk = try SmallDisk(size: 32 << 20, in: directory) else {
                try Test.cancel("this user may not mount a file system")
            }
            let cluster = try Cluster.make(4, in: directory) { configuration in
                configuration.space = .init(reserve: .bytes(0), patience: .zero)
            }
            let full = 1
            try move(cluster.network.members[full], to: disk)
            var feed = Feed((1...3_000).map { "set k\($0) \(String(repeating: "v", count: 500))\($0)" })
            for number in 0..<4 { try cluster.start(number) }
            try cluster.run(&feed, "100 commands done") { $0.answeredCount >= 100 }

            try disk.fill(leaving: 0)
            var end: ChildProcess.End?
            try cluster.run(&feed, "the replica stops") { number, how in
                guard number == full else { return false }
                end = how
                return true
            } until: { _ in
                end != nil
            }
            #expect(end == .exit(1))
            let words = cluster.lastWords(of: full)
            #expect(words.contains("the disk is full under "), "\(words)")
            #expect(words.contains("make room, then start the replica again"), "\(words)")

            disk.empty()
            try cluster.start(full)
            try cluster.run(&feed, "all commands done") { $0.isDone }
            try cluster.waitForAgreement(on: 3_000)
        }

        @Test func aReplicaOnAReadOnlyFileSystemSaysSo() throws {
            let directory = try TestDirectory()
            guard let disk = try SmallDisk(size: 32 << 20, in: directory) else {
                try Test.cancel("this user may not mount a file system")
            }
            let cluster = try Cluster.make(1, in: directory)
            let member = cluster.network.members[0]
            try move(member, to: disk)
            try disk.forbidWriting()
            let outcome = try Program.run(["run", "--config", member.configurationPath])
            #expect(outcome.end == .exit(1))
            #expect(outcome.errors.last?.contains("can only be read") == true, "\(outcome.errors)")
            #expect(outcome.errors.last?.contains("mount it to be written") == true, "\(outcome.errors)")
        }

        /// Moves a replica's data to another disk, and leaves a link in its place.
        private func move(_ member: Network.Member, to disk: SmallDisk) throws {
            let files = FileManager.default
            try files.copyItem(atPath: member.logPath, toPath: disk.path + "/data")
            try files.removeItem(atPath: member.logPath)
            try files.createSymbolicLink(atPath: member.logPath, withDestinationPath: disk.path + "/data")
        }
    }
}
