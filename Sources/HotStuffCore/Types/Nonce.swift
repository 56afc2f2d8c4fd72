/// Thirty-two bytes that nobody could foresee: an answer that names them was given after they were drawn.
public struct Nonce: Sendable, Hashable, CustomStringConvertible {
    let raw: Bytes32

    init(raw: Bytes32) { self.raw = raw }

    /// These bytes, from a random source of the caller's; nil unless there are 32.
    public init?(_ bytes: some Collection<UInt8>) {
        guard let raw = Bytes32(bytes) else { return nil }
        self.raw = raw
    }

    /// The bytes.
    public var bytes: [UInt8] { raw.bytes }

    /// The first four bytes in hexadecimal, for a trace.
    public var description: String { hexadecimal(bytes.prefix(4)) }
}
