import Foundation
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
