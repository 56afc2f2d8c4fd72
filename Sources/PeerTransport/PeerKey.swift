/// Who a peer is: 32 opaque bytes, unique among all peers of a network.
///
/// The transport only compares keys. That a peer owns the key it names is for ``ConnectionSecurity`` to prove.
public struct PeerKey: Sendable, Hashable {
    /// How many bytes a key has.
    public static let byteCount = 32

    /// The bytes as four big-endian words, so that comparing words compares bytes.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Takes exactly ``byteCount`` bytes; nil for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        for (position, byte) in bytes.enumerated() {
            words[position / 8] = words[position / 8] << 8 | UInt64(byte)
        }
        self.words = (words[0], words[1], words[2], words[3])
    }

    /// The bytes of the key, ``byteCount`` of them.
    public var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        }
    }

    /// Whether both have the same bytes.
    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    /// Feeds the bytes to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension PeerKey: Comparable {
    /// Lexicographic order of the bytes; it decides which of two peers dials.
    public static func < (left: Self, right: Self) -> Bool { left.words < right.words }
}

extension PeerKey: CustomStringConvertible {
    /// The first four bytes in hexadecimal, enough to tell peers apart in a log.
    public var description: String {
        let digits = String(words.0 >> 32, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
