import Dispatch
import Foundation
import HotStuff
import HotStuffSimulator
import Synchronization

/// Many seeds' runs, on several threads: a run shares nothing with another.
final class SeedRuns: Sendable {
    private struct State {
        var next: UInt64?
        var figures = SimulationFigures()
        let progress = Progress(descriptor: STDERR_FILENO)
    }

    private let seeds: ClosedRange<UInt64>
    private let scenario: String?
    private let choice: SeedRun.Choice
    private let state: Mutex<State>

    /// The runs of these seeds.
    init(_ seeds: ClosedRange<UInt64>, scenario: String?, _ choice: SeedRun.Choice) {
        self.seeds = seeds
        self.scenario = scenario
        self.choice = choice
        state = Mutex(State(next: seeds.lowerBound))
    }

    /// Runs them all, so many at a time, and says on standard error how it gets on and what breaks.
    func run(threads: Int) -> SimulationFigures {
        DispatchQueue.concurrentPerform(iterations: max(1, threads)) { _ in
            while let seed = take(),
                let run = SeedRun.run(seed: seed, scenario: scenario, choice)
            {
                let story = story(of: run)
                state.withLock { state in
                    state.figures.add(run)
                    for line in story { state.progress.say(line) }
                    let sum = state.figures
                    state.progress.show {
                        "\(sum.seeds) seeds, \(sum.blocks) blocks, \(sum.violations) violations"
                    }
                }
            }
        }
        return state.withLock { state in
            state.progress.end()
            return state.figures
        }
    }

    private func take() -> UInt64? {
        state.withLock { state in
            guard let seed = state.next else { return nil }
            state.next = seed < seeds.upperBound ? seed + 1 : nil
            return seed
        }
    }

    /// What is said of a run that broke a promise: which, the shortest schedule that still does, how to see it again.
    private func story(of run: SeedRun) -> [String] {
        guard let violation = run.violation else { return [] }
        let again =
            "hotstuff simulate --replay \(run.seed) --scenario \(run.scenario)"
            + (choice.replicas.map { " --replicas \($0)" } ?? "")
            + (choice.brokenRule.map { " --broken-rule \($0.rawValue)" } ?? "")
        let shrunk = run.shrunk(choice)
        let cuts = shrunk.map { $0.cuts.isEmpty ? "" : " --cuts \($0.cuts)" } ?? ""
        return ["seed \(run.seed), \(run.scenario): \(violation)"] + (shrunk?.lines ?? []).map { "  " + $0 }
            + ["  again: " + again + cuts + " --trace"]
    }
}
