internal import DequeModule

/// How many payload blocks decisions have committed at once of late.
///
/// A follower that executes ahead does so by as many blocks as the largest of these, and no more. So it is the decisions
/// that set its pace: each finds its blocks executed and the thread idle, and is final at once; then as many more are
/// executed before the next. Were everything executed as it comes, a decision would meet an `execute` that is under way, at
/// a moment that depends on the round trip, and wait for the rest of it.
struct RecentDecisions: Sendable {
    private var sizes: Deque<Int> = []
    /// The largest of late; at least 1.
    private(set) var largest = 1

    private static let memory = 8

    /// A decision has committed so many payload blocks, at least one.
    mutating func add(_ blocks: Int) {
        sizes.append(blocks)
        if sizes.count > Self.memory { sizes.removeFirst() }
        largest = sizes.max() ?? 1
    }
}
