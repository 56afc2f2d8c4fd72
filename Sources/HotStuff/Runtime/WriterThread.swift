/// What the writer's thread does: makes durable what the engine asks for, all that waits in one transaction and one
/// sync; and between two of them drops what need not be kept, a few blocks at a time.
///
/// It alone writes to the log. While the log's disk is short of space it writes nothing and holds what it is asked for,
/// so nothing that depends on it leaves.
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
    var space: SpaceWatch
    var pruning: Pruning
    /// The space on the disk has run short, or come back.
    let spaceChanged: (SpaceWatch.Change) -> Void
    /// The log cannot be written: nothing that depends on this write may ever leave.
    let fail: (ReplicaError) -> Void

    /// Works until no more requests come and all are done, or until one fails; what is held for want of space then is
    /// left.
    mutating func run() {
        var held: [Request] = []
        while let taken = requests.take(waitingUpTo: pause) {
            held += taken
            if let change = space.look(for: .bytes(held.reduce(0) { $0 + $1.size }), now: clock.now) {
                spaceChanged(change)
                if case .overdue = change { return requests.close() }
            }
            if space.isShort { continue }
            do {
                try write(held)
                try pruning.step(after: held.map(\.writes))
            } catch {
                fail(ReplicaError(log: error))
                return requests.close()
            }
            held.removeAll()
        }
    }

    /// How long to wait for requests before something else is to be done; nil for as long as it takes.
    private var pause: Duration? {
        guard !space.isShort, let pause = pruning.pause else { return space.interval }
        return min(pause, space.interval ?? pause)
    }

    /// Makes all of these durable.
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

    private func tellReaders(_ writes: [[LogWrite]]) {
        for case .commit(let positions, _) in writes.joined().reversed() {
            if let tip = positions.last { return feed.advance(to: tip.height) }
        }
    }
}

extension WriterThread.Request {
    /// What it takes on the disk, or somewhat more.
    fileprivate var size: Int {
        writes.reduce(0) { sum, write in
            if case .block(let block) = write { sum + block.payload.count + 8_192 } else { sum + 8_192 }
        }
    }
}
