import Foundation
import HotStuffSimulator
import Testing

/// The same runs in every process and build: an order that comes from hashing anywhere, or arithmetic that differs
/// between builds, would change their digests.
struct TraceVectorTests {
    private static let runs: [(seed: UInt64, scenario: String)] = [
        (5, "swarm"), (6, "swarm"), (3, "twins"), (7, "crash-at-every-write"), (2, "rotation"),
    ]

    @Test func tracesHaveTheirVectors() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Vectors/traces.txt"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let comments = text.split(separator: "\n").filter { $0.hasPrefix("#") }
        let lines = try Self.runs.map { seed, scenario in
            let run = try #require(SeedRun.run(seed: seed, scenario: scenario))
            #expect(run.violation == nil)
            return "\(seed) \(scenario) \(String(run.digest, radix: 16))"
        }
        let now = (comments.map(String.init) + lines).joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["HOTSTUFF_REWRITE_VECTORS"] == "1" {
            try now.write(toFile: path, atomically: true, encoding: .utf8)
        } else {
            #expect(now == text)
        }
    }
}
