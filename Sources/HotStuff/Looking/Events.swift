import Synchronization

/// What happens at a replica, from the moment on that it was asked for; ends with the replica.
public struct Events: AsyncSequence, Sendable {
    private let reader: EventReader

    init(_ reader: EventReader) { self.reader = reader }

    /// Reads on; two iterators of one `Events` share its events between them.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: reader) }

    /// One reader of events.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let reader: EventReader

        /// The next event; nil once the replica has stopped, or if the task is cancelled.
        public mutating func next() async -> ReplicaEvent? { await reader.next() }
    }
}

/// One reader's bounded buffer of events.
final class EventReader: Sendable {
    private struct State {
        /// Events, oldest first, those before `first` read already.
        var waiting: [ReplicaEvent] = []
        var first = 0
        /// Events that there was no room for, since the newest one here.
        var missed = 0
        var isOver = false
    }

    private let limit: Int
    private let state = Watched(State())

    fileprivate init(limit: Int) { self.limit = limit }

    /// Adds an event; at the limit it is counted as missed instead.
    fileprivate func add(_ event: ReplicaEvent) {
        state.update { state in
            guard state.waiting.count - state.first < limit else {
                state.missed += 1
                return
            }
            if state.missed > 0 {
                state.waiting.append(.missed(state.missed))
                state.missed = 0
            }
            state.waiting.append(event)
        }
    }

    /// No more events come; those that are here are still handed out.
    fileprivate func end() { state.update { $0.isOver = true } }

    /// The next event; nil at the end, or if the task is cancelled.
    func next() async -> ReplicaEvent? {
        let next: ReplicaEvent?? = try? await state.wait { state in
            if state.first < state.waiting.count {
                let event = state.waiting[state.first]
                state.first += 1
                if state.first == state.waiting.count || state.first >= 1_024 {
                    state.waiting.removeFirst(state.first)
                    state.first = 0
                }
                return .some(event)
            }
            if state.missed > 0 {
                defer { state.missed = 0 }
                return .some(.missed(state.missed))
            }
            return state.isOver ? .some(nil) : nil
        }
        return next ?? nil
    }
}

/// Where events come together and go out to every reader; told by the replica's threads, and never waits for a reader.
final class EventHub: Sendable {
    private struct Place {
        weak var reader: EventReader?
    }

    private struct State {
        var readers: [Place] = []
        var isOver = false
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Readers have buffers of `limit` events.
    init(limit: Int) { self.limit = limit }

    /// A reader of all events from now on; it is forgotten when it is dropped.
    func newReader() -> EventReader {
        let reader = EventReader(limit: limit)
        let isOver = state.withLock { state in
            state.readers.removeAll { $0.reader == nil }
            if !state.isOver { state.readers.append(Place(reader: reader)) }
            return state.isOver
        }
        if isOver { reader.end() }
        return reader
    }

    /// Tells all readers.
    func tell(_ event: ReplicaEvent) {
        for place in state.withLock({ $0.readers }) { place.reader?.add(event) }
    }

    /// No more events come.
    func end() {
        let readers = state.withLock { state in
            state.isOver = true
            defer { state.readers = [] }
            return state.readers
        }
        for place in readers { place.reader?.end() }
    }
}
