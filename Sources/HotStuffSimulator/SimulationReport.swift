/// What the runs of a simulation were made of, in sum.
public struct SimulationReport: Sendable, Hashable {
    /// How many runs there were.
    public let runs: Int
    /// Blocks with a payload that committed.
    public let committedBlocks: Int
    /// Views that were given up.
    public let viewChanges: Int
    /// Roll backs of speculated blocks.
    public let rollBacks: Int
    /// Starts after crashes.
    public let restarts: Int
    /// Blocks that a leader executed although it had proposed them in the same view: always 0.
    public let executionsOnLeaders: Int
    /// Faults injected.
    public let faults: Int
    /// How long the runs were in virtual time.
    public let simulated: Duration

    init(runs: Int, payloads: Int, simulated: Duration, tally: Tally) {
        self.runs = runs
        committedBlocks = payloads
        viewChanges = tally.timeouts
        rollBacks = tally.rollBacks
        restarts = tally.restarts
        executionsOnLeaders = tally.executionsOnLeaders
        faults = Tally.Fault.allCases.reduce(0) { $0 + tally.count(of: $1) }
        self.simulated = simulated
    }
}
