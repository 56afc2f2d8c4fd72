internal import HotStuffCore

/// SplitMix64: one seed, one sequence, on every machine.
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The sequence of `seed`; another `stream` of the same seed is another sequence, so that what is drawn for the
    /// network does not move what is drawn for a disk.
    init(seed: UInt64, stream: UInt64 = 0) {
        state = mixed(seed &+ 0x9E37_79B9_7F4A_7C15 &* (stream &+ 1))
    }

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return mixed(state)
    }

    /// A number from 0 to `bound` less one; 0 if there is none.
    mutating func below(_ bound: Int) -> Int {
        guard bound > 1 else { return 0 }
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number of the range.
    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    /// True in so many of a thousand cases; draws nothing where it is never.
    mutating func chance(perMille: Int) -> Bool { perMille > 0 && below(1_000) < perMille }

    /// One of several; they must not be none.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// A time from `low` to `high`.
    mutating func duration(_ low: Duration, _ high: Duration) -> Duration {
        let (low, high) = (low.wholeNanoseconds, high.wholeNanoseconds)
        guard high > low else { return .nanoseconds(Int64(low)) }
        return .nanoseconds(Int64(low + next().multipliedFullWidth(by: high - low + 1).high))
    }
}

/// A 64-bit number whose every bit depends on every bit of `value` (the finalizer of SplitMix64).
func mixed(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
}
