internal import Synchronization

/// Remembers what was found good, by digest, up to a number of entries; the oldest gives way.
///
/// Shared by the verifier's threads: the lock is held for a look-up only, never while something is checked.
final class VerifiedMemory: Sendable {
    private struct State {
        var known: Set<Digest> = []
        /// The entries in the order in which they came, as a ring once it is full.
        var order: [Digest] = []
        /// The oldest entry's place in a full ring.
        var oldest = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// A memory of `capacity` entries, about 100 bytes each.
    init(capacity: Int) { self.capacity = max(capacity, 1) }

    /// Whether this was found good, and is not forgotten.
    func contains(_ digest: Digest) -> Bool { state.withLock { $0.known.contains(digest) } }

    /// Remembers that this is good.
    func insert(_ digest: Digest) {
        state.withLock { state in
            guard state.known.insert(digest).inserted else { return }
            if state.order.count < capacity {
                state.order.append(digest)
            } else {
                state.known.remove(state.order[state.oldest])
                state.order[state.oldest] = digest
                state.oldest = (state.oldest + 1) % capacity
            }
        }
    }
}
