import ArgumentParser
import Foundation
import HotStuff
import HotStuffSimulator

/// `hotstuff simulate`: whole clusters in virtual time under every fault, one seed a run.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run clusters in virtual time against every fault, each from a seed.",
        discussion: """
            The replicas are those that ship, without threads, sockets and files; network, disks, clocks and keys are \
            models. A seed gives the same run on every machine. After a violation the command prints what is needed to \
            see it again, and exits with 1.
            """)

    @Option(help: ArgumentHelp("Which seeds to run, both ends included.", valueName: "a..b"))
    var seeds = SeedRange(0...999)

    @Option(help: ArgumentHelp("Which scenario; without it, each seed has its own.", valueName: "name"))
    var scenario: String?

    @Option(help: ArgumentHelp("How many validators, where the scenario leaves that open.", valueName: "count"))
    var replicas: Int?

    @Option(help: ArgumentHelp("How many runs at a time; as many as there are processors.", valueName: "count"))
    var threads: Int?

    @Option(help: ArgumentHelp("Run this seed again.", valueName: "seed"))
    var replay: UInt64?

    @Option(help: ArgumentHelp("With --replay: leave out what a shortened run leaves out.", valueName: "text"))
    var cuts = ""

    @Option(help: ArgumentHelp("Let all replicas break this rule, to see that it is noticed.", visibility: .hidden))
    var brokenRule: String?

    @Flag(help: "With --replay: print everything that happens.")
    var trace = false

    @Option(
        help: ArgumentHelp("With --replay: draw what happens as a sequence diagram, to an SVG file.", valueName: "file")
    )
    var diagram: String?

    @Flag(help: "List the scenarios.")
    var list = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (4...100).contains(replicas ?? 4) else { throw ValidationError("--replicas is 4 to 100") }
        guard (1...1_000).contains(threads ?? 1) else { throw ValidationError("--threads is 1 to 1000") }
        guard replay != nil || (!trace && diagram == nil) else {
            throw ValidationError("--trace and --diagram want a --replay")
        }
        guard cuts.isEmpty || replay != nil else { throw ValidationError("--cuts wants a --replay") }
        guard SeedRun.Choice(cuts: cuts).hasReadableCuts else {
            throw ValidationError("--cuts is what a shortened run prints, as faults:0.3/phase:400")
        }
    }

    func run() throws {
        if list {
            let width = SeedRun.scenarios.map(\.name.count).max() ?? 0
            for scenario in SeedRun.scenarios {
                let space = String(repeating: " ", count: width - scenario.name.count + 2)
                StandardOutput.write(scenario.name + space + scenario.summary)
            }
            return
        }
        if let scenario, !SeedRun.scenarios.contains(where: { $0.name == scenario }) {
            throw ToolError("there is no scenario \(scenario)", remedy: "see hotstuff simulate --list")
        }
        let broken = brokenRule.flatMap(BrokenRule.init)
        guard (broken == nil) == (brokenRule == nil) else {
            let names = BrokenRule.allCases.map(\.rawValue).joined(separator: ", ")
            throw ToolError("there is no rule \(brokenRule ?? "")", remedy: "name one of \(names)")
        }
        try output.check()
        if let replay { try again(replay, broken) } else { try runAll(broken) }
    }

    private func runAll(_ brokenRule: BrokenRule?) throws {
        let clock = ReplicaClock.monotonic
        let start = clock.now
        let choice = SeedRun.Choice(replicas: replicas, brokenRule: brokenRule)
        var figures = SeedRuns(seeds.seeds, scenario: scenario, choice).run(
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        figures.wall = clock.now - start
        try output.publish(figures.json, human: figures.human)
        if figures.violations > 0 { throw ExitCode(1) }
    }

    private func again(_ seed: UInt64, _ brokenRule: BrokenRule?) throws {
        var drawing = diagram.map { _ in RunDiagram() }
        let run = SeedRun.run(
            seed: seed, scenario: scenario,
            SeedRun.Choice(replicas: replicas, brokenRule: brokenRule, cuts: cuts),
            line: trace ? { StandardOutput.write($0) } : nil, diagram: &drawing)
        guard let run else { return }
        if let diagram, let drawing {
            do {
                try Data(drawing.svg(title: "\(run.scenario), seed \(seed)").utf8).write(
                    to: URL(fileURLWithPath: diagram))
            } catch {
                throw ToolError("cannot write \(diagram): \(error)", remedy: "name a file that this user may write")
            }
        }
        var figures = SimulationFigures()
        figures.add(run)
        try output.publish(figures.json, human: figures.human)
        if let violation = run.violation {
            Progress(descriptor: STDERR_FILENO).say("seed \(seed), \(run.scenario): \(violation)")
            throw ExitCode(1)
        }
    }
}
