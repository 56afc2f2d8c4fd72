/// Choices read from bytes: the same bytes give the same choices, and zeros when they are used up.
package struct Choices: Sendable {
    private var bytes: ArraySlice<UInt8>

    /// Choices from these bytes.
    package init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    /// Whether all bytes are used up.
    package var isUsedUp: Bool { bytes.isEmpty }

    /// The rest, as it is.
    package var rest: [UInt8] { Array(bytes) }

    /// The next byte.
    package mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

    /// So many bytes, or fewer if there are no more.
    package mutating func take(_ count: Int) -> [UInt8] {
        let taken = bytes.prefix(count)
        bytes = bytes.dropFirst(count)
        return Array(taken)
    }

    /// Sixteen bits, lowest byte first.
    package mutating func short() -> Int { Int(byte()) | Int(byte()) << 8 }

    /// Sixty-four bits.
    package mutating func word() -> UInt64 { (0..<8).reduce(0) { sum, _ in sum << 8 | UInt64(byte()) } }

    /// A number below `bound`, which is at most 256; 0 if there is none.
    package mutating func below(_ bound: Int) -> Int { bound > 1 ? Int(byte()) % bound : 0 }

    /// True once in so many times, or when there are no more bytes.
    package mutating func once(in count: Int) -> Bool { below(count) == 0 }

    /// One of several; nil if there is none.
    package mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(min(elements.count, 256))]
    }

    /// A number near another one, or at an end of the range, or any.
    package mutating func number(near other: UInt64) -> UInt64 {
        switch below(8) {
        case 0: 0
        case 1: .max
        case 2: .max - UInt64(below(4))
        case 3: word()
        case 4: other &- UInt64(below(4))
        default: other &+ UInt64(below(4))
        }
    }
}

/// A promise that did not hold for some input.
package struct FuzzFailure: Error, CustomStringConvertible {
    /// Which promise.
    package let description: String
    /// A failure of this promise.
    package init(_ description: String) { self.description = description }
}
