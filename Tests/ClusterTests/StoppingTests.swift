import Foundation
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// Ends of a replica's process that are asked for.
    struct StoppingTests {
        @Test(arguments: [SIGTERM, SIGINT])
        func aSignalEndsAReplicaCleanly(signal: CInt) throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            try cluster.start(0)
            try cluster.wait("it is ready") { cluster.pictures.count == 1 }
            let run = try ProgramRun(
                ["run", "--config", cluster.network.members[0].configurationPath], errors: directory.path + "/second")
            #expect(try run.waitForEnd() == .exit(1), "the first has the log")

            #expect(try cluster.stop() == [0: .exit(0)])
            let again = try ProgramRun(
                ["run", "--config", cluster.network.members[0].configurationPath], errors: directory.path + "/third")
            try again.waitForLines(1)
            again.process.kill(signal)
            #expect(try again.waitForEnd() == .exit(0))
            let complaints = again.errorLines.filter { $0.contains(" warning ") || $0.contains(" error ") }
            #expect(complaints == [])
        }

        @Test func aReplicaEndsWhenWhoeverStartedItIsGone() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            let run = try ProgramRun(
                ["run", "--config", cluster.network.members[0].configurationPath, "--until-stdin-closes"],
                errors: directory.path + "/errors")
            try run.waitForLines(1)

            run.process.closeInput()

            #expect(try run.waitForEnd() == .exit(0))
        }

        @Test func aSignalEndsAReplicaThatHasNoPeers() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(4, in: directory)
            let run = try ProgramRun(
                ["run", "--config", cluster.network.members[2].configurationPath], errors: directory.path + "/errors")
            try run.waitForLines(1)

            run.process.kill(SIGTERM)

            #expect(try run.waitForEnd() == .exit(0))
        }
    }
}
