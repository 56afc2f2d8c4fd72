internal import HotStuffCore

/// How long something takes: between two bounds, and now and then much longer.
struct Spread: Sendable, Hashable, CustomStringConvertible {
    /// The least.
    var low: Duration
    /// The most, but for the tail.
    var high: Duration
    /// In how many of a thousand cases it takes `tail` longer.
    var tailPerMille: Int
    /// By how much.
    var tail: Duration

    /// From `low` to `high`, and in some of a thousand cases up to `tail` longer.
    init(_ low: Duration, _ high: Duration, tailPerMille: Int = 0, tail: Duration = .zero) {
        self.low = low
        self.high = max(low, high)
        self.tailPerMille = tailPerMille
        self.tail = tail
    }

    /// Always the same.
    static func always(_ value: Duration) -> Spread { Spread(value, value) }

    /// One draw, in nanoseconds.
    func draw(_ random: inout SeededRandom) -> UInt64 {
        var result = random.duration(low, high).wholeNanoseconds
        if random.chance(perMille: tailPerMille) { result += random.duration(.zero, tail).wholeNanoseconds }
        return result
    }

    /// The bounds, for a schedule that people read.
    var description: String {
        let bounds = low == high ? "\(low)" : "\(low) to \(high)"
        return tailPerMille == 0 ? bounds : "\(bounds), \(tailPerMille) ‰ up to \(tail) more"
    }
}
