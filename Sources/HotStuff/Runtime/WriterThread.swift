/// What the writer's thread does: makes durable what the engine asks for, all that waits in one transaction and one
/// sync.
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
    /// The log cannot be written: nothing that depends on this write may ever leave.
    let fail: (ReplicaError) -> Void

    /// Works until no more requests come and all are done, or until one fails.
    func run() {
        while let group = requests.take(waitingUpTo: nil) {
            guard let last = group.last else { continue }
            let writes = group.map(\.writes)
            if writes.contains(where: { !$0.isEmpty }) {
                let start = clock.now
                do {
                    try log.apply(writes)
                } catch {
                    fail(ReplicaError(log: error))
                    requests.close()
                    return
                }
                metrics.writeTime.record(duration: clock.now - start)
                metrics.writeGroup.record(group.count)
                tellReaders(writes)
            }
            inbox.post(.input(.durable(last.ticket)))
        }
    }

    private func tellReaders(_ writes: [[LogWrite]]) {
        for case .commit(let positions, _) in writes.joined().reversed() {
            if let tip = positions.last { return feed.advance(to: tip.height) }
        }
    }
}
