/// Appends values in the one canonical encoding: fixed layout, integers little-endian (`Documentation/WireFormat.md`).
struct WireEncoder {
    /// What was written so far.
    private(set) var bytes: [UInt8] = []
    /// Payloads of the blocks written so far, in their order, the empty ones left out; their bytes are not in `bytes`.
    private(set) var payloads: [Payload] = []

    /// An encoder with room for `capacity` bytes, to save copies.
    init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    /// Appends an integer in as many bytes as its type has.
    mutating func write<T: FixedWidthInteger & UnsignedInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends a number of this process, which is never negative.
    mutating func write(number: Int) { write(UInt64(truncatingIfNeeded: number)) }

    /// Appends 1 or 0.
    mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    /// Appends a value.
    mutating func write(_ value: some WireCoding) { value.write(to: &self) }

    /// Appends 0 for nothing, else 1 and the value.
    mutating func write(optional value: (some WireCoding)?) {
        write(value != nil)
        if let value { write(value) }
    }

    /// Appends a 32-bit count and the values.
    mutating func write(list values: [some WireCoding]) {
        write(UInt32(truncatingIfNeeded: values.count))
        for value in values { write(value) }
    }

    /// Appends a 32-bit count of bytes and the text's UTF-8.
    mutating func write(text: String) {
        write(UInt32(truncatingIfNeeded: text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends 32 bytes as they are.
    mutating func write(_ value: Bytes32) {
        withUnsafeBytes(of: value.inOrder) { bytes.append(contentsOf: $0) }
    }

    /// Appends the tag with which everything hashed or signed begins.
    mutating func write(_ domain: Domain) { bytes.append(contentsOf: domain.tag) }

    /// Keeps a block's payload for the body; an empty one has no bytes there.
    mutating func attach(_ payload: Payload) {
        if !payload.isEmpty { payloads.append(payload) }
    }
}

extension Bytes32 {
    /// The words in an order in which their memory is the 32 bytes.
    var inOrder: (UInt64, UInt64, UInt64, UInt64) {
        (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    }
}
