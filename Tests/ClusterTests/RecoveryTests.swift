import Foundation
import KeyValue
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// Replicas that go and come back.
    struct RecoveryTests {
        @Test func oneReplicaAloneCommitsAndComesBackWithItsState() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            var feed = Feed((1...200).map { "add k \($0)" })
            try cluster.start(0)
            try cluster.run(&feed, "all commands done") { $0.isDone }
            let digest = cluster.picture(of: 0)?.machine.digest
            #expect(digest != nil)

            cluster.kill(0)
            try cluster.start(0)

            try cluster.wait("it shows itself again") { cluster.pictures.count == 1 }
            try cluster.waitForAgreement(on: 200)
            #expect(try cluster.stop() == [0: .exit(0)])
        }

        @Test func aReplicaThatWasKilledFetchesWhatItMissed() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(4, in: directory)
            var feed = Feed((1...600).map { "add k\($0 % 10) \($0)" })
            for number in 0..<4 { try cluster.start(number) }
            try cluster.run(&feed, "200 commands done") { $0.answeredCount >= 200 }
            let follower = try #require(cluster.running.first { $0 != cluster.leader })

            cluster.kill(follower)
            try cluster.run(&feed, "400 commands done") { $0.answeredCount >= 400 }
            try cluster.start(follower)
            try cluster.run(&feed, "all commands done") { $0.isDone }

            try cluster.waitForAgreement(on: 600)
            #expect(cluster.running.count == 4)
        }

        @Test func allReplicasKilledAtOnceComeBackWithWhatWasAnswered() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(4, in: directory)
            var feed = Feed((1...400).map { "add k\($0 % 10) \($0)" })
            for number in 0..<4 { try cluster.start(number) }
            try cluster.run(&feed, "200 commands done") { $0.answeredCount >= 200 }

            for number in 0..<4 { cluster.kill(number) }
            for number in 0..<4 { try cluster.start(number) }
            try cluster.run(&feed, "all commands done") { $0.isDone }

            try cluster.waitForAgreement(on: 400)
        }

        @Test(arguments: [Application.storedKeyValue, .speculativeKeyValue])
        func aReplicaWithTablesComesBackHoweverOftenItIsKilledAtItsStart(application: Application) throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(4, in: directory, application: application)
            var feed = Feed((1...600).map { "add k\($0 % 10) \($0)" })
            for number in 0..<4 { try cluster.start(number) }
            for share in 1...5 {
                try cluster.run(&feed, "\(share) fifths done") { $0.answeredCount >= share * 100 }
                let follower = try #require(cluster.running.first { $0 != cluster.leader })
                cluster.kill(follower)
                // Again before it is ready: it is in the middle of its recovery, or before it, or behind it.
                try cluster.start(follower)
                cluster.kill(follower)
                try cluster.start(follower)
                try cluster.run(&feed, "it shows itself again") { _ in cluster.picture(of: follower) != nil }
            }
            try cluster.run(&feed, "all commands done") { $0.isDone }
            // Answers may come before the pictures of the blocks that they are in.
            var alone = KeyValue()
            for command in feed.commands { _ = alone.apply(command) }
            let digest = try #require(alone.stateDigest).hexadecimalText
            try cluster.wait("all have applied each command once") {
                cluster.pictures.count == 4 && cluster.pictures.allSatisfy { $0.machine.digest == digest }
            }
        }

        @Test func aReplicaThatLostItsLogVotesAgainOnceItKnowsWhatItMayHaveSigned() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(4, in: directory)
            var feed = Feed((1...300).map { "add k\($0 % 10) \($0)" })
            for number in 0..<4 { try cluster.start(number) }
            try cluster.run(&feed, "100 commands done") { $0.answeredCount >= 100 }
            let follower = try #require(cluster.running.first { $0 != cluster.leader })
            let member = cluster.network.members[follower]

            cluster.kill(follower)
            try FileManager.default.removeItem(atPath: member.logPath)
            let forget = try Program.run(["forget", "--config", member.configurationPath, "--json"])
            #expect(forget.end == .exit(0))
            #expect(forget.output.last?.contains("\"log\":\"made\"") == true, "\(forget.output)")
            try cluster.start(follower)
            try cluster.run(&feed, "all commands done") { $0.isDone }
            try cluster.waitForAgreement(on: 300)
            #expect(cluster.picture(of: follower)?.role == "forgetful")

            // Leaders that come back hand over: two views later all that it may have signed is past.
            for _ in 0..<6 where cluster.picture(of: follower)?.role == "forgetful" {
                try cluster.wait("somebody leads") { cluster.leader != nil }
                let leader = try #require(cluster.leader)
                cluster.kill(leader)
                try cluster.start(leader)
                try cluster.wait("all show themselves, and one leads") {
                    cluster.pictures.count == 4 && cluster.leader != nil
                }
            }
            #expect(["validator", "leader"].contains(cluster.picture(of: follower)?.role))
            #expect(try Program.run(["forget", "--config", member.directory + "/nothing.json"]).end == .exit(1))
        }

        @Test func aReplicaWithoutALogFollowsAsAListener() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(4, in: directory)
            let member = cluster.network.members[3]
            try FileManager.default.removeItem(atPath: member.logPath)
            try FileManager.default.createDirectory(atPath: member.logPath, withIntermediateDirectories: false)
            var feed = Feed((1...50).map { "add k \($0)" })

            for number in 0..<4 { try cluster.start(number) }
            try cluster.run(&feed, "all commands done") { $0.isDone }

            try cluster.waitForAgreement(on: 50)
            #expect(cluster.picture(of: 3)?.role == "listener")
            let log = try String(contentsOfFile: "\(member.directory)/log.txt", encoding: .utf8)
            #expect(log.contains("runs as a listener"), "it says so")
        }
    }
}
