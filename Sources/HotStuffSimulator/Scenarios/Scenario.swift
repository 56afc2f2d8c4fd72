internal import HotStuffCore

/// A kind of run with a name: how it is set up, and what it must come to.
struct Scenario: Sendable {
    /// What it is called on the command line.
    let name: String
    /// What is set up, and what is expected.
    let summary: String
    /// Runs one seed.
    let run: @Sendable (ScenarioSeat) -> RunOutcome
}

/// What a scenario is run with.
struct ScenarioSeat {
    /// The seed.
    let seed: UInt64
    /// How many validators, if somebody asked for that.
    var replicas: Int?
    /// Changes the drawn plan before it runs: faults left out, an engine's rule switched off.
    var adjust: (inout RunPlan) -> Void = { _ in }
    /// Gets the trace.
    var watch: ((TraceEvent) -> Void)?
    /// Whose state machine runs; nil for the sample's.
    var maker: MachineMaker?

    /// Runs a drawn plan as it is.
    func run(_ drawn: RunPlan) -> RunOutcome {
        var plan = drawn
        adjust(&plan)
        return plan.run(maker: maker, watch: watch)
    }

    /// Runs a script on a world of this plan; what it throws, or what the world's checks find, is the outcome.
    func play(_ drawn: RunPlan, _ script: (World) throws -> Void) -> RunOutcome {
        var plan = drawn
        adjust(&plan)
        do {
            let world = try plan.makeWorld(maker: maker, watch: watch)
            do {
                try script(world)
            } catch let failure as Unmet {
                world.report(.expectation, nil, failure.text)
            }
            return RunOutcome(world)
        } catch {
            preconditionFailure("a world cannot be made: \(error)")
        }
    }
}

/// Something that a scenario expects and that did not happen.
struct Unmet: Error {
    let text: String
}

/// Expects something of a scenario.
func expect(_ holds: Bool, _ text: @autoclosure () -> String) throws {
    guard !holds else { return }
    throw Unmet(text: text())
}
