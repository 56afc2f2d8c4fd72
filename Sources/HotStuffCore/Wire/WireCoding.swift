/// A type with a canonical encoding: reading what was written gives the same value, and writing what was read gives
/// the same bytes.
protocol WireCoding {
    /// The fewest bytes that a value takes; counts are held against it.
    static var minimumSize: Int { get }
    /// The next value of this type.
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Self
    /// Appends the value.
    func write(to encoder: inout WireEncoder)
}

extension WireCoding {
    /// The encoding alone.
    var wireBytes: [UInt8] {
        var encoder = WireEncoder()
        write(to: &encoder)
        return encoder.bytes
    }
}

extension Height: WireCoding {
    static let minimumSize = 8
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Height { Height(try decoder.integer()) }
    func write(to encoder: inout WireEncoder) { encoder.write(rawValue) }
}

extension View: WireCoding {
    static let minimumSize = 8
    static func read(from decoder: inout WireDecoder) throws(WireError) -> View { View(try decoder.integer()) }
    func write(to encoder: inout WireEncoder) { encoder.write(rawValue) }
}

extension Epoch: WireCoding {
    static let minimumSize = 8
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Epoch { Epoch(try decoder.integer()) }
    func write(to encoder: inout WireEncoder) { encoder.write(rawValue) }
}

extension Digest: WireCoding {
    static let minimumSize = 32
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Digest {
        Digest(raw: try decoder.bytes32())
    }
    func write(to encoder: inout WireEncoder) { encoder.write(raw) }
}

extension ValidatorKey: WireCoding {
    static let minimumSize = 32
    static func read(from decoder: inout WireDecoder) throws(WireError) -> ValidatorKey {
        ValidatorKey(raw: try decoder.bytes32())
    }
    func write(to encoder: inout WireEncoder) { encoder.write(raw) }
}

extension Signature: WireCoding {
    static let minimumSize = 64
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Signature {
        Signature(first: try decoder.bytes32(), second: try decoder.bytes32())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(first)
        encoder.write(second)
    }
}

extension Rank: WireCoding {
    static let minimumSize = 16
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Rank {
        Rank(view: try decoder.value(), height: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(view)
        encoder.write(height)
    }
}

extension LogPosition: WireCoding {
    static let minimumSize = 40
    static func read(from decoder: inout WireDecoder) throws(WireError) -> LogPosition {
        LogPosition(height: try decoder.value(), block: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(height)
        encoder.write(block)
    }
}
