import ArgumentParser
import Foundation

/// `hotstuff demo`: a cluster of processes that loses its leader midway, and agrees in the end.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run four replicas, feed them commands, kill their leader, and compare their states.",
        discussion: """
            Four replica processes on the loopback address run the key-value example. Each line of the input is a \
            command; it carries its number, goes to whichever replica leads, is sent again until it is committed, \
            and executes exactly once. Midway the leader is killed with SIGKILL, and later started again. In the end \
            the four states must equal each other and the state after executing the input alone; if not, or if \
            anything else goes wrong, the exit code is 1.
            """)

    @Option(
        help: ArgumentHelp("Lines of set K V, add K N, delete K; without it, the bundled input.", valueName: "file"))
    var input: String?

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let input = try DemoInput(path: input)
        let place = try cluster.makePlace("demo")
        let progress = Progress(descriptor: output.json ? STDERR_FILENO : STDOUT_FILENO)
        let report: DemoReport
        do {
            report = try Demo(
                input: input, directory: place.path, program: try Cluster.ownProgram, progress: progress,
                logLevel: cluster.log.logLevel
            ).run()
        } catch {
            progress.end()
            throw error
        }
        try output.publish(report.json, human: report.human)
        if let reason = report.disagreement {
            throw ToolError(reason, remedy: "run it again with --directory, and compare the replicas' log.txt")
        }
    }
}
