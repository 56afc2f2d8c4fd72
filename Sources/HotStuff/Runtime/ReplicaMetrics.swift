import HotStuffStorage
import Metrics

/// The few numbers that say how a replica fares, for whatever backend swift-metrics has.
struct ReplicaMetrics: Sendable {
    /// Blocks committed, nudges not counted.
    let committedBlocks: Counter
    /// Views entered.
    let views: Counter
    /// Roll backs of the state machine.
    let rollBacks: Counter
    /// Messages of peers that were turned away.
    let refusedMessages: Counter
    /// Frames that were not sent, as there was no room or no connection.
    let droppedMessages: Counter
    /// Time of one transaction of the log, its sync included.
    let writeTime: Timer
    /// How many requests one transaction takes in.
    let writeGroup: Recorder
    private let prunedBlocks: Counter
    private let pruneTime: Timer
    private let firstHeight: Gauge
    /// 1 while the log's disk is short of space, and the replica neither votes nor proposes; else 0.
    let shortOfSpace: Gauge
    private let committedHeight: Gauge
    private let executedHeight: Gauge
    /// Up to where the state machine has been given committed blocks again, while it recovers.
    let recoveredHeight: Gauge
    private let bufferedProposals: Gauge
    private let uncertifiedBlocks: Gauge
    private let appliedBlocks: Gauge
    private let blockTime: [Timer]
    private let avoidedExecutions: Gauge
    private let undoneBlocks: Gauge
    private let undoneTime: Gauge
    private let proposeWaits: [ProposeWait: Timer]

    /// The metrics of the replica with this key.
    init(replica: ValidatorKey) {
        let dimensions = [("replica", "\(replica)")]
        committedBlocks = Counter(label: "hotstuff_committed_blocks", dimensions: dimensions)
        views = Counter(label: "hotstuff_views", dimensions: dimensions)
        rollBacks = Counter(label: "hotstuff_roll_backs", dimensions: dimensions)
        refusedMessages = Counter(label: "hotstuff_refused_messages", dimensions: dimensions)
        droppedMessages = Counter(label: "hotstuff_dropped_messages", dimensions: dimensions)
        writeTime = Timer(label: "hotstuff_write_time", dimensions: dimensions)
        writeGroup = Recorder(label: "hotstuff_write_group", dimensions: dimensions)
        prunedBlocks = Counter(label: "hotstuff_pruned_blocks", dimensions: dimensions)
        pruneTime = Timer(label: "hotstuff_prune_time", dimensions: dimensions)
        firstHeight = Gauge(label: "hotstuff_first_height", dimensions: dimensions)
        shortOfSpace = Gauge(label: "hotstuff_short_of_space", dimensions: dimensions)
        committedHeight = Gauge(label: "hotstuff_committed_height", dimensions: dimensions)
        executedHeight = Gauge(label: "hotstuff_executed_height", dimensions: dimensions)
        recoveredHeight = Gauge(label: "hotstuff_recovered_height", dimensions: dimensions)
        bufferedProposals = Gauge(label: "hotstuff_buffered_proposals", dimensions: dimensions)
        uncertifiedBlocks = Gauge(label: "hotstuff_uncertified_blocks", dimensions: dimensions)
        appliedBlocks = Gauge(label: "hotstuff_applied_blocks", dimensions: dimensions)
        blockTime = BlockSpan.allCases.map { span in
            Timer(label: "hotstuff_block_time", dimensions: dimensions + [("span", span.rawValue)])
        }
        avoidedExecutions = Gauge(label: "hotstuff_avoided_executions", dimensions: dimensions)
        undoneBlocks = Gauge(label: "hotstuff_undone_blocks", dimensions: dimensions)
        undoneTime = Gauge(label: "hotstuff_undone_seconds", dimensions: dimensions)
        proposeWaits = Dictionary(
            uniqueKeysWithValues: ProposeWait.allCases.map { wait in
                let dimensions = dimensions + [("for", wait.rawValue)]
                return (wait, Timer(label: "hotstuff_propose_wait", dimensions: dimensions))
            })
    }

    /// A part of a block's way took so long.
    func record(_ span: BlockSpan, _ length: Duration) { blockTime[span.place].record(duration: length) }

    /// `doPropose()` has waited so long for one thing.
    func record(_ wait: ProposeWait, _ length: Duration) { proposeWaits[wait]?.record(duration: length) }

    /// Shows what the state machine was called for.
    func show(_ machine: MachineCounters) {
        avoidedExecutions.record(machine.avoidedExecutions)
        undoneBlocks.record(machine.undoneBlocks)
        undoneTime.record(machine.undoneTime / .seconds(1))
    }

    /// Shows what a step of pruning dropped, and how long a vote that came meanwhile has waited for it at most.
    func pruned(_ step: Pruned, in duration: Duration) {
        prunedBlocks.increment(by: Int(clamping: step.blockCount))
        pruneTime.record(duration: duration)
        firstHeight.record(step.firstHeight.rawValue)
    }

    /// Shows where the engine stands.
    func show(_ engine: EngineStatus) {
        committedHeight.record(engine.committed.height.rawValue)
        executedHeight.record(engine.executed.rawValue)
        bufferedProposals.record(engine.bufferedProposals)
        uncertifiedBlocks.record(engine.uncertifiedBlocks)
        appliedBlocks.record(engine.appliedBlocks)
    }
}
