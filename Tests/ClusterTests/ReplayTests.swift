import Foundation
import HotStuffStorage
import Testing

@testable import HotStuff
@testable import HotStuffTool

extension ProcessTests {
    /// `hotstuff replay`.
    struct ReplayTests {
        @Test(arguments: [Application.keyValue, .storedKeyValue, .speculativeKeyValue])
        func aKeptBlockIsExecutedAgain(application: Application) throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory, application: application)
            var feed = Feed((1...30).map { "add k \($0)" })
            try cluster.start(0)
            try cluster.run(&feed, "all commands done") { $0.isDone }
            _ = try cluster.stop()
            let member = cluster.network.members[0]
            let configuration = try HotStuff.Configuration(contentsOf: member.configurationPath)
            let log = try StoredLog(directory: configuration.directory)
            let reader = try log.reader()
            var payloads: [Block] = []
            var height = reader.firstHeight
            while height <= reader.tip.height {
                if let block = try reader.block(at: height), !block.isNudge { payloads.append(block) }
                height = Height(height.rawValue + 1)
            }
            let block = try #require(payloads.dropFirst(payloads.count / 2).first)
            log.close()

            let unknown = try replay(block, digest: .zero, quorum: .zero, configuration)
            #expect(unknown.verdict == "other")
            let right = try #require(unknown.digest)
            #expect(try replay(block, digest: .zero, quorum: right, configuration).verdict == "quorum")
            #expect(try replay(block, digest: right, quorum: .zero, configuration).verdict == "replica")
        }

        /// What the command says of a kept block.
        private func replay(
            _ block: Block, digest: Digest, quorum: Digest, _ configuration: HotStuff.Configuration
        ) throws -> (digest: Digest?, verdict: String?) {
            let file = DivergenceFile(
                divergence: Divergence(
                    replica: configuration.identity.key, position: block.position, digest: digest, quorum: quorum),
                payload: block.payload)
            let path = try file.write(to: configuration.directory)
            let run = try Program.run(["replay", path, "--json"])
            #expect(run.end == .exit(0))
            let line = try #require(run.output.last)
            let values = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let replayed = (values?["replayed"] as? [String])?.first
            return (replayed.flatMap { Digest(hexadecimal: $0) }, values?["verdict"] as? String)
        }
    }
}

extension Digest {
    /// The digest with this text.
    fileprivate init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        self.init(
            bytes: stride(from: 0, to: digits.count - 1, by: 2).compactMap { place in
                UInt8(String(decoding: digits[place...(place + 1)], as: UTF8.self), radix: 16)
            })
    }
}
