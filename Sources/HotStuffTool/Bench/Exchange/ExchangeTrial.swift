import BatchExchange
import HotStuff

/// Measures the exchange bare and in four replicas, at one block size.
///
/// The bare machine runs before the replicas and once more after them: on a machine whose speed changes both are seen. Where
/// there are two cores or more, the exchange has the first of them to itself in both, and all else is on the others: a
/// thread that is moved about, or waits for others on its core, tells nothing of what consensus costs it.
struct ExchangeTrial {
    /// What to measure.
    let plan: ExchangePlan
    /// Where to make the network.
    let directory: String
    /// The path of this tool, which the replicas are processes of.
    let program: String
    /// What the replicas log.
    let logLevel: LogLevel
    /// Where to show how far it is.
    let progress: Progress
    /// Ends waiting.
    let interruption: Interruption

    /// All that this tool may use, in order.
    private let cores = ThreadCores.available

    /// The core that the exchange has to itself; nil if there is one alone.
    private var machineCore: Int? { cores.count > 1 ? cores[0] : nil }

    /// A view must not be lost for a block of a million transactions.
    private static let view = Duration.seconds(20)

    /// Measures.
    ///
    /// - Throws: `ToolError`; also if the leader changed, which is not what is measured.
    func run() throws -> ExchangeFigures {
        defer { try? ThreadCores.bind(to: cores) }
        let before = try bare()
        let replicas = try replicated()
        return try ExchangeFigures(plan, bare: [before, try bare()], replicas: replicas)
    }

    private func bare() throws -> ExchangeFigures.Bare {
        progress.show { "\(plan.blockSize) a block: the bare machine" }
        if let machineCore { try ThreadCores.bind(to: [machineCore]) }
        let rules = try ExchangeBench.rules(accounts: plan.accounts)
        let start = ProcessorUse.now()
        let loop = ProposingLoop.run(
            plan.warmUp + plan.blocks, blockSize: plan.blockSize, rules: rules, seed: plan.seed)
        return ExchangeFigures.Bare(loop: loop, othersShare: Self.othersShare(from: start, to: ProcessorUse.now()))
    }

    private static func othersShare(from start: ProcessorUse?, to end: ProcessorUse?) -> Double? {
        guard let start, let end else { return nil }
        return end.othersShare(since: start)
    }

    private func replicated() throws -> ExchangeFigures.Replicas {
        progress.show { "\(plan.blockSize) a block: starting four replicas" }
        var network = NetworkPlan(
            directory: directory,
            application: .verifiedExchange(blockSize: plan.blockSize, accounts: plan.accounts))
        network.adjust = { [machineCore] configuration in
            configuration.viewDuration = ExponentialViewDuration(base: Self.view, ceiling: .seconds(60))
            if let machineCore { configuration.machineCores = [machineCore] }
        }
        // The replicas' processes begin with the cores of the thread that starts them.
        if machineCore != nil { try ThreadCores.bind(to: Array(cores.dropFirst())) }
        let cluster = try PipelineCluster(
            network, program: program, logLevel: logLevel, interruption: interruption)
        try cluster.start(untilFirstBlock: false)
        let (leader, view) = try (cluster.leader(), cluster.view())
        let blocks = plan.warmUp + plan.blocks
        progress.show { "\(plan.blockSize) a block: making transactions" }
        _ = try cluster.ask(leader, .market(blocks: blocks + plan.after, seed: plan.seed), cluster.tradingData(leader))
        try cluster.forgetMarks()
        _ = try cluster.ask(leader, .open, cluster.tradingData(leader))
        try run(cluster, untilBlocks: plan.warmUp)
        let start = ProcessorUse.now(with: cluster.processes)
        try run(cluster, untilBlocks: blocks)
        let othersShare = Self.othersShare(from: start, to: ProcessorUse.now(with: cluster.processes))
        // The leader's own commit waits for its thread; with that of the last block its part is measured too.
        try cluster.run(untilBlocksAtEach: blocks)
        let replicas = ExchangeFigures.Replicas(
            leader: leader, commits: try cluster.takeMarks(), proposals: try cluster.proposals(of: leader),
            accounts: try cluster.accounts(of: leader), othersShare: othersShare)
        guard try cluster.leader() == leader, try cluster.view() == view else { throw cluster.noLeader() }
        try cluster.stop()
        return replicas
    }

    private func run(_ cluster: PipelineCluster, untilBlocks count: Int) throws {
        try cluster.run { _ in
            cluster.blocks >= count
        } _: { _ in
            progress.show { "\(plan.blockSize) a block: \(cluster.blocks) blocks committed by three replicas" }
        }
    }
}

extension PipelineCluster {
    /// Reads the answer about trading data.
    fileprivate func tradingData(_ replica: Int) -> (Cluster.Event) -> Int? {
        { if case .market(replica, let blocks) = $0 { blocks } else { nil } }
    }

    /// All that a replica's exchange has noted of its proposals.
    fileprivate func proposals(of number: Int) throws -> [ProposalMark] {
        var marks: [ProposalMark] = []
        while true {
            let page = try ask(number, .proposals(from: marks.count)) {
                if case .proposals(number, let page) = $0 { page } else { nil }
            }
            marks += page
            if page.count < TradingFloor.page { return marks }
        }
    }
}
