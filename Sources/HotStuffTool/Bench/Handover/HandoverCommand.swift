import ArgumentParser
import Foundation

/// `hotstuff bench handover`: how long a lost leader costs.
struct HandoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handover",
        abstract: "Measure the time from the loss of a leader to the next one's first payload.",
        discussion: """
            Four replica processes under load lose one leader after the other. One that resigns stops in order: the time \
            runs from the signal to stop. One that is killed is missed when timers expire: the time runs from the last \
            expiry, as with three replicas left the change of view needs all of them. It ends when the next leader \
            proposes its first block with a payload, which is after a block of its view has committed.
            """)

    @OptionGroup var load: LoadOptions

    @Option(help: ArgumentHelp("The network's round trip.", valueName: "ms"))
    var roundTripMs = 100.0

    @Option(help: ArgumentHelp("How long a view may go without progress.", valueName: "ms"))
    var viewMs = 1_000

    @Option(help: ArgumentHelp("How often each way of losing a leader is measured.", valueName: "count"))
    var repeats = 5

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let place = try cluster.makePlace("bench")
        let progress = Progress(descriptor: STDERR_FILENO)
        defer { progress.end() }
        var plan = HandoverBench.Plan(load: load.machine, roundTrip: .microseconds(Int64(roundTripMs * 1_000)))
        plan.view = .milliseconds(viewMs)
        plan.repeats = repeats
        let figures = try HandoverBench(
            plan, directory: place.path, program: try Cluster.ownProgram, progress: progress,
            logLevel: cluster.log.logLevel
        ).run()
        progress.end()
        try output.publish(figures.json, human: figures.human)
    }

    func validate() throws {
        guard (0...10_000).contains(roundTripMs) else { throw ValidationError("--round-trip-ms is 0 to 10000") }
        guard (100...60_000).contains(viewMs) else { throw ValidationError("--view-ms is 100 to 60000") }
        guard (1...1_000).contains(repeats) else { throw ValidationError("--repeats is 1 to 1000") }
    }
}
