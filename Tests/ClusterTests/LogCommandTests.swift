import Foundation
import HotStuff
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// `hotstuff log`, beside a replica and after it.
    struct LogCommandTests {
        private func log(_ arguments: String..., data: String) throws -> (
            object: [String: any Sendable], end: ChildProcess.End
        ) {
            let outcome = try Program.run(["log"] + arguments + ["--data", data, "--json"])
            let last = try #require(outcome.output.last, "\(outcome.errors)")
            let object = try JSONSerialization.jsonObject(with: Data(last.utf8))
            return (try #require(object as? [String: any Sendable]), outcome.end)
        }

        @Test func aLogIsReadBesideItsReplicaAndChangedWithoutIt() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            let data = cluster.network.members[0].logPath
            var feed = Feed((1...60).map { "add k \($0)" })
            try cluster.start(0)
            try cluster.run(&feed, "all commands done") { $0.isDone }

            let info = try log("info", data: data).object
            let tip = try #require((info["tip"] as? [String: any Sendable])?["height"] as? Int)
            #expect(tip > 0 && info["may_vote"] as? Bool == true)
            let blocks = try #require(
                try log("list", "--count", "3", data: data).object["blocks"] as? [[String: any Sendable]])
            #expect(blocks.count == min(3, tip))
            #expect(try log("show", "1", data: data).object["height"] as? Int == 1)
            let verified = try log("verify", data: data)
            #expect((verified.object["flaws"] as? [any Sendable])?.isEmpty == true && verified.end == .exit(0))
            #expect(try log("backup", directory.path + "/copy", data: data).object["machine"] as? Bool == false)
            #expect(try log("info", data: directory.path + "/copy").object["may_vote"] as? Bool == false)
            let refused = try Program.run(["log", "compact", "--data", data])
            #expect(refused.end == .exit(1) && refused.errors.contains { $0.contains("in use") })

            #expect(try cluster.stop() == [0: .exit(0)])
            _ = try log("export", directory.path + "/export", data: data)
            #expect(try log("compact", data: data).object["after_bytes"] as? Int ?? 0 > 0)
            try Data("a table".utf8).write(to: URL(fileURLWithPath: data + "/machine/data.mdb"))
            let shorter = try log("truncate-to", "1", data: data).object
            #expect((shorter["tip"] as? [String: any Sendable])?["height"] as? Int == 1)
            #expect(shorter["tables"] as? String == data + "/machine", "these may be ahead of the log now")
            let longer =
                try log("import", directory.path + "/export", data: data).object["tip"] as? [String: any Sendable]
            #expect(try #require(longer?["height"] as? Int) >= tip)
        }

        @Test func aDamagedLogIsReportedWithItsPlaceAndExitCode1() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            let data = cluster.network.members[0].logPath
            var feed = Feed((1...20).map { "add k \($0)" })
            try cluster.start(0)
            try cluster.run(&feed, "all commands done") { $0.isDone }
            #expect(try cluster.stop() == [0: .exit(0)])
            let file = URL(fileURLWithPath: "\(data)/log/data.mdb")
            var bytes = try Data(contentsOf: file)
            let payload = try #require(bytes.range(of: Data("add k 7".utf8)))
            while let place = bytes.range(of: Data("add k 7".utf8)) { bytes[place.lowerBound] = UInt8(ascii: "b") }
            #expect(payload.count == 7)
            try bytes.write(to: file)
            let verified = try log("verify", data: data)
            #expect(verified.end == .exit(1))
            let flaws = try #require(verified.object["flaws"] as? [[String: any Sendable]])
            #expect(flaws.contains { ($0["text"] as? String)?.contains("in table blocks, key height") == true })
        }
    }
}
