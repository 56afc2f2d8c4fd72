import HotStuff

/// A replica's accounts as its control socket shows them; times are of the system's monotonic clock, the same for all
/// processes of the machine.
struct AccountsPage: Codable, Sendable, Hashable {
    /// The last blocks with payload, lowest height first.
    var blocks: [Block]
    /// How long each part of a block's way took, by the span's name.
    var spans: [String: DurationHistogram]
    /// How many nanoseconds calls of `doPropose()` have waited for what.
    var waits: [String: UInt64]
    /// Proposals that the state machine has made.
    var proposals: Int
    /// Blocks that it has executed.
    var executions: Int
    /// Blocks that it has made final and never executed, as it had proposed them.
    var avoidedExecutions: Int
    /// Blocks that roll backs undid.
    var undoneBlocks: Int
    /// What proposing and executing them had taken, in nanoseconds.
    var undoneNanoseconds: UInt64
    /// How many blocks were applied and not committed, at most.
    var deepest: Int
    /// The views of late.
    var views: [View]

    /// How many blocks are shown at most.
    static let blocksLimit = 1_024

    /// One block's way.
    struct Block: Codable, Sendable, Hashable {
        /// Its height.
        var height: UInt64
        /// Its payload's size.
        var bytes: Int
        /// When it reached each stage, in nanoseconds, in the order of the stages; 0 for those it has not.
        var times: [UInt64]

        /// When it reached a stage, in nanoseconds; nil if it has not.
        subscript(stage: BlockStage) -> UInt64? {
            guard times.indices.contains(stage.rawValue), times[stage.rawValue] > 0 else { return nil }
            return times[stage.rawValue]
        }
    }

    /// One view; times in nanoseconds.
    struct View: Codable, Sendable, Hashable {
        /// Its number.
        var view: UInt64
        /// It began.
        var entered: UInt64
        /// The replica suspected it: its timer expired, or it was handed over.
        var suspected: UInt64?
        /// The replica has given it up.
        var timedOut: UInt64?
        /// The replica leads it, and a block of it has committed.
        var stable: UInt64?
        /// The replica, leading, has proposed its first payload.
        var proposed: UInt64?
        /// Blocks of it with payload that the replica has proposed, or written to vote for them.
        var taken: Int
        /// How many of those have committed.
        var committed: Int
    }

    /// Shows these accounts.
    init(_ accounts: BlockAccounts) {
        blocks = accounts.recent.map { block in
            Block(
                height: block.position.height.rawValue, bytes: block.payloadBytes,
                times: BlockStage.allCases.map { block[$0]?.nanoseconds ?? 0 })
        }
        spans = Dictionary(uniqueKeysWithValues: accounts.spans.map { ($0.key.rawValue, $0.value) })
        waits = Dictionary(
            uniqueKeysWithValues: accounts.waits.map { ($0.key.rawValue, $0.value.wholeNanoseconds) })
        proposals = accounts.machine.proposals
        executions = accounts.machine.executions
        avoidedExecutions = accounts.machine.avoidedExecutions
        undoneBlocks = accounts.machine.undoneBlocks
        undoneNanoseconds = accounts.machine.undoneTime.wholeNanoseconds
        deepest = accounts.deepest
        views = accounts.views.map { view in
            View(
                view: view.view.rawValue, entered: view.entered.nanoseconds, suspected: view.suspected?.nanoseconds,
                timedOut: view.timedOut?.nanoseconds, stable: view.stable?.nanoseconds,
                proposed: view.proposed?.nanoseconds, taken: view.taken, committed: view.committed)
        }
    }

    /// What was noted since `earlier`; blocks, views and the greatest depth are as they are.
    func since(_ earlier: AccountsPage) -> AccountsPage {
        var difference = self
        for (name, histogram) in earlier.spans { difference.spans[name] = spans[name]?.since(histogram) }
        for (name, wait) in earlier.waits { difference.waits[name] = (waits[name] ?? 0) - min(wait, waits[name] ?? 0) }
        difference.proposals -= earlier.proposals
        difference.executions -= earlier.executions
        difference.avoidedExecutions -= earlier.avoidedExecutions
        difference.undoneBlocks -= earlier.undoneBlocks
        difference.undoneNanoseconds -= min(earlier.undoneNanoseconds, undoneNanoseconds)
        return difference
    }

    /// A part of a block's way.
    func span(_ span: BlockSpan) -> DurationHistogram { spans[span.rawValue] ?? DurationHistogram() }
}
