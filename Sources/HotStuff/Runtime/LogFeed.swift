/// What readers of the log outside the replica's threads share: how far it reaches, and the thread that reads it.
final class LogFeed: Sendable {
    /// How far the log reaches.
    struct Reach: Sendable {
        /// The committed tip; nil until the log is open.
        var tip: Height?
        /// The replica has stopped.
        var isOver = false
        /// What stopped it, if it did not stop because it was asked to.
        var cause: ReplicaError?
    }

    /// What waits for the reader's thread; at the bound a peer's request is dropped, and the peer asks again.
    let requests = Inbox<LogReaderThread.Request>(items: 256, bytes: 256 << 20)
    private let reach = Watched(Reach())

    /// The log reaches up to here.
    func advance(to tip: Height) { reach.update { $0.tip = tip } }

    /// No more blocks come.
    func end(_ cause: ReplicaError?) {
        requests.close()
        reach.update { reach in
            reach.isOver = true
            reach.cause = cause
        }
    }

    /// Answers readers whose request nobody takes any more, as the reader's thread never began: there is no more.
    func answerWhatIsLeft() {
        for case .page(let page) in requests.take(waitingUpTo: .zero) ?? [] { page.answer(.success(nil)) }
    }

    /// The committed blocks above `height`, at least one; nil once the replica has stopped.
    ///
    /// - Parameter start: which block must be at `height`; nil where that is known.
    /// - Throws: what stopped the replica; `ReplicaError.Code.logPruned`, `wrongChain`; `CancellationError`.
    func blocks(above height: Height, from start: LogPosition?) async throws -> [CommittedBlock]? {
        while true {
            let reach = try await reach.wait { reach in
                reach.isOver || reach.tip.map { $0 > height } ?? false ? reach : nil
            }
            if reach.isOver {
                if let cause = reach.cause { throw cause }
                return nil
            }
            let page: [CommittedBlock]? = try await withCheckedThrowingContinuation { continuation in
                let request = LogReaderThread.Page(above: height, from: start) { continuation.resume(with: $0) }
                if !requests.post(.page(request)) { continuation.resume(returning: nil) }
            }
            if let page, !page.isEmpty { return page }
        }
    }
}

/// A committed block as `Replica.commits(after:)` gives it.
struct CommittedBlock: Sendable {
    let position: LogPosition
    /// Nil for a nudge.
    let payload: Payload?
}
