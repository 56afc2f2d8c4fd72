import HotStuff

/// Runs four replicas under one synthetic load, and measures what they commit.
struct PipelineBench {
    /// What to measure.
    let plan: PipelinePlan
    /// Where to make the network.
    let directory: String
    /// The path of this tool, which the replicas are processes of.
    let program: String
    /// What the replicas log.
    let logLevel: LogLevel
    /// Where to show how far it is.
    let progress: Progress
    /// Whether the replicas' memory is measured too.
    var measuresMemory = false

    /// What was measured.
    struct Result: Sendable {
        /// The pipeline's.
        let figures: PipelineFigures
        /// The replicas' memory, where that was asked for.
        let memory: MemorySamples?
    }

    /// Measures the bare machine, then the replicas.
    ///
    /// - Parameter timeline: gets the last blocks of the leader and of a follower.
    func run(timeline: (_ leader: AccountsPage, _ follower: AccountsPage) throws -> Void) throws -> Result {
        progress.say("measuring the bare state machine")
        let ideal = try BareLoop.blocksPerSecond(plan.load)
        progress.say("bare state machine: \(JSON.rounded(ideal, digits: 2).text) blocks/s; starting the replicas")
        let cluster = try PipelineCluster(
            plan, directory: directory, program: program, logLevel: logLevel,
            interruption: try Interruption())
        try cluster.start()
        try cluster.set(plan.load, slowFollower: plan.slowFollower)
        progress.say("warming up")
        try cluster.run(for: .seconds(2) + plan.roundTrip * 10 + plan.block * 10)
        var memory = measuresMemory ? MemorySamples() : nil
        let measured = try cluster.measure(plan, ideal: ideal) { blocks, time in
            try memory?.take(of: cluster.processes, blocks: blocks)
            progress.show {
                let seconds = max(time / .seconds(1), 0.001)
                return "measured \(blocks) blocks in \(JSON.rounded(seconds, digits: 1).text) s, "
                    + "\(JSON.rounded(Double(blocks) / seconds, digits: 1).text) blocks/s"
            }
        }
        guard let figures = measured else { throw cluster.noLeader() }
        let leader = try cluster.leader()
        try timeline(
            try cluster.accounts(of: leader, ofLast: AccountsPage.blocksLimit),
            try cluster.accounts(of: cluster.follower(), ofLast: AccountsPage.blocksLimit))
        try cluster.stop()
        return Result(figures: figures, memory: memory)
    }
}
