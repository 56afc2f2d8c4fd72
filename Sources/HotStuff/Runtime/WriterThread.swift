import HotStuffStorage
import Logging

/// What the writer's thread does: makes durable what the engine asks for, all that waits in one transaction and one
/// sync; and between two of them drops what need not be kept, a few blocks at a time.
///
/// It alone writes to the log.
struct WriterThread {
    /// A write effect.
    struct Request: Sendable {
        let writes: [LogWrite]
        let ticket: WriteTicket
    }

    let log: OpenedLog
    let requests: Inbox<Request>
    let inbox: Inbox<ReplicaThread.Item>
    let feed: LogFeed
    let metrics: ReplicaMetrics
    let clock: ReplicaClock
    let repairs: Repairs
    let events: EventHub
    let logger: Logger
    let retention: Retention
    let servedBlocks: Int
    /// The lowest height that the state machine needs from the log at this moment.
    let neededFrom: () -> Height
    /// The log cannot be written: nothing that depends on this write may ever leave.
    let fail: (ReplicaError) -> Void

    /// Works until no more requests come and all are done, or until one fails.
    func run() {
        // Nil where nothing is dropped.
        var pace = retention == .everything ? nil : PruningPace()
        do {
            while let group = requests.take(waitingUpTo: pace?.pause(retention)) {
                try write(group)
                pace?.note(group.map(\.writes))
                if let due = pace, due.isDue || group.isEmpty { try prune(&pace, due) }
            }
        } catch {
            fail(ReplicaError(log: error))
            requests.close()
        }
    }

    private func write(_ group: [Request]) throws {
        guard let last = group.last else { return }
        let writes = group.map(\.writes)
        if writes.contains(where: { !$0.isEmpty }) {
            let start = clock.now
            try log.apply(writes)
            metrics.writeTime.record(duration: clock.now - start)
            metrics.writeGroup.record(group.count)
            repairs.written(writes)
            tellReaders(writes)
        }
        inbox.post(.input(.durable(last.ticket)))
    }

    /// Drops some of the oldest blocks; none any more, until the next start, if one of their entries is damaged.
    private func prune(_ pace: inout PruningPace?, _ due: PruningPace) throws {
        let start = clock.now
        let bounds = due.bounds(neededFrom: neededFrom(), served: servedBlocks)
        do {
            let pruned = try log.prune(retention, within: bounds)
            pace?.stepped(pruned)
            guard pruned.blockCount > 0 else { return }
            metrics.pruned(pruned, in: clock.now - start)
            repairs.pruned(below: pruned.firstHeight)
            inbox.post(.input(.pruned(below: pruned.firstHeight)))
            events.tell(.pruned(below: pruned.firstHeight, blocks: pruned.blockCount))
        } catch let error as StorageError where error.isDamage {
            // A step that meets damage has changed nothing, and votes can go on without it.
            pace = nil
            logger.error("drops no more blocks until the next start", metadata: ["reason": "\(error)"])
            events.tell(.pruningStopped(reason: error.message))
        }
    }

    private func tellReaders(_ writes: [[LogWrite]]) {
        for case .commit(let positions, _) in writes.joined().reversed() {
            if let tip = positions.last { return feed.advance(to: tip.height) }
        }
    }
}
