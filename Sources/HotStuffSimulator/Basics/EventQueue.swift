/// What is still to happen, earliest first; of two at one time the one that was added first: a binary heap.
struct EventQueue<Event> {
    /// An event and its time.
    struct Entry {
        /// Nanoseconds since the world began.
        let at: UInt64
        /// How many were added before it.
        let number: UInt64
        /// What happens.
        let event: Event

        /// Whether it happens before `other`.
        func isBefore(_ other: Entry) -> Bool { at == other.at ? number < other.number : at < other.at }
    }

    private var heap: [Entry] = []
    private var added: UInt64 = 0

    /// How many are still to happen.
    var count: Int { heap.count }

    /// When the next one happens; nil if none does.
    var nextTime: UInt64? { heap.first?.at }

    /// Adds an event.
    mutating func add(_ event: Event, at time: UInt64) {
        added += 1
        heap.append(Entry(at: time, number: added, event: event))
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].isBefore(heap[parent]) else { break }
            heap.swapAt(place, parent)
            place = parent
        }
    }

    /// Takes out the next event.
    mutating func next() -> Entry? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var place = 0
        while true {
            let (left, right) = (2 * place + 1, 2 * place + 2)
            var least = place
            if left < heap.count, heap[left].isBefore(heap[least]) { least = left }
            if right < heap.count, heap[right].isBefore(heap[least]) { least = right }
            guard least != place else { return first }
            heap.swapAt(place, least)
            place = least
        }
    }
}
