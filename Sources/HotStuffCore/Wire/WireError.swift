/// Why bytes are no message or record of this format (`Documentation/WireFormat.md`).
public enum WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The bytes end before what must follow at this offset.
    case truncated(at: Int)
    /// Bytes follow the end: of the header, or of the payloads beside it.
    case trailing(count: Int)
    /// A count passes its limit.
    case tooMany(what: String, count: UInt64, limit: Int)
    /// A value that no sender writes, at this offset.
    case invalid(what: String, at: Int)
    /// A message kind that this version does not know.
    case unknownKind(UInt8)
    /// A payload does not have the digest that its block's header names.
    case payloadMismatch(height: Height)

    /// One line that names the fault.
    public var description: String {
        switch self {
        case .truncated(let offset): "the bytes end too early, at offset \(offset)"
        case .trailing(let count): "\(count) bytes too many"
        case .tooMany(let what, let count, let limit): "\(count) \(what) where at most \(limit) are allowed"
        case .invalid(let what, let offset): "\(what), at offset \(offset)"
        case .unknownKind(let kind): "unknown message kind \(kind)"
        case .payloadMismatch(let height): "a payload that is not that of the block at height \(height)"
        }
    }
}
