import Foundation
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// The exchange in four processes that follow one of them.
    struct ExchangeReplicasTests {
        @Test func fourReplicasCommitWhatTheBareExchangeProposes() throws {
            let directory = try TestDirectory()
            let plot = directory.path + "/exchange.svg"
            let run = try Program.run(
                [
                    "bench", "exchange", "--replicas", "--sizes", "50,100", "--blocks", "6", "--accounts", "200",
                    "--plot", plot, "--json",
                ], within: .seconds(120))
            try #require(run.end == .exit(0), "\(run.errors.last ?? "")")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let result = try decoder.decode(Result.self, from: Data(try #require(run.output.last).utf8))
            #expect(result.rows.map(\.blockSize) == [50, 100])
            for row in result.rows {
                #expect((1...(row.blockSize * 6)).contains(row.transactions))
                #expect(row.payloadBytesPerBlock > row.transactions / 6 * 32)
                #expect(row.barePerS > 0)
                #expect(row.replicatedPerS > 0)
                #expect(row.leaderExecutions == 0)
                #expect(
                    row.processors.processes.map(\.role).sorted() == ["follower", "follower", "follower", "leader"])
                #expect(row.processors.processes.allSatisfy { $0.share > 0 })
            }
            #expect(try String(contentsOfFile: plot, encoding: .utf8).contains("the three followers"))
        }

        @Test(arguments: [
            ["--replicas", "--workers", "2"], ["--replicas", "--blocks", "1"], ["--plot", "x.svg"], ["--repeats", "2"],
            ["--replicas", "--repeats", "0"], ["--accounts", "1"],
        ])
        func whatCannotBeMeasuredIsRefused(arguments: [String]) throws {
            #expect(try Program.run(["bench", "exchange"] + arguments).end == .exit(64))
        }

        @Test func aReplicaWithoutAnExchangeHasNothingToTrade() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            try cluster.start(0)
            try cluster.wait("it is ready") { cluster.pictures.count == 1 }
            cluster.send(.market(blocks: 1, seed: 1), to: 0)
            var refusal: ControlAnswer.Refusal.Code?
            try cluster.wait("it refuses") {
                if case .refused(0, let answer) = $0 { refusal = answer.code }
            } until: {
                refusal != nil
            }
            #expect(refusal == .unsupported)
        }

        private struct Result: Decodable {
            let rows: [Row]
        }

        private struct Row: Decodable {
            let blockSize: Int
            let transactions: Int
            let payloadBytesPerBlock: Int
            let barePerS: Int
            let replicatedPerS: Int
            let leaderExecutions: Int
            let processors: Processors
        }

        private struct Processors: Decodable {
            let processes: [Process]
        }

        private struct Process: Decodable {
            let role: String
            let share: Double
        }
    }
}
