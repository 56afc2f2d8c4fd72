import BatchExchange
import HotStuff

/// What the exchange reached at one block size, bare and in four replicas, and what the processors did for it.
struct ExchangeFigures: Sendable {
    /// What was asked for.
    let plan: ExchangePlan
    /// Transactions in the measured blocks, without those that the proposer filtered out.
    let transactions: Int
    /// Bytes of the measured blocks' payloads.
    let payloadBytes: Int
    /// The bare machine's thread, in all of its runs.
    let bare: MachineTimes
    /// The leader's machine's thread, from its first measured proposal to its last.
    let machine: MachineTimes
    /// From the first measured block's commit to the last one's, at the third-fastest replica.
    let committing: Duration
    /// What processors did for each replica's process, in the order of their numbers.
    let processes: [ProcessShare]
    /// Blocks that the leader executed.
    let leaderExecutions: Int
    /// Processors that other work kept busy meanwhile, beside the bare machine and beside the replicas; nil where the
    /// system does not tell.
    let others: (bare: Double, replicated: Double)?

    /// A run of the bare machine.
    struct Bare: Sendable {
        /// What it came to.
        var loop: ProposingLoop.Result
        /// Processors that were busy with something else.
        var othersShare: Double?
    }

    /// What four replicas have noted.
    struct Replicas: Sendable {
        /// The number of the one that led.
        var leader: Int
        /// When each has committed what.
        var commits: [[Marks.Mark]]
        /// What the leader's exchange has noted.
        var proposals: [ProposalMark]
        /// What the leader has.
        var accounts: AccountsPage
        /// Processors that were busy with something else.
        var othersShare: Double?
    }

    /// How a thread has spent its time.
    struct MachineTimes: Sendable, Hashable {
        /// How many blocks it has proposed.
        var blocks = 0
        /// By the clock.
        var elapsed = Duration.zero
        /// Of a processor.
        var processor = Duration.zero
        /// Ready, while no processor was free.
        var queued = Duration.zero

        /// Neither at work nor ready: nothing was wanted of it.
        var idle: Duration { max(.zero, elapsed - processor - queued) }

        /// Milliseconds of one of these times for each block.
        func milliseconds(_ time: KeyPath<Self, Duration>) -> Double {
            self[keyPath: time] / .milliseconds(1) / Double(max(1, blocks))
        }

        fileprivate mutating func add(from first: ThreadTimes, to last: ThreadTimes, blocks count: Int) {
            func time(_ part: KeyPath<ThreadTimes, UInt64>) -> Duration {
                .nanoseconds(Int64(clamping: last[keyPath: part] - min(first[keyPath: part], last[keyPath: part])))
            }
            blocks += count
            elapsed += time(\.clock)
            processor += time(\.processor)
            queued += time(\.queued)
        }
    }

    /// What processors did for a process, from its first measured commit to its last.
    struct ProcessShare: Sendable, Hashable {
        /// Whether it is the leader's.
        let isLeader: Bool
        /// By the clock.
        let elapsed: Duration
        /// Of processors, all threads in sum.
        let processor: Duration

        /// Processors that it kept busy on average.
        var share: Double { processor / elapsed }
    }

    /// Puts together what was measured.
    ///
    /// - Throws: `ToolError` if too little was, or if the replicas' leader did not do the same as the bare machine.
    init(_ plan: ExchangePlan, bare runs: [Bare], replicas: Replicas) throws {
        let (first, last) = (plan.measured.lowerBound, plan.measured.upperBound)
        let heights = Self.heights(replicas.commits)
        guard let run = runs.first?.loop, runs.allSatisfy({ $0.loop.marks.count > last }),
            replicas.proposals.count > last,
            heights.count > last
        else {
            throw ToolError(
                "only \(heights.count) of \(last + 1) blocks were measured", remedy: "measure more, with --blocks")
        }
        let digests = (runs.map(\.loop.marks) + [replicas.proposals]).map { $0[first...last].map(\.digest) }
        guard digests.allSatisfy({ $0 == digests[0] }), replicas.accounts.undoneBlocks == 0 else {
            throw ToolError(
                "the leader did not propose what the bare machine did, as it was interrupted",
                remedy: "measure again, on a machine with less to do")
        }
        self.plan = plan
        transactions = run.marks[(first + 1)...last].reduce(0) { $0 + $1.transactions }
        payloadBytes = run.payloadBytes[(first + 1)...last].reduce(0, +)
        var (bare, machine) = (MachineTimes(), MachineTimes())
        for marks in runs.map(\.loop.marks) {
            bare.add(from: marks[first].times, to: marks[last].times, blocks: plan.blocks)
        }
        machine.add(
            from: replicas.proposals[first].times, to: replicas.proposals[last].times, blocks: plan.blocks)
        (self.bare, self.machine) = (bare, machine)
        committing = .nanoseconds(Int64(clamping: heights[last].time - min(heights[first].time, heights[last].time)))
        processes = try replicas.commits.indices.map { number in
            try Self.share(
                of: replicas.commits[number], from: heights[first].height, to: heights[last].height,
                isLeader: number == replicas.leader)
        }
        leaderExecutions = replicas.accounts.executions
        let besideBare = runs.compactMap(\.othersShare)
        others = replicas.othersShare.flatMap { beside in
            besideBare.count < runs.count ? nil : (besideBare.reduce(0, +) / Double(runs.count), beside)
        }
    }

    /// What three replicas have committed, and when the third of them had, lowest height first.
    private static func heights(_ commits: [[Marks.Mark]]) -> [(height: UInt64, time: UInt64)] {
        var times: [UInt64: [UInt64]] = [:]
        for mark in commits.joined() { times[mark.height, default: []].append(mark.committed) }
        return times.compactMap { height, times in
            times.count > PipelineFigures.place ? (height, times.sorted()[PipelineFigures.place]) : nil
        }.sorted { $0.height < $1.height }
    }

    private static func share(
        of commits: [Marks.Mark], from first: UInt64, to last: UInt64, isLeader: Bool
    ) throws -> ProcessShare {
        guard let start = commits.first(where: { $0.height == first }),
            let end = commits.first(where: { $0.height == last }), end.committed > start.committed
        else {
            throw ToolError("a replica has not committed what was measured", remedy: "measure more, with --blocks")
        }
        return ProcessShare(
            isLeader: isLeader, elapsed: .nanoseconds(Int64(clamping: end.committed - start.committed)),
            processor: .nanoseconds(Int64(clamping: end.processor - min(start.processor, end.processor))))
    }

    // MARK: - Results

    /// Transactions a second of the bare machine.
    var barePerSecond: Double {
        Double(transactions) * Double(bare.blocks) / Double(plan.blocks) / (bare.elapsed / .seconds(1))
    }

    /// Transactions a second that three of four replicas have committed.
    var replicatedPerSecond: Double { Double(transactions) / (committing / .seconds(1)) }

    /// The part of the bare machine's speed that the replicas reach.
    var ratio: Double { replicatedPerSecond / barePerSecond }

    /// The same for what a block costs the machine's thread of a processor: what the framework leaves of it, were there
    /// processors for everybody.
    var processorRatio: Double { bare.milliseconds(\.processor) / machine.milliseconds(\.processor) }

    /// Megabytes of payload a second that were replicated.
    var megabytesPerSecond: Double { Double(payloadBytes) / 1e6 / (committing / .seconds(1)) }

    /// Processors that the leader's machine's thread kept busy.
    var machineShare: Double { machine.processor / machine.elapsed }

    /// Processors that the rest of the leader's process kept busy.
    var leaderRestShare: Double { max(0, processes.filter(\.isLeader).reduce(0) { $0 + $1.share } - machineShare) }

    /// Processors that all of the followers kept busy.
    var followersShare: Double { processes.filter { !$0.isLeader }.reduce(0) { $0 + $1.share } }

    /// Processors that other work kept busy, beside the bare machine and the replicas in sum.
    var disturbance: Double { others.map { $0.bare + $0.replicated } ?? 0 }
}
