/// One seed, one sequence, on every machine: SplitMix64.
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` − 1, each as likely but for less than one in 2^32.
    mutating func below(_ bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

    /// About normal, with mean 0 and a standard deviation of about 2^16.
    mutating func bell() -> Int64 {
        // The sum of four uniform numbers of 32 bits has a deviation of 2^33 / √12.
        let (one, two) = (next(), next())
        let mask: UInt64 = 0xFFFF_FFFF
        let sum = (one & mask) + (one >> 32) + (two & mask) + (two >> 32)
        return ((Int64(sum) - Int64(2 * mask)) >> 15) * 7 / 8
    }
}
