/// An Ed25519 public key, which is who a validator is.
///
/// Holding one says nothing of its being a valid point: the signature check decides that.
public struct ValidatorKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    let raw: Bytes32

    init(raw: Bytes32) { self.raw = raw }

    /// The key with these 32 bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard let raw = Bytes32(bytes) else { return nil }
        self.raw = raw
    }

    /// The key's 32 bytes.
    public var bytes: [UInt8] { raw.bytes }

    /// Orders keys as their bytes, which is the canonical order of a validator set.
    public static func < (left: ValidatorKey, right: ValidatorKey) -> Bool { left.raw < right.raw }

    /// The first eight bytes in hexadecimal: enough to tell the keys of one set apart.
    public var description: String { hexadecimal(raw.bytes.prefix(8)) }
}

/// An Ed25519 signature: 64 bytes held inline.
public struct Signature: Sendable, Hashable, CustomStringConvertible {
    let first: Bytes32
    let second: Bytes32

    init(first: Bytes32, second: Bytes32) {
        self.first = first
        self.second = second
    }

    /// The signature with these 64 bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 64, let first = Bytes32(bytes.prefix(32)), let second = Bytes32(bytes.suffix(32)) else {
            return nil
        }
        self.first = first
        self.second = second
    }

    /// The signature's 64 bytes.
    public var bytes: [UInt8] { first.bytes + second.bytes }

    public var description: String { hexadecimal(first.bytes.prefix(8)) }
}
