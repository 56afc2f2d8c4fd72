package import HotStuffCore

/// One seed's run, for the command line and whoever else is in this package.
package struct SeedRun: Sendable {
    /// The seed.
    package let seed: UInt64
    /// The name of the scenario.
    package let scenario: String
    let outcome: RunOutcome

    /// The promise that was broken; nil if all were kept.
    package var violation: String? { outcome.violation.map { "\($0)" } }
    /// Blocks that committed.
    package var blocks: Int { outcome.blocks }
    /// Those with a payload.
    package var payloads: Int { outcome.payloads }
    /// How long it was in virtual time.
    package var simulated: Duration { outcome.simulated }
    /// Events that happened.
    package var steps: Int { outcome.steps }
    /// Of the whole trace.
    package var digest: UInt64 { outcome.digest }
    /// How many faults of each kind were injected, those of none left out.
    package var faults: [(name: String, count: Int, isOfMessages: Bool)] {
        Tally.Fault.allCases.compactMap { fault in
            let count = outcome.tally.count(of: fault)
            return count > 0 ? (fault.description, count, fault.isOfMessages) : nil
        }
    }

    /// The names of all scenarios and what they are about.
    package static var scenarios: [(name: String, summary: String)] {
        (Scenario.all + Scenario.starts).map { ($0.name, $0.summary) }
    }

    /// What is run beside the seed and the scenario.
    package struct Choice: Sendable {
        /// How many validators, where the scenario leaves that open.
        package var replicas: Int?
        /// A rule that all replicas break, to see that it is noticed.
        package var brokenRule: BrokenRule?
        /// What is left out, as `Shrunk.cuts` says.
        package var cuts = ""

        /// The whole run, with no rule broken.
        package init(replicas: Int? = nil, brokenRule: BrokenRule? = nil, cuts: String = "") {
            self.replicas = replicas
            self.brokenRule = brokenRule
            self.cuts = cuts
        }

        /// Whether `cuts` is what a shrunk run prints.
        package var hasReadableCuts: Bool { Cuts(cuts) != nil }
    }

    /// Runs a seed.
    ///
    /// - Parameters:
    ///   - scenario: its name; nil for the one that the seed falls to.
    ///   - line: gets each line of the trace.
    /// - Returns: nil if there is no scenario of this name.
    package static func run(
        seed: UInt64, scenario: String?, _ choice: Choice = Choice(), line: ((String) -> Void)? = nil
    ) -> SeedRun? {
        var nothing: RunDiagram?
        return run(seed: seed, scenario: scenario, choice, line: line, diagram: &nothing)
    }

    /// Runs a seed, and draws it.
    ///
    /// - Parameter diagram: gets what happens, if there is one.
    package static func run(
        seed: UInt64, scenario: String?, _ choice: Choice = Choice(), line: ((String) -> Void)? = nil,
        diagram: inout RunDiagram?
    ) -> SeedRun? {
        guard let found = self.scenario(scenario, seed) else { return nil }
        let drawing = Drawing(diagram)
        var watch: ((TraceEvent) -> Void)?
        if line != nil || diagram != nil {
            watch = { event in
                line?("\(event)")
                drawing.diagram?.add(event)
            }
        }
        let (outcome, _) = found.run(seed: seed, choice, Cuts(choice.cuts) ?? Cuts(), watch)
        diagram = drawing.diagram
        return SeedRun(seed: seed, scenario: found.name, outcome: outcome)
    }

    private static func scenario(_ name: String?, _ seed: UInt64) -> Scenario? {
        name.map { name in (Scenario.all + Scenario.starts).first { $0.name == name } } ?? Scenario.chosen(by: seed)
    }

    private final class Drawing {
        var diagram: RunDiagram?
        init(_ diagram: RunDiagram?) { self.diagram = diagram }
    }

    /// The smallest run found that breaks the same promise.
    package struct Shrunk: Sendable {
        /// What happens in it, line by line.
        package let lines: [String]
        /// What it leaves out, as `Choice.cuts` wants it.
        package let cuts: String
    }

    /// The smallest run found that breaks the same promise; nil if this one broke none.
    ///
    /// - Parameter choice: what this run was made with.
    package func shrunk(_ choice: Choice = Choice()) -> Shrunk? {
        guard let violation = outcome.violation, let found = Self.scenario(scenario, seed),
            let whole = found.run(seed: seed, choice, Cuts(), nil).plan
        else { return nil }
        let shrinking = Shrinking(
            run: { cuts in
                let (outcome, plan) = found.run(seed: seed, choice, cuts, nil)
                return (outcome, plan ?? whole)
            }, violation: violation)
        let smallest = shrinking.shrink(whole, acts: outcome.acts, isScripted: scenario != Scenario.swarm.name)
        let head = "shortened in \(smallest.runs) runs, \(smallest.plan.settings.replicas) replicas: "
        return Shrunk(
            lines: [head + "\(smallest.violation)"] + smallest.plan.schedule, cuts: "\(smallest.cuts)")
    }
}

extension Scenario {
    /// Runs a seed with something left out: what became of it, and the plan that was run, if there was one.
    fileprivate func run(
        seed: UInt64, _ choice: SeedRun.Choice, _ cuts: Cuts, _ watch: ((TraceEvent) -> Void)?
    ) -> (outcome: RunOutcome, plan: RunPlan?) {
        // A script counts its replicas when it is set up; a drawn plan is drawn for all of them.
        let isDrawn = name == Scenario.swarm.name
        var seat = ScenarioSeat(seed: seed, replicas: isDrawn ? choice.replicas : cuts.replicas ?? choice.replicas)
        var used: RunPlan?
        seat.adjust = { plan in
            if let rule = choice.brokenRule { plan.settings.brokenRule = rule }
            cuts.apply(to: &plan)
            used = plan
        }
        seat.watch = watch
        let outcome = run(seat)
        return (outcome, used)
    }
}
