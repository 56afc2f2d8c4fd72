import Synchronization

/// A value that threads change and tasks wait for: the bridge from the replica's threads to `async` callers.
///
/// A waiting caller is resumed from the thread that changed the value, which only puts its task on its executor.
final class Watched<State: Sendable>: Sendable {
    private struct Waiter {
        /// Looks at the state; not nil if the wait is over, and then resumes the caller.
        let attempt: @Sendable (inout State) -> (@Sendable () -> Void)?
        /// Resumes the caller without an answer.
        let cancel: @Sendable () -> Void
    }

    private struct Content {
        var state: State
        var waiters: [UInt64: Waiter] = [:]
        var cancelled: Set<UInt64> = []
        var next: UInt64 = 0
    }

    private let content: Mutex<Content>

    /// Watches `state`.
    init(_ state: State) { content = Mutex(Content(state: state)) }

    /// The value as it is.
    var value: State { content.withLock { $0.state } }

    /// Changes the value, and resumes all whose wait is over by that.
    @discardableResult
    func update<R: Sendable>(_ change: (inout State) -> R) -> R {
        let (result, resumptions) = content.withLock { content in
            let result = change(&content.state)
            var resumptions: [@Sendable () -> Void] = []
            guard !content.waiters.isEmpty else { return (result, resumptions) }
            for number in content.waiters.keys.sorted() {
                guard let waiter = content.waiters[number], let resume = waiter.attempt(&content.state) else {
                    continue
                }
                content.waiters[number] = nil
                resumptions.append(resume)
            }
            return (result, resumptions)
        }
        for resume in resumptions { resume() }
        return result
    }

    /// Waits until `answer`, which may change the value, is not nil; callers are asked in the order of their calls.
    ///
    /// - Throws: `CancellationError`.
    func wait<R: Sendable>(for answer: @escaping @Sendable (inout State) -> R?) async throws -> R {
        let number = content.withLock { content in
            content.next += 1
            return content.next
        }
        let result: R? = await withTaskCancellationHandler {
            await suspend(number, answer)
        } onCancel: {
            let waiter = content.withLock { content in
                let waiter = content.waiters.removeValue(forKey: number)
                // Cancelled before it waits: `suspend` finds this.
                if waiter == nil { content.cancelled.insert(number) }
                return waiter
            }
            waiter?.cancel()
        }
        content.withLock { _ = $0.cancelled.remove(number) }
        guard let result else { throw CancellationError() }
        return result
    }

    /// Waits until `answer` is not nil, whether or not the task is cancelled: for what must be seen to its end.
    func waitToTheEnd<R: Sendable>(for answer: @escaping @Sendable (inout State) -> R?) async -> R {
        while true {
            let number = content.withLock { content in
                content.next += 1
                return content.next
            }
            // Nobody cancels this number, so there is an answer; the loop only tells the compiler.
            if let result = await suspend(number, answer) { return result }
        }
    }

    private func suspend<R: Sendable>(
        _ number: UInt64, _ answer: @escaping @Sendable (inout State) -> R?
    ) async -> R? {
        await withCheckedContinuation { (continuation: CheckedContinuation<R?, Never>) in
            let (isOver, result): (Bool, R?) = content.withLock { content in
                if content.cancelled.contains(number) { return (true, nil) }
                if let result = answer(&content.state) { return (true, result) }
                content.waiters[number] = Waiter { state in
                    guard let result = answer(&state) else { return nil }
                    return { continuation.resume(returning: result) }
                } cancel: {
                    continuation.resume(returning: nil)
                }
                return (false, nil)
            }
            if isOver { continuation.resume(returning: result) }
        }
    }
}
