import Foundation
import KeyValue
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// The demo as a user runs it, on a small input.
    struct DemoTests {
        @Test func aSmallDemoAgreesAfterAViewChangeAndARecovery() throws {
            let directory = try TestDirectory()
            let lines =
                (1...600).map { "add counter.\($0 % 7) \($0)" } + ["set a b", "delete a", "delete a", "nonsense"]
            let input = directory.path + "/input.txt"
            try lines.joined(separator: "\n").write(toFile: input, atomically: true, encoding: .utf8)
            let output = directory.path + "/result.json"

            let outcome = try Program.run(
                ["demo", "--input", input, "--json", "--output", output], within: .seconds(90))

            #expect(outcome.end == .exit(0), "\(outcome.errors)")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let result = try decoder.decode(DemoResult.self, from: Data((outcome.output.last ?? "").utf8))
            var alone = KeyValue()
            for line in lines { _ = alone.apply(line) }
            #expect(result.stateDigests == Array(repeating: try #require(alone.stateDigest?.hexadecimalText), count: 4))
            #expect(result.agree)
            #expect(result.recovered)
            #expect(result.replicas == 4)
            #expect(result.commands == 604)
            #expect(result.viewChanges >= 1)
            #expect(result.committedHeight > 0)
            let written = try String(contentsOfFile: output, encoding: .utf8)
            #expect(written == outcome.output.last.map { $0 + "\n" }, "--output holds the same document")
        }

        @Test func theReplicasOfAKilledDemoEndToo() throws {
            let directory = try TestDirectory()
            let demo = try ProgramRun(
                ["demo", "--directory", directory.path + "/net"], errors: directory.path + "/errors")
            try demo.waitForLines(2)

            demo.process.kill(SIGKILL)

            // Each replica holds the write end of its log file, and says at its end that it was asked to stop.
            #expect(try demo.waitForEnd() == .signal(SIGKILL))
            for number in 0..<4 {
                let socket = "\(directory.path)/net/replica-\(number)/data/control.sock"
                let connection = try? UnixSocket.connect(to: socket)
                guard let descriptor = connection else { continue }
                var polled = [pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)]
                #expect(poll(&polled, 1, 20_000) == 1, "replica \(number) still serves its control socket")
            }
        }
    }
}

private struct DemoResult: Decodable {
    let replicas: Int
    let committedHeight: Int
    let commands: Int
    let blocksPerSecond: Double
    let commandsPerSecond: Double
    let viewChanges: Int
    let recovered: Bool
    let stateDigests: [String]
    let agree: Bool
}
