import HotStuff

/// Runs four replicas under a synthetic load, and measures what they commit.
final class PipelineBench {
    /// What to measure.
    struct Plan: Sendable {
        /// What the machine's calls cost.
        var load: SyntheticMachine.Load
        /// The network's.
        var roundTrip: Duration
        /// Whether the leader runs ahead of consensus.
        var speculation = true
        /// How much to measure.
        var extent = Extent.time(.seconds(10))

        /// How much to measure.
        enum Extent: Sendable, Hashable {
            /// So long.
            case time(Duration)
            /// So many blocks.
            case blocks(Int)
        }

        /// Measures a machine of this load over this network.
        init(load: SyntheticMachine.Load, roundTrip: Duration) {
            self.load = load
            self.roundTrip = roundTrip
        }

        /// The view timer: no view may be lost for being slow, as the leader's change is not what is measured.
        fileprivate var viewDuration: Duration {
            let block: Duration = max(load.propose, load.execute)
            return Duration.seconds(2) + roundTrip * 10 + block * 4
        }

        /// Before it nothing counts: the leader has found its window by then.
        fileprivate var warmUp: Duration {
            let block: Duration = max(load.propose, load.execute)
            return Duration.seconds(2) + roundTrip * 10 + block * 10
        }
    }

    /// How many replicas there are.
    static let replicas = 4
    /// How long nothing may be committed before the measurement is given up.
    private static let patience = Duration.seconds(30)

    private let plan: Plan
    private let cluster: Cluster
    private let progress: Progress
    private let clock = ReplicaClock.monotonic

    /// Makes the network in `directory`; its replicas are processes of `program`, this tool.
    init(
        _ plan: Plan, directory: String, program: String, progress: Progress, logLevel: LogLevel = .info
    ) throws {
        var network = NetworkPlan(directory: directory, application: .synthetic(plan.load))
        network.ports = try FreePorts.find(Self.replicas)
        network.adjust = { configuration in
            configuration.emulatedDelay = plan.roundTrip / 2
            configuration.viewDuration = ExponentialViewDuration(
                base: plan.viewDuration, ceiling: max(plan.viewDuration, .seconds(60)))
            if !plan.speculation { configuration.speculation.bufferDepth = 0 }
        }
        cluster = Cluster(try Network(making: network), program: program, interruption: try Interruption())
        cluster.logLevel = logLevel
        self.plan = plan
        self.progress = progress
    }

    /// Measures the bare machine, then the replicas.
    func run() throws -> PipelineFigures {
        progress.say("measuring the bare state machine")
        let ideal = try BareLoop.blocksPerSecond(plan.load)
        progress.say("bare state machine: \(JSON.rounded(ideal, digits: 2).text) blocks/s; starting the replicas")
        for number in 0..<Self.replicas { try cluster.start(number) }
        try waitForFirstBlock()
        let start = clock.now + plan.warmUp
        progress.say("warming up")
        while clock.now < start { try step(until: start) }
        guard let leader = cluster.leader, let before = cluster.picture(of: leader) else { throw noLeader() }
        try measure(from: start)
        let end = clock.now
        guard let after = cluster.picture(of: leader), after.view == before.view, cluster.leader == leader else {
            throw noLeader()
        }
        let commits = try (0..<Self.replicas).map { try marks(of: $0) }
        _ = try cluster.stop()
        return try PipelineFigures(
            plan, ideal: ideal, commits: commits, from: start, to: end, leader: leader,
            leaderExecutions: after.machine.executions - before.machine.executions)
    }

    /// Payload blocks that the third-fastest replica has committed.
    private var blocks: Int {
        let counts = cluster.pictures.map(\.machine.blocks).sorted(by: >)
        return counts.count > 2 ? counts[2] : 0
    }

    private func waitForFirstBlock() throws {
        let deadline = clock.now + Self.patience
        while blocks == 0 || cluster.pictures.count < Self.replicas {
            guard clock.now < deadline else { throw standstill() }
            try step(until: deadline)
        }
    }

    private func measure(from start: Timestamp) throws {
        let first = blocks
        var (last, lastChange) = (first, start)
        while true {
            let now = clock.now
            switch plan.extent {
            case .time(let time): if now - start >= time { return }
            case .blocks(let count): if blocks - first > count { return }
            }
            if blocks != last { (last, lastChange) = (blocks, now) }
            guard now - lastChange < Self.patience else { throw standstill() }
            try step(until: now + .milliseconds(100))
            progress.show {
                let time = max((clock.now - start) / .seconds(1), 0.001)
                return "measured \(blocks - first) blocks in \(JSON.rounded(time, digits: 1).text) s, "
                    + "\(JSON.rounded(Double(blocks - first) / time, digits: 1).text) blocks/s"
            }
        }
    }

    /// All marks of a replica.
    private func marks(of number: Int) throws -> [Marks.Mark] {
        var all: [Marks.Mark] = []
        let deadline = clock.now + Self.patience
        while true {
            cluster.send(.marks(after: Height(all.last?.height ?? 0)), to: number)
            var page: Marks?
            while page == nil {
                guard clock.now < deadline else { throw standstill() }
                page = try step(until: deadline)
            }
            guard let marks = page?.marks, !marks.isEmpty else { return all }
            all += marks
            // What is committed after the end is of no interest, and there is always more of it.
            if marks.count < Marks.page { return all }
        }
    }

    /// Waits for something to happen; a page of marks if that came.
    @discardableResult
    private func step(until deadline: Timestamp) throws -> Marks? {
        var page: Marks?
        for event in try cluster.wait(until: deadline) {
            switch event {
            case .marks(_, let marks): page = marks
            case .refused(let number, let refusal):
                throw ToolError("replica \(number) refused a request: \(refusal.reason)", remedy: "build the tool anew")
            case .ended(let number, let end):
                throw ToolError(
                    "replica \(number) \(end), and was not to: \(cluster.lastWords(of: number))",
                    remedy: "run it again with --directory, and see its log.txt")
            case .ready, .picture, .command: break
            }
        }
        return page
    }

    private func standstill() -> ToolError {
        ToolError(
            "nothing was committed for \(Self.patience)",
            remedy: "run it again with --directory, and see the replicas' log.txt")
    }

    private func noLeader() -> ToolError {
        ToolError(
            "the leader changed while it was measured", remedy: "measure again, on a machine with less to do")
    }
}
