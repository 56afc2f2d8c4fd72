/// What is still to happen, earliest first; of two at one time the one that was added first.
///
/// A binary heap of times alone: events stay where they were put, as moving them costs more than comparing.
struct EventQueue<Event> {
    /// When the event in a slot happens.
    private struct Key {
        /// Nanoseconds since the world began.
        let at: UInt64
        /// How many were added before it.
        let number: UInt64
        /// Where the event is.
        let slot: Int

        func isBefore(_ other: Key) -> Bool { at == other.at ? number < other.number : at < other.at }
    }

    private var heap: [Key] = []
    private var slots: [Event?] = []
    private var freeSlots: [Int] = []
    private var added: UInt64 = 0

    /// How many are still to happen.
    var count: Int { heap.count }

    /// When the next one happens; nil if none does.
    var nextTime: UInt64? { heap.isEmpty ? nil : heap[0].at }

    /// Adds an event.
    mutating func add(_ event: Event, at time: UInt64) {
        added += 1
        let key = Key(at: time, number: added, slot: freeSlots.last ?? slots.count)
        if freeSlots.popLast() == nil { slots.append(event) } else { slots[key.slot] = event }
        heap.append(key)
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard key.isBefore(heap[parent]) else { break }
            heap[place] = heap[parent]
            place = parent
        }
        heap[place] = key
    }

    /// Takes out the next event, and its time.
    mutating func next() -> (at: UInt64, event: Event)? {
        guard let last = heap.popLast() else { return nil }
        let first = heap.isEmpty ? last : heap[0]
        if !heap.isEmpty { sink(last) }
        guard let event = slots[first.slot].take() else { preconditionFailure("an event happens once") }
        freeSlots.append(first.slot)
        return (first.at, event)
    }

    /// Puts a key where the first one was.
    private mutating func sink(_ key: Key) {
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(key) else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = key
    }
}
