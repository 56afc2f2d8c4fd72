internal import Crypto

/// 32 bytes of SHA-256: a block's hash, a payload's Merkle root, a chain's ID, a state's digest.
public struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
    let raw: Bytes32

    init(raw: Bytes32) { self.raw = raw }

    /// The SHA-256 of `bytes`.
    public init(of bytes: RawSpan) {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        self.init(finishing: hash)
    }

    /// The SHA-256 of `bytes`.
    public init(of bytes: [UInt8]) { self.init(of: bytes.span.bytes) }

    /// The SHA-256 of `prefix` followed by `parts`, without joining them.
    init(prefix: UInt8, _ parts: UnsafeRawBufferPointer...) {
        var hash = SHA256()
        withUnsafeBytes(of: prefix) { hash.update(bufferPointer: $0) }
        for part in parts { hash.update(bufferPointer: part) }
        self.init(finishing: hash)
    }

    /// The digest with these 32 bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard let raw = Bytes32(bytes) else { return nil }
        self.raw = raw
    }

    /// 32 bytes of zero: the parent of genesis, and nothing's hash.
    public static let zero = Digest()

    /// The digest's 32 bytes.
    public var bytes: [UInt8] { raw.bytes }

    /// The first eight bytes as one number, most significant first: enough for a trace.
    package var firstWord: UInt64 { raw.words.0 }

    /// Orders digests as their bytes.
    public static func < (left: Digest, right: Digest) -> Bool { left.raw < right.raw }

    /// The first eight bytes in hexadecimal.
    public var description: String { hexadecimal(raw.bytes.prefix(8)) }

    /// All 32 bytes in hexadecimal.
    public var hexadecimalText: String { hexadecimal(raw.bytes) }

    private init() { raw = Bytes32() }

    private init(finishing hash: consuming SHA256) {
        raw = hash.finalize().withUnsafeBytes { Bytes32($0) } ?? Bytes32()
    }
}
