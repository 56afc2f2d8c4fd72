import ArgumentParser
import Foundation

/// `hotstuff bench`: measurements that anybody can repeat.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure.",
        subcommands: [
            PipelineCommand.self, LogBenchCommand.self, RecoveryBenchCommand.self, RetentionBenchCommand.self,
            ExchangeBenchCommand.self,
        ])
}

/// `hotstuff bench pipeline`: how far the leader's running ahead hides the network.
struct PipelineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipeline",
        abstract: "Measure blocks per second against the bare state machine, and the time to commit.",
        discussion: """
            Four replica processes on the loopback address run a machine that proposes and executes by sleeping, over \
            TCP, with synced logs; every message arrives no sooner than half a round trip after it was sent. Counted \
            are blocks with payload whose commit has returned on the third-fastest replica, after a warm-up. Ideal is \
            what the bare machine reaches in a loop of its own, measured in the same run: the slower of proposing and \
            committing, as on a leader, and executing and committing, as on a follower. The commit latency is from the \
            return of doPropose() to the return of commit at the leader.
            """)

    @OptionGroup var load: LoadOptions

    @Option(help: ArgumentHelp("The network's round trip.", valueName: "ms"))
    var roundTripMs = 100.0

    @Flag(inversion: .prefixedNo, help: "Whether the leader makes proposals on top of blocks that have not committed.")
    var speculation = true

    @Option(help: ArgumentHelp("How many blocks to measure, instead of a time.", valueName: "count"))
    var blocks: Int?

    @Option(help: ArgumentHelp("How long to measure; 10 if nothing is said.", valueName: "seconds"))
    var seconds: Double?

    @Option(
        help: ArgumentHelp(
            "Where to make the network, which then stays; without it, a directory that is removed in the end.",
            valueName: "directory"))
    var directory: String?

    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let place = try WorkingDirectory(directory, prefix: "hotstuff-bench")
        let progress = Progress(descriptor: STDERR_FILENO)
        var plan = PipelineBench.Plan(load: load.machine, roundTrip: .microseconds(Int64(roundTripMs * 1_000)))
        plan.speculation = speculation
        if let blocks { plan.extent = .blocks(blocks) }
        if let seconds { plan.extent = .time(.milliseconds(Int64(seconds * 1_000))) }
        let figures: PipelineFigures
        do {
            figures = try PipelineBench(
                plan, directory: place.path, program: try Cluster.ownProgram, progress: progress,
                logLevel: log.logLevel
            ).run()
        } catch {
            progress.end()
            throw error
        }
        progress.end()
        try output.publish(figures.json, human: figures.human)
    }

    func validate() throws {
        guard blocks == nil || seconds == nil else { throw ValidationError("give --blocks or --seconds, not both") }
        guard (2...1_000_000).contains(blocks ?? 2) else { throw ValidationError("--blocks is 2 to 1000000") }
        guard (0.1...3_600).contains(seconds ?? 1) else { throw ValidationError("--seconds is 0.1 to 3600") }
        guard (0...10_000).contains(roundTripMs) else { throw ValidationError("--round-trip-ms is 0 to 10000") }
    }
}
