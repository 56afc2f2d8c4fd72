import Synchronization

/// Calls of `doPropose()` that wait for the replica's thread; any thread may answer, once.
final class ProposeCalls: Sendable {
    /// How many callers may wait.
    static let limit = 4_096

    private struct State {
        var waiting: [ProposeRequest.ID: CheckedContinuation<Proposed, any Error>] = [:]
        /// Cancelled before they waited.
        var cancelled: Set<ProposeRequest.ID> = []
        var last: UInt64 = 0
        /// Whether somebody answers: between start and stop.
        var isOpen = false
    }

    private let state = Mutex(State())
    private let inbox: Inbox<ReplicaThread.Item>

    /// Calls that are posted to `inbox`.
    init(inbox: Inbox<ReplicaThread.Item>) { self.inbox = inbox }

    /// Posts a request and waits for its answer.
    ///
    /// - Throws: `ProposeError`, `CancellationError`, `ReplicaError.Code.queueFull`.
    func propose(_ content: ProposeRequest.Content, deadline: Timestamp?) async throws -> Proposed {
        let id = state.withLock { state in
            state.last += 1
            return ProposeRequest.ID(number: state.last)
        }
        let request = ProposeRequest(id: id, content: content, deadline: deadline)
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(for: request, $0) }
        } onCancel: {
            cancel(id)
        }
    }

    /// The replica's thread has an answer.
    func answer(_ id: ProposeRequest.ID, _ result: Result<Proposed, ProposeError>) {
        take(id)?.resume(with: result.mapError { $0 })
    }

    /// Calls are taken from now on.
    func begin() { state.withLock { $0.isOpen = true } }

    /// No more calls are taken; those that wait are told so.
    func end() {
        let left = state.withLock { state in
            state.isOpen = false
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in left.values { continuation.resume(throwing: ProposeError.notRunning) }
    }

    private func wait(for request: ProposeRequest, _ continuation: CheckedContinuation<Proposed, any Error>) {
        let refusal: (any Error)? = state.withLock { state in
            if !state.isOpen { return ProposeError.notRunning }
            if state.cancelled.contains(request.id) { return CancellationError() }
            guard state.waiting.count < Self.limit else {
                return ReplicaError(
                    .queueFull, "\(Self.limit) callers of doPropose() wait already",
                    remedy: "wait for the answers", retryAfter: .milliseconds(10))
            }
            state.waiting[request.id] = continuation
            return nil
        }
        if let refusal { return continuation.resume(throwing: refusal) }
        if !inbox.post(.input(.propose(request))) {
            take(request.id)?.resume(throwing: ProposeError.notRunning)
        }
    }

    private func cancel(_ id: ProposeRequest.ID) {
        let waiting = state.withLock { state in
            let waiting = state.waiting.removeValue(forKey: id)
            if waiting == nil { state.cancelled.insert(id) }
            return waiting
        }
        guard let waiting else { return }
        inbox.post(.input(.cancelProposal(id)))
        waiting.resume(throwing: CancellationError())
    }

    private func take(_ id: ProposeRequest.ID) -> CheckedContinuation<Proposed, any Error>? {
        state.withLock { $0.waiting.removeValue(forKey: id) }
    }
}
