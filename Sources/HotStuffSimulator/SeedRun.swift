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

    /// Runs a seed.
    ///
    /// - Parameters:
    ///   - scenario: its name; nil for the one that the seed falls to.
    ///   - replicas: how many validators, where the scenario leaves that open.
    ///   - brokenRule: a rule that all replicas break, to see that it is noticed.
    ///   - line: gets each line of the trace.
    /// - Returns: nil if there is no scenario of this name.
    package static func run(
        seed: UInt64, scenario: String?, replicas: Int? = nil, brokenRule: BrokenRule? = nil,
        line: ((String) -> Void)? = nil
    ) -> SeedRun? {
        var nothing: RunDiagram?
        return run(
            seed: seed, scenario: scenario, replicas: replicas, brokenRule: brokenRule, line: line, diagram: &nothing)
    }

    /// Runs a seed, and draws it.
    ///
    /// - Parameter diagram: gets what happens, if there is one.
    package static func run(
        seed: UInt64, scenario: String?, replicas: Int? = nil, brokenRule: BrokenRule? = nil,
        line: ((String) -> Void)? = nil, diagram: inout RunDiagram?
    ) -> SeedRun? {
        guard let found = self.scenario(scenario, seed) else { return nil }
        let drawing = Drawing(diagram)
        var seat = ScenarioSeat(seed: seed, replicas: replicas)
        if let brokenRule {
            seat.adjust = { $0.settings.brokenRule = brokenRule }
        }
        if line != nil || diagram != nil {
            seat.watch = { event in
                line?("\(event)")
                drawing.diagram?.add(event)
            }
        }
        let run = SeedRun(seed: seed, scenario: found.name, outcome: found.run(seat))
        diagram = drawing.diagram
        return run
    }

    private static func scenario(_ name: String?, _ seed: UInt64) -> Scenario? {
        name.map { name in (Scenario.all + Scenario.starts).first { $0.name == name } } ?? Scenario.chosen(by: seed)
    }

    private final class Drawing {
        var diagram: RunDiagram?
        init(_ diagram: RunDiagram?) { self.diagram = diagram }
    }

    /// The shortest schedule found that breaks the same promise, line by line; none for a scripted scenario, whose
    /// script is its schedule.
    package func shrunk(replicas: Int? = nil, brokenRule: BrokenRule? = nil) -> [String] {
        guard let violation = outcome.violation, scenario == Scenario.swarm.name else { return [] }
        var swarm = Swarm()
        swarm.replicas = replicas
        var whole = swarm.plan(seed: seed)
        whole.settings.brokenRule = brokenRule
        let shrinking = Shrinking(run: { $0.run() }, kind: violation.kind)
        let (plan, found, runs) = shrinking.shrink(whole, violation)
        return ["shortened in \(runs) runs, \(plan.settings.replicas) replicas: \(found)"] + plan.schedule
    }
}
