/// Changes bytes as fuzzers do, by one seed the same way every time.
package struct Mutator: Sendable {
    private var state: UInt64

    /// The changes of this seed.
    package init(seed: UInt64) { state = seed }

    /// A number below `bound`; 0 if there is none.
    package mutating func below(_ bound: Int) -> Int {
        guard bound > 1 else { return 0 }
        return Int(next() % UInt64(bound))
    }

    /// So many bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    /// `bytes` with one to four changes; `other` is what pieces are taken from.
    package mutating func mutated(_ bytes: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(4) { change(&bytes, other) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = self.bytes(below(64))
            return
        }
        let place = below(bytes.count)
        switch below(8) {
        case 0: bytes[place] ^= 1 << UInt8(below(8))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
        case 2: bytes[place] = [0, 1, 0x7f, 0x80, 0xff][below(5)]
        case 3: bytes.removeSubrange(place..<min(place + 1 + below(16), bytes.count))
        case 4: bytes.insert(contentsOf: self.bytes(1 + below(16)), at: place)
        case 5: for offset in place..<min(place + 8, bytes.count) { bytes[offset] = [0, 0xff][below(2)] }
        case 6:
            let from = below(other.count)
            bytes.insert(contentsOf: other[min(from, other.count)..<min(from + 1 + below(100), other.count)], at: place)
        default:
            let from = below(bytes.count)
            bytes.insert(contentsOf: bytes[from..<min(from + 1 + below(100), bytes.count)], at: place)
        }
    }

    private mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
