import HotStuffStorage
import Logging

/// Drops what of the log need not be kept, on the writer's thread: between two writes at most one step, so a vote never
/// waits for more than one.
struct Pruning {
    private let log: OpenedLog
    private let retention: Retention
    private let served: Int
    private let core: ReplicaCore
    /// Nil where nothing is dropped.
    private var pace: PruningPace?
    private var steppedAt: Timestamp

    /// Blocks grow old without writes too; their age is told to the hour.
    private static let ageing = Duration.seconds(3_600)

    /// Drops what the configuration does not keep.
    init(_ log: OpenedLog, of core: ReplicaCore) {
        self.log = log
        self.core = core
        steppedAt = core.clock.now
        retention = core.configuration.retention
        served = core.configuration.servedBlocks
        pace = retention == .everything ? nil : PruningPace()
    }

    /// How long to wait for writes before the next step; nil for as long as it takes.
    var pause: Duration? {
        guard let pace else { return nil }
        if pace.isBehind { return .zero }
        if case .days = retention { return max(.zero, Self.ageing - (core.clock.now - steppedAt)) }
        return nil
    }

    /// Drops some of the oldest blocks, if it is time to; none any more, until the next start, once one of their entries
    /// turns out to be damaged.
    ///
    /// - Parameter writes: what was just written.
    /// - Throws: `StorageError`; after that nothing may be written any more.
    mutating func step(after writes: [[LogWrite]]) throws {
        pace?.note(writes)
        let start = core.clock.now
        guard let due = pace, due.isDue || pause == .zero else { return }
        steppedAt = start
        do {
            let bounds = due.bounds(neededFrom: core.machine.neededFrom, served: served)
            let pruned = try log.prune(retention, within: bounds)
            pace?.stepped(pruned)
            if pruned.blockCount > 0 { tell(pruned, in: core.clock.now - start) }
        } catch let error as StorageError where error.isDamage {
            // A step that meets damage has changed nothing, and votes can go on without it.
            pace = nil
            core.logger.error("drops no more blocks until the next start", metadata: ["reason": "\(error)"])
            core.events.tell(.pruningStopped(reason: error.message))
        }
    }

    private func tell(_ pruned: Pruned, in duration: Duration) {
        core.metrics.pruned(pruned, in: duration)
        core.repairs.pruned(below: pruned.firstHeight)
        core.inbox.post(.input(.pruned(below: pruned.firstHeight)))
        core.events.tell(.pruned(below: pruned.firstHeight, blocks: pruned.blockCount))
    }
}

/// When old blocks are dropped, and how many at once: as many as have come since the last step and as many again, so that
/// a backlog shrinks whatever the leader's pace.
struct PruningPace {
    /// Blocks after which there is a step, and which one may always drop.
    static let blocks = 64
    /// Bytes of payloads after which there is one, and which one may always drop.
    static let bytes = 64 << 20

    /// What has been written since the last step.
    private var written = (blocks: 0, bytes: 0)
    /// Whether there was more to drop than the last step could.
    private(set) var isBehind = true

    /// Notes what was written.
    mutating func note(_ writes: [[LogWrite]]) {
        for write in writes.joined() {
            switch write {
            case .block(let block): written.bytes += block.payload.count
            case .commit(let positions, _): written.blocks += positions.count
            case .record: break
            }
        }
    }

    /// Whether a step is due now.
    var isDue: Bool { isBehind || written.blocks >= Self.blocks || written.bytes >= Self.bytes }

    /// The bounds of the next step.
    func bounds(neededFrom: Height, served: Int) -> PruningBounds {
        PruningBounds(
            neededFrom: neededFrom, served: UInt64(max(0, served)), blockLimit: max(Self.blocks, 2 * written.blocks),
            sizeLimit: .bytes(max(Self.bytes, 2 * written.bytes)))
    }

    /// A step was made.
    mutating func stepped(_ pruned: Pruned) {
        written = (0, 0)
        isBehind = pruned.isUnfinished
    }
}
