import Dispatch
import Synchronization

/// What waits for one thread, in order: any thread adds, one takes everything that is there at once.
///
/// Bounded in items and bytes. Each way of adding says what happens at the bound: `put` waits, `offer` refuses, and
/// `post` is for what is bounded elsewhere, by credit or by the number of callers.
final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var items: [Element] = []
        var bytes = 0
        var isClosed = false
        /// `take` returns though there may be nothing.
        var isWoken = false
        /// The taker sleeps, and whoever clears this must signal it.
        var isAsleep = false
        /// How many threads wait for room.
        var waiting = 0
    }

    private let limit: (items: Int, bytes: Int)
    private let state = Mutex(State())
    private let taker = DispatchSemaphore(value: 0)
    private let room = DispatchSemaphore(value: 0)

    /// An empty inbox; one that is empty takes any item, however large.
    init(items: Int = .max, bytes: Int = .max) { limit = (items, bytes) }

    /// Adds an item that something else bounds; false if the inbox is closed.
    @discardableResult
    func post(_ element: Element, bytes: Int = 0) -> Bool {
        let (isTaken, wakes) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            return (true, add(element, bytes, to: &state))
        }
        if wakes { taker.signal() }
        return isTaken
    }

    /// Adds an item if there is room; false if not, or if the inbox is closed.
    func offer(_ element: Element, bytes: Int) -> Bool {
        let (isTaken, wakes) = state.withLock { state in
            guard !state.isClosed, hasRoom(bytes, in: state) else { return (false, false) }
            return (true, add(element, bytes, to: &state))
        }
        if wakes { taker.signal() }
        return isTaken
    }

    /// Adds an item once there is room; false if the inbox is closed.
    func put(_ element: Element, bytes: Int) -> Bool {
        while true {
            let answer: (isTaken: Bool, wakes: Bool)? = state.withLock { state in
                if state.isClosed { return (false, false) }
                if hasRoom(bytes, in: state) { return (true, add(element, bytes, to: &state)) }
                state.waiting += 1
                return nil
            }
            guard let answer else {
                room.wait()
                continue
            }
            if answer.wakes { taker.signal() }
            return answer.isTaken
        }
    }

    /// Makes `take` return, even with nothing.
    func wake() {
        let wakes = state.withLock { state in
            state.isWoken = true
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if wakes { taker.signal() }
    }

    /// Takes no more items; what is there is still handed out.
    func close() {
        let (wakes, waiting) = state.withLock { state in
            state.isClosed = true
            defer {
                state.isAsleep = false
                state.waiting = 0
            }
            return (state.isAsleep, state.waiting)
        }
        if wakes { taker.signal() }
        for _ in 0..<waiting { room.signal() }
    }

    /// Waits for items and takes all; none after `limit` or `wake`, nil once the inbox is closed and empty.
    ///
    /// - Parameter limit: how long to wait; nil for as long as it takes, zero not to wait.
    func take(waitingUpTo limit: Duration?) -> [Element]? {
        switch look(fallingAsleep: limit.map { $0 > .zero } ?? true) {
        case .items(let items): return items
        case .closed: return nil
        case .nothing: break
        }
        if let limit {
            guard limit > .zero else { return [] }
            let nanoseconds = Int(clamping: limit.wholeNanoseconds)
            if taker.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .timedOut {
                // Whoever cleared the flag meanwhile has signalled, or is about to: that signal must not stay behind.
                let isSignalled = state.withLock { state in
                    defer { state.isAsleep = false }
                    return !state.isAsleep
                }
                if isSignalled { taker.wait() }
            }
        } else {
            taker.wait()
        }
        return switch look(fallingAsleep: false) {
        case .items(let items): items
        case .closed: nil
        case .nothing: []
        }
    }

    /// What the taker finds.
    private enum Look {
        case items([Element])
        case closed
        case nothing
    }

    /// Takes all items; with `fallingAsleep`, marks the taker as asleep if there is nothing.
    private func look(fallingAsleep: Bool) -> Look {
        let (look, waiting): (Look, Int) = state.withLock { state in
            if !state.items.isEmpty {
                let items = state.items
                state.items = []
                state.bytes = 0
                state.isWoken = false
                defer { state.waiting = 0 }
                return (.items(items), state.waiting)
            }
            if state.isClosed { return (.closed, 0) }
            if state.isWoken {
                state.isWoken = false
                return (.items([]), 0)
            }
            state.isAsleep = fallingAsleep
            return (.nothing, 0)
        }
        for _ in 0..<waiting { room.signal() }
        return look
    }

    private func hasRoom(_ bytes: Int, in state: State) -> Bool {
        state.items.isEmpty || (state.items.count < limit.items && bytes <= limit.bytes - state.bytes)
    }

    /// Adds; true if the taker must be signalled.
    private func add(_ element: Element, _ bytes: Int, to state: inout State) -> Bool {
        state.items.append(element)
        state.bytes += bytes
        defer { state.isAsleep = false }
        return state.isAsleep
    }
}
