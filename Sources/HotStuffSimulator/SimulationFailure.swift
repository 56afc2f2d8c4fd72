/// A run in which a promise was broken: the seed, what happened, and the shortest schedule found that still does it.
public struct SimulationFailure: Error, Sendable, CustomStringConvertible {
    /// The seed of the run.
    public let seed: UInt64
    /// What happened, the shortened schedule, and how to see it again.
    public let description: String

    /// The failure of a plan, shortened.
    init(seed: UInt64, plan: RunPlan, violation: Violation, replay: String) {
        self.seed = seed
        let settings = plan.settings
        let schedule = plan.schedule.isEmpty ? ["no fault is needed"] : plan.schedule
        description = """
            seed \(seed): \(violation)
            with \(settings.replicas) replicas, L = \(settings.chainLength)\
            \(settings.viewLimit.map { ", K = \($0)" } ?? ""):
              \(schedule.joined(separator: "\n  "))
            again, with its trace: \(replay)
            """
    }

    /// A failure that has no schedule.
    init(seed: UInt64, text: String) {
        self.seed = seed
        description = "seed \(seed): \(text)"
    }
}
