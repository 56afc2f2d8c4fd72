/// Reads what `WireEncoder` wrote, from bytes that anyone may have made.
///
/// Every read is checked against what remains before it happens, and every count against its limit before memory is
/// set aside for it; a value that the encoder would not write is an error, so what was accepted encodes to the same
/// bytes. A decoder exists only inside `decode`, which lends it the memory.
struct WireDecoder {
    private let bytes: UnsafeRawBufferPointer
    private let body: Payload
    /// How many bytes were read.
    private(set) var offset = 0
    private var bodyOffset = 0

    private init(bytes: UnsafeRawBufferPointer, body: Payload) {
        self.bytes = bytes
        self.body = body
    }

    /// Reads a value that takes up all of `bytes`, and whose blocks' payloads take up all of `body`.
    static func decode<T>(
        _ bytes: RawSpan, body: Payload = .empty, _ read: (inout WireDecoder) throws(WireError) -> T
    ) throws(WireError) -> T {
        try bytes.withUnsafeBytes { (pointer: UnsafeRawBufferPointer) throws(WireError) -> T in
            var decoder = WireDecoder(bytes: pointer, body: body)
            let value = try read(&decoder)
            let left = decoder.remaining + (body.count - decoder.bodyOffset)
            guard left == 0 else { throw .trailing(count: left) }
            return value
        }
    }

    /// How many bytes have not been read.
    var remaining: Int { bytes.count - offset }

    /// The next bytes, which lie where they were; valid until `decode` returns.
    private mutating func take(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
        guard count <= remaining else { throw .truncated(at: offset) }
        let start = offset
        offset += count
        return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
    }

    /// The next integer.
    mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type = T.self) throws(WireError) -> T {
        T(littleEndian: try take(T.bitWidth / 8).loadUnaligned(as: T.self))
    }

    /// The next byte as a flag: 0 or 1, nothing else.
    mutating func flag() throws(WireError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .invalid(what: "neither 0 nor 1", at: offset - 1)
        }
    }

    /// The next 32 bytes.
    mutating func bytes32() throws(WireError) -> Bytes32 {
        let start = offset
        guard let value = Bytes32(try take(32)) else { throw .truncated(at: start) }
        return value
    }

    /// The next value.
    mutating func value<T: WireCoding>(_ type: T.Type = T.self) throws(WireError) -> T { try T.read(from: &self) }

    /// The next value, if there is one.
    mutating func optional<T: WireCoding>(_ type: T.Type = T.self) throws(WireError) -> T? {
        guard try flag() else { return nil }
        return try value(type)
    }

    /// The next values: a count of at most `limit`, then so many.
    mutating func list<T: WireCoding>(
        of what: String, atMost limit: Int, _ type: T.Type = T.self
    ) throws(WireError) -> [T] {
        let count = Int(try integer(UInt32.self))
        guard count <= limit else { throw .tooMany(what: what, count: UInt64(count), limit: limit) }
        // The count is at most a limit of ours, so the product fits; a short message cannot ask for a large array.
        guard count * T.minimumSize <= remaining else { throw .truncated(at: offset) }
        var values: [T] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try value(type)) }
        return values
    }

    /// The next `length` bytes of the body, which share its memory.
    mutating func payload(length: UInt64) throws(WireError) -> Payload {
        guard length > 0 else { return .empty }
        let left = body.count - bodyOffset
        guard length <= UInt64(left), let part = body[bodyOffset..<(bodyOffset + Int(length))] else {
            throw .truncated(at: offset)
        }
        bodyOffset += part.count
        return part
    }
}
