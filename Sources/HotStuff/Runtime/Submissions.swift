import Synchronization

/// Calls of `submit` that wait for their command to be applied.
///
/// The command itself is the queue's, and outlasts the call: a caller that is told of a lost view may submit it again
/// elsewhere, under the same ID.
final class Submissions: Sendable {
    private struct State {
        var waiting: [UInt64: CheckedContinuation<CommandOutcome, any Error>] = [:]
        var cancelled: Set<UInt64> = []
        var last: UInt64 = 0
        var leader = Leader.unknown
    }

    /// Who leads, as far as the replica's thread has told.
    private enum Leader {
        /// The replica has not begun.
        case unknown
        /// This replica does.
        case me
        /// Another replica does.
        case other(ValidatorKey, View)
        /// The replica stops.
        case over
    }

    private let queue: CommandQueue
    /// Who numbers the commands that come without an ID.
    private let client = UInt64.random(in: .min ... .max)
    /// The number of the last command that came without an ID.
    private let sequence = Mutex<UInt64>(0)
    private let state = Mutex(State())

    /// Submits to `queue`.
    init(queue: CommandQueue) { self.queue = queue }

    /// Queues a command and waits until it is applied here.
    ///
    /// - Throws: `ReplicaError`, `CancellationError`, `ProposeError.notLeader` if another replica leads, or comes to
    ///   meanwhile.
    func submit(_ command: Payload, id: CommandID?) async throws -> CommandOutcome {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        defer { state.withLock { _ = $0.cancelled.remove(number) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(number, command, id, $0) }
        } onCancel: {
            let waiting = state.withLock { state in
                let waiting = state.waiting.removeValue(forKey: number)
                if waiting == nil { state.cancelled.insert(number) }
                return waiting
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    /// A view has begun; where another replica leads it, those who wait here are told so.
    func entered(_ view: View, leader: ValidatorKey, isMe: Bool) {
        let waiting: [UInt64: CheckedContinuation<CommandOutcome, any Error>] = state.withLock { state in
            if case .over = state.leader { return [:] }
            state.leader = isMe ? .me : .other(leader, view)
            guard !isMe else { return [:] }
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values {
            continuation.resume(throwing: ProposeError.notLeader(leader: leader, view: view))
        }
    }

    /// No more commands are taken.
    func end() {
        let waiting = state.withLock { state in
            state.leader = .over
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: .stopped) }
    }

    private func wait(
        _ number: UInt64, _ command: Payload, _ id: CommandID?,
        _ continuation: CheckedContinuation<CommandOutcome, any Error>
    ) {
        let refusal: (any Error)? = state.withLock { state in
            switch state.leader {
            case .unknown, .over: return ReplicaError.stopped
            case .other(let leader, let view): return ProposeError.notLeader(leader: leader, view: view)
            case .me: break
            }
            if state.cancelled.contains(number) { return CancellationError() }
            state.waiting[number] = continuation
            return nil
        }
        if let refusal { return continuation.resume(throwing: refusal) }
        do throws(CommandQueue.Refused) {
            try queue(command, id) { [weak self] in self?.answer(number, $0) }
        } catch {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(throwing: ReplicaError(error))
        }
    }

    /// Queues a command; `answer` may be called at once.
    private func queue(
        _ command: Payload, _ id: CommandID?, answer: @escaping @Sendable (CommandOutcome) -> Void
    ) throws(CommandQueue.Refused) {
        if let id { return try queue.submit(command, id: id, answer: answer) }
        // Numbered and queued under one lock: a client's commands must reach the queue in the order of their numbers.
        try sequence.withLock { (sequence) throws(CommandQueue.Refused) in
            sequence += 1
            try queue.submit(command, id: CommandID(client: client, sequence: sequence), answer: answer)
        }
    }

    private func answer(_ number: UInt64, _ outcome: CommandOutcome) {
        state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: outcome)
    }
}

extension ReplicaError {
    /// The replica is at its end.
    static let stopped = ReplicaError(
        .notRunning, "the replica is not running", remedy: "start it, or ask another replica")

    /// Why the command queue took no command.
    init(_ refused: CommandQueue.Refused) {
        switch refused {
        case .full(let pause):
            self.init(
                .queueFull, "the command queue is full", remedy: "submit it again after a pause", retryAfter: pause)
        case .tooLong(let size, let limit):
            self.init(
                .unsupported, "a command of \(size) is longer than a batch may be",
                remedy: "send at most \(limit), or raise the payload limit in the genesis")
        case .stopped: self = .stopped
        }
    }
}
