import ArgumentParser
import Foundation
import HotStuff

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
            committing, as on a leader, and executing and committing, as on a follower. The decision latency is from \
            doPropose() until the block is decided and in the leader's log; the commit latency, until the leader's \
            state machine has returned from commit, which waits for the propose() that its thread is in.

            With --sweep the same is measured at every point of a table: the three times are lists then. Ideal is one \
            block every max(P, E), exactly. Where a machine proposes faster than it executes, the leader paces itself to its \
            followers. Beside it stand the same with one slow follower, and without speculation.
            """)

    @Option(help: ArgumentHelp("Times of a propose(); 20, in a sweep 1,5,20,100.", valueName: "ms,ms,…"))
    var proposeMs: MillisecondList?

    @Option(help: ArgumentHelp("Times of an execute(); 20, in a sweep 1,5,20,100.", valueName: "ms,ms,…"))
    var executeMs: MillisecondList?

    @Option(help: ArgumentHelp("The network's round trips; 100, in a sweep 0,20,100,200.", valueName: "ms,ms,…"))
    var roundTripMs: MillisecondList?

    @Option(help: ArgumentHelp("Size of a payload.", valueName: "bytes"))
    var payloadBytes = 1_024

    @Flag(help: "Measure every combination of the times given.")
    var sweep = false

    @Option(help: ArgumentHelp("Sweep: how often each point is measured.", valueName: "count"))
    var repeats = 3

    @Option(help: ArgumentHelp("Sweep: draw the result as SVG.", valueName: "file"))
    var plot: String?

    @Flag(inversion: .prefixedNo, help: "Whether the leader makes proposals on top of blocks that have not committed.")
    var speculation = true

    @Option(
        help: ArgumentHelp(
            "One of the three followers executes so many times slower; in a sweep beside the rest, 10, and 1 for none.",
            valueName: "factor"))
    var slowFollower: Int?

    @Option(
        help: ArgumentHelp(
            "How far the leader may be ahead of what a quorum can execute; as far as queues reach if nothing is said.",
            valueName: "ms"))
    var leadMs: Double?

    @Option(
        help: ArgumentHelp(
            "When the followers execute: whenCommitted, whenCertified or whenReceived.", valueName: "when"),
        transform: { text in
            guard let followers = FollowerExecution(rawValue: text) else {
                let known = FollowerExecution.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--followers is one of \(known)")
            }
            return followers
        })
    var followers = FollowerExecution.whenCommitted

    @Option(help: ArgumentHelp("How many blocks to measure, instead of a time.", valueName: "count"))
    var blocks: Int?

    @Option(help: ArgumentHelp("How long to measure; 10, in a sweep 2.", valueName: "seconds"))
    var seconds: Double?

    @Flag(help: "Measure the replicas' anonymous memory too, which must stay level.")
    var memory = false

    @Option(help: ArgumentHelp("Draw the last blocks' way through the pipeline as SVG.", valueName: "file"))
    var timeline: String?

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        for file in [timeline, plot] { if let file { try OutputFile.check(file) } }
        let place = try cluster.makePlace("bench")
        let progress = Progress(descriptor: STDERR_FILENO)
        defer { progress.end() }
        if sweep { try runSweep(place.path, progress) } else { try runOnce(place.path, progress) }
    }

    private func runOnce(_ directory: String, _ progress: Progress) throws {
        let plan = plan
        let bench = PipelineBench(
            plan: plan, directory: directory, program: try Cluster.ownProgram, logLevel: cluster.log.logLevel,
            progress: progress, measuresMemory: memory)
        let result = try bench.run { leader, follower in
            guard let timeline else { return }
            let plot = TimelinePlot(leader: leader, follower: follower, title: plan.title)
            guard let svg = plot.svg else {
                throw ToolError("no block came to its end in time to be drawn", remedy: "measure longer")
            }
            try OutputFile.write(svg.document, to: timeline)
        }
        progress.end()
        try output.publish(result.json, human: result.human)
    }

    private func runSweep(_ directory: String, _ progress: Progress) throws {
        var plan = PipelineSweep.Plan(
            propose: proposeMs?.times ?? MillisecondList.sweptLoads.times,
            execute: executeMs?.times ?? MillisecondList.sweptLoads.times,
            roundTrips: roundTripMs?.times ?? MillisecondList.sweptRoundTrips.times)
        plan.payload = .bytes(payloadBytes)
        plan.repeats = repeats
        if let seconds { plan.time = .milliseconds(Int64(seconds * 1_000)) }
        plan.slowFollower = slowFollower == 1 ? nil : slowFollower ?? 10
        plan.hasContrast = speculation
        let result = try PipelineSweep(
            plan: plan, directory: directory, program: try Cluster.ownProgram, logLevel: cluster.log.logLevel,
            progress: progress
        ).run()
        if let plot { try OutputFile.write(SweepPlot(result: result).svg.document, to: plot) }
        try output.publish(result.json, human: result.human)
    }

    private var plan: PipelinePlan {
        let load = SyntheticMachine.Load(
            propose: proposeMs?.times.first ?? .milliseconds(20), execute: executeMs?.times.first ?? .milliseconds(20),
            payload: .bytes(payloadBytes))
        var plan = PipelinePlan(load: load, roundTrip: roundTripMs?.times.first ?? .milliseconds(100))
        plan.speculation = speculation
        plan.slowFollower = slowFollower ?? 1
        plan.followers = followers
        if let leadMs { plan.lead = .microseconds(Int64(leadMs * 1_000)) }
        if let blocks { plan.extent = .blocks(blocks) }
        if let seconds { plan.extent = .time(.milliseconds(Int64(seconds * 1_000))) }
        return plan
    }

    func validate() throws {
        guard blocks == nil || seconds == nil else { throw ValidationError("give --blocks or --seconds, not both") }
        guard (2...1_000_000).contains(blocks ?? 2) else { throw ValidationError("--blocks is 2 to 1000000") }
        guard (0.1...3_600).contains(seconds ?? 1) else { throw ValidationError("--seconds is 0.1 to 3600") }
        guard (1...1_000).contains(slowFollower ?? 1) else { throw ValidationError("--slow-follower is 1 to 1000") }
        guard (1...3_600_000).contains(leadMs ?? 1) else { throw ValidationError("--lead-ms is 1 to 3600000") }
        guard (1...100).contains(repeats) else { throw ValidationError("--repeats is 1 to 100") }
        guard (1...(32 << 20)).contains(payloadBytes) else {
            throw ValidationError("--payload-bytes is 1 to \(32 << 20)")
        }
        let lists = [proposeMs, executeMs, roundTripMs].compactMap { $0 }
        if sweep {
            guard blocks == nil, timeline == nil, leadMs == nil, !memory else {
                throw ValidationError(
                    "--blocks, --timeline, --lead-ms and --memory are for a single measurement, without --sweep")
            }
            guard !(proposeMs?.times.contains(.zero) ?? false) || !(executeMs?.times.contains(.zero) ?? false) else {
                throw ValidationError("in a sweep, proposing or executing must take some time")
            }
        } else {
            guard plot == nil else { throw ValidationError("--plot draws a sweep: add --sweep") }
            guard lists.allSatisfy({ $0.times.count == 1 }) else {
                throw ValidationError("several times are measured with --sweep")
            }
        }
    }
}

extension PipelineBench.Result {
    /// The object that `--json` prints.
    fileprivate var json: JSON {
        guard let memory, case .object(let members) = figures.json else { return figures.json }
        return .object(members + [.init(name: "anonymous_memory", value: memory.json)])
    }

    /// The same for people.
    fileprivate var human: String { memory.map { "\(figures.human)\n\($0.human)" } ?? figures.human }
}

/// One or more times in milliseconds, as they are named on the command line.
struct MillisecondList: ExpressibleByArgument, Sendable, Hashable {
    /// The times; at least one, none twice.
    let times: [Duration]

    private static let bounds = 0.0...60_000.0
    /// What a sweep measures if nothing else is said.
    static let sweptLoads = MillisecondList([1, 5, 20, 100])
    /// As above.
    static let sweptRoundTrips = MillisecondList([0, 20, 100, 200])

    private init(_ milliseconds: [Int]) { times = milliseconds.map { .milliseconds($0) } }

    /// Reads numbers with commas between them; nil if one is none, out of bounds, or there twice.
    init?(argument: String) {
        var times: [Duration] = []
        for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Double(word), Self.bounds.contains(number) else { return nil }
            let time = Duration.microseconds(Int64(number * 1_000))
            guard !times.contains(time) else { return nil }
            times.append(time)
        }
        self.times = times
    }

    /// For the tool's help.
    var defaultValueDescription: String { times.map { PipelineFigures.milliseconds($0).text }.joined(separator: ",") }
}
