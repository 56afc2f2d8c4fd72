/// A range of keys, in the order of ``Database``.
public struct KeyRange: Sendable, Hashable {
    /// One end of a range.
    public struct Bound: Sendable, Hashable {
        /// The key.
        ///
        /// An empty one stands before all keys.
        public let key: [UInt8]
        /// Whether the key itself belongs to the range.
        public let isIncluded: Bool

        /// A bound at a key.
        public init(_ key: [UInt8], isIncluded: Bool) {
            self.key = key
            self.isIncluded = isIncluded
        }
    }

    /// Where the range begins; `nil` before the first key.
    public let lower: Bound?
    /// Where the range ends; `nil` behind the last key.
    public let upper: Bound?

    /// The range between two bounds, empty if the upper one is the lesser.
    public init(lower: Bound?, upper: Bound?) {
        self.lower = lower
        self.upper = upper
    }

    /// Every key.
    public static let all = KeyRange(lower: nil, upper: nil)

    /// Keys from `lower` on.
    public static func from(_ lower: [UInt8]) -> KeyRange {
        KeyRange(lower: Bound(lower, isIncluded: true), upper: nil)
    }

    /// Keys from `lower` on that are less than `upper`.
    public static func from(_ lower: [UInt8], upTo upper: [UInt8]) -> KeyRange {
        KeyRange(lower: Bound(lower, isIncluded: true), upper: Bound(upper, isIncluded: false))
    }

    /// Keys from `lower` on up to `upper`, which belongs to the range.
    public static func from(_ lower: [UInt8], through upper: [UInt8]) -> KeyRange {
        KeyRange(lower: Bound(lower, isIncluded: true), upper: Bound(upper, isIncluded: true))
    }

    /// Keys greater than `lower`.
    public static func after(_ lower: [UInt8]) -> KeyRange {
        KeyRange(lower: Bound(lower, isIncluded: false), upper: nil)
    }

    /// Keys less than `upper`.
    public static func upTo(_ upper: [UInt8]) -> KeyRange {
        KeyRange(lower: nil, upper: Bound(upper, isIncluded: false))
    }

    /// Keys that begin with `prefix`.
    public static func prefix(_ prefix: [UInt8]) -> KeyRange {
        // The least string above all of them: the last byte that can be raised is, and what follows it falls away.
        guard let last = prefix.lastIndex(where: { $0 != .max }) else { return .from(prefix) }
        return .from(prefix, upTo: prefix[..<last] + [prefix[last] + 1])
    }
}
