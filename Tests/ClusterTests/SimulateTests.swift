import Foundation
import HotStuffSimulator
import Testing

@testable import HotStuffTool

#if canImport(FoundationXML)
import FoundationXML
#endif

extension ProcessTests {
    /// `hotstuff simulate`, as it is run on a command line.
    struct SimulateTests {
        @Test func seedsAreRunAndCounted() throws {
            let outcome = try Program.run(["simulate", "--seeds", "0..3", "--json"])
            #expect(outcome.end == .exit(0))
            let result = try object(outcome)
            #expect(result["seeds"] as? Int == 4)
            #expect(result["violations"] as? Int == 0)
            #expect(result["blocks_committed"] as? Int ?? 0 > 100)
            #expect((result["faults_injected"] as? [String: Int])?.isEmpty == false)
            #expect(result["simulated_seconds"] as? Double ?? 0 > 1)
            #expect(result["wall_seconds"] is Double)
            #expect(outcome.errors.contains { $0.hasSuffix(" 0 violations") }, "no progress: \(outcome.errors)")
        }

        /// One seed, one run: in two processes, with other hash seeds, on one thread or two.
        @Test func twoProcessesSeeTheSameRuns() throws {
            func digest(threads: Int) throws -> String {
                let outcome = try Program.run(["simulate", "--seeds", "20..25", "--threads", "\(threads)", "--json"])
                return try #require(try object(outcome)["trace_digest"] as? String)
            }
            let first = try digest(threads: 1)
            #expect(try digest(threads: 2) == first)
            // And in this one, which has a hash seed of its own.
            let here = (20...25).compactMap { SeedRun.run(seed: $0, scenario: nil)?.digest }.reduce(0, &+)
            #expect(String(here, radix: 16) == first)
        }

        @Test func aViolationIsNamedShortenedAndReplayed() throws {
            let broken = ["--scenario", "swarm", "--broken-rule", "voteAfterWrite"]
            let outcome = try Program.run(["simulate", "--seeds", "0..1", "--json"] + broken)
            #expect(outcome.end == .exit(1))
            #expect(try object(outcome)["violations"] as? Int == 2)
            #expect(outcome.errors.contains { $0.hasPrefix("seed 0, swarm: left before durable, after ") })
            #expect(outcome.errors.contains { $0.hasPrefix("  shortened in ") })
            let prefix = "  again: hotstuff "
            let again = try #require(
                outcome.errors.first { $0.hasPrefix(prefix + "simulate --replay 0 ") && $0.hasSuffix(" --trace") },
                "\(outcome.errors)")

            let replayed = try Program.run(again.dropFirst(prefix.count).split(separator: " ").map(String.init))
            #expect(replayed.end == .exit(1))
            #expect(replayed.output.contains { $0.contains(" violation ") })
        }

        @Test func aSeedIsReplayedWithItsTraceAndItsDiagram() throws {
            let directory = try TestDirectory()
            let file = directory.path + "/run.svg"
            let outcome = try Program.run([
                "simulate", "--replay", "3", "--scenario", "silent-leader", "--trace", "--diagram", file,
            ])
            #expect(outcome.end == .exit(0))
            #expect(outcome.output.contains { $0.contains("proposal view 0 heights 1") })
            #expect(outcome.output.contains { $0.contains("viewEntered 1") })
            #expect(outcome.output.contains { $0.hasPrefix("trace digest  ") })
            let picture = try String(contentsOfFile: file, encoding: .utf8)
            #expect(picture.hasPrefix("<svg ") && picture.hasSuffix("</svg>"))
            for part in ["silent-leader, seed 3", "replica 3", "commits 1", "gives up view 0", "crash"] {
                #expect(picture.contains(part), "\(part) is not drawn")
            }
            #expect(XMLParser(data: Data(picture.utf8)).parse())
        }

        @Test func theScenariosAreListed() throws {
            let outcome = try Program.run(["simulate", "--list"])
            #expect(outcome.end == .exit(0))
            #expect(outcome.output.count == SeedRun.scenarios.count)
            #expect(outcome.output.contains { $0.hasPrefix("silent-leader  ") })
        }

        @Test(
            arguments: [
                (["--scenario", "no-such"], "there is no scenario no-such"),
                (["--trace"], "want a --replay"),
                (["--seeds", "9..3"], "9..3"),
                (["--replicas", "2"], "4 to 100"),
            ])
        func wrongArgumentsAreNamed(_ arguments: [String], _ complaint: String) throws {
            let outcome = try Program.run(["simulate"] + arguments)
            #expect(outcome.end != .exit(0))
            #expect(outcome.errors.joined().contains(complaint), "\(outcome.errors)")
        }

        private func object(_ outcome: Program.Outcome) throws -> [String: Any] {
            let line = try #require(outcome.output.last)
            return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }
}
