import HotStuff

/// What to measure in a pipeline.
struct PipelinePlan: Sendable {
    /// What the machine's calls cost.
    var load: SyntheticMachine.Load
    /// The network's.
    var roundTrip: Duration
    /// Whether the leader runs ahead of consensus.
    var speculation = true
    /// When the followers execute.
    var followers = FollowerExecution.whenCommitted
    /// How many times longer one of the followers takes to execute; 1 for as long as the others.
    var slowFollower = 1
    /// How far the leader may propose ahead of a quorum's state machines, in time; nil for as far as the queues reach.
    var lead: Duration?
    /// How much to measure.
    var extent = Extent.time(.seconds(10))

    /// How much to measure.
    enum Extent: Sendable, Hashable {
        /// So long, and until so many blocks have come, lest a slow machine leave too little to measure.
        case time(Duration, leastBlocks: Int = 0)
        /// So many blocks.
        case blocks(Int)
    }

    /// Measures a machine of this load over this network.
    init(load: SyntheticMachine.Load, roundTrip: Duration) {
        self.load = load
        self.roundTrip = roundTrip
    }

    /// The time of one block at best.
    var block: Duration { max(load.propose, load.execute) }

    /// It in words, for the head of a drawing.
    var title: String {
        let times = [load.propose, load.execute, roundTrip].map { PipelineFigures.milliseconds($0).text }
        return "P = \(times[0]) ms, E = \(times[1]) ms, round trip \(times[2]) ms"
            + (speculation ? "" : ", without speculation")
            + (slowFollower > 1 ? ", one follower \(slowFollower) times slower" : "")
    }
}
