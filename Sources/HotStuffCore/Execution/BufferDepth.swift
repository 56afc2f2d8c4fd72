/// How many proposals the state machine may be ahead of `doPropose()`: at most `limit`, and where it adapts no more than
/// were needed of late.
///
/// What is deep is what a roll back throws away; what is too shallow makes `doPropose()` wait for a state machine that
/// had stopped for want of room. So the depth grows by one when that has happened, and shrinks after `period` proposals of
/// which none took the last of the buffer, or of which all found it far from full. It thus follows the time of a proposal,
/// the round trip and the commits without knowing any of them, nor the time.
struct BufferDepth: Sendable {
    /// The depth that is never exceeded; 0 turns speculation off.
    let limit: Int
    /// Whether it adapts.
    let adapts: Bool
    /// The depth.
    private(set) var value: Int

    private var drained = 0
    /// The fewest that a drain left behind, in this period.
    private var fewestLeft = Int.max
    /// The most that a drain found, in this period.
    private var mostFound = 0
    /// Whether the state machine has stopped for want of room since `doPropose()` waited for it last.
    private var hasBeenFull = false

    /// Proposals after which the depth may shrink.
    static let period = 64
    /// Where a depth that adapts begins.
    static let first = 3

    /// A depth of `limit`, or one that adapts up to it.
    init(limit: Int, adapts: Bool) {
        precondition(limit >= 0, "a buffer cannot have a depth of \(limit)")
        self.limit = limit
        self.adapts = adapts && limit > 0
        value = self.adapts ? min(limit, Self.first) : limit
    }

    /// The buffer holds as many as it may, and nothing is in the making.
    mutating func isFull() { hasBeenFull = true }

    /// `doPropose()` waits for the state machine, and for nothing else.
    mutating func isStarved() {
        guard adapts, hasBeenFull else { return }
        hasBeenFull = false
        value = min(limit, value + 1)
        beginPeriod()
    }

    /// `doPropose()` has taken one of `found` proposals.
    mutating func isDrained(found: Int) {
        guard adapts else { return }
        drained += 1
        fewestLeft = min(fewestLeft, found - 1)
        mostFound = max(mostFound, found)
        guard drained >= Self.period else { return }
        // Left over every time: so many fewer would have done. Never found: all but one, which is made while the last is
        // taken, were of no use.
        value = max(1, min(value - fewestLeft, mostFound + 1))
        beginPeriod()
    }

    private mutating func beginPeriod() {
        drained = 0
        fewestLeft = .max
        mostFound = 0
    }
}
