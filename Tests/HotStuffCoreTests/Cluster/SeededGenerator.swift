/// SplitMix64: one seed, one sequence, on every machine.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `n` on average.
    mutating func oneIn(_ n: UInt64) -> Bool { n > 0 && next() % n == 0 }

    /// A duration from `low` to `high`.
    mutating func duration(_ low: Duration, _ high: Duration) -> Duration {
        let span = max(1, high.wholeNanoseconds - low.wholeNanoseconds)
        return low + .nanoseconds(Int64(next() % span))
    }
}
