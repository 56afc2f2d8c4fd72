internal import HotStuff

/// The sum of the entries' SHA-256 digests, as four integers modulo 2^64: adding and taking away an entry costs one
/// digest, and the order does not count.
struct EntrySum: Sendable {
    private(set) var words: SIMD4<UInt64>

    static let zero = EntrySum(words: .zero)

    /// A sum that was taken apart into its words.
    init(words: SIMD4<UInt64>) { self.words = words }

    /// The summand of one entry.
    ///
    /// The key's length is hashed too, or the value `c` at `ab` would count as the value `bc` at `a`.
    init(key: [UInt8], value: String) {
        let entry = Payload(capacity: 8 + key.count + value.utf8.count) { writer in
            writer.append(UInt64(key.count))
            writer.append(key)
            writer.append(value.utf8)
        }
        words = .zero
        for (place, byte) in entry.withBytes({ Digest(of: $0) }).bytes.enumerated() {
            words[place / 8] = words[place / 8] << 8 | UInt64(byte)
        }
    }

    /// The digest of a map with so many entries of this sum.
    func digest(count: UInt64) -> Digest {
        Payload { writer in
            writer.append(count)
            for place in words.indices { writer.append(words[place]) }
        }.digest
    }

    mutating func add(_ other: EntrySum) { words &+= other.words }

    mutating func subtract(_ other: EntrySum) { words &-= other.words }
}
