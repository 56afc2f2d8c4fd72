/// A size in bytes, written with its unit.
public struct ByteCount: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// The size in bytes.
    public var bytes: Int

    private init(_ bytes: Int) { self.bytes = bytes }

    /// `count` bytes.
    public static func bytes(_ count: Int) -> Self { Self(count) }
    /// `count` times 1,024 bytes.
    public static func kibibytes(_ count: Int) -> Self { Self(count << 10) }
    /// `count` times 1,048,576 bytes.
    public static func mebibytes(_ count: Int) -> Self { Self(count << 20) }
    /// `count` times 1,073,741,824 bytes.
    public static func gibibytes(_ count: Int) -> Self { Self(count << 30) }

    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }

    /// Reads a plain number of bytes.
    public init(from decoder: any Decoder) throws { bytes = try decoder.singleValueContainer().decode(Int.self) }
    /// Writes a plain number of bytes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }

    public var description: String {
        switch bytes {
        case (1 << 30)... where bytes % (1 << 30) == 0: "\(bytes >> 30) GiB"
        case (1 << 20)... where bytes % (1 << 20) == 0: "\(bytes >> 20) MiB"
        case (1 << 10)... where bytes % (1 << 10) == 0: "\(bytes >> 10) KiB"
        default: "\(bytes) B"
        }
    }
}
