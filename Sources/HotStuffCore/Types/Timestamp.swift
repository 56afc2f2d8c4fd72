/// A reading of the one monotonic clock that a replica's driver owns, in nanoseconds since an origin of its choice.
///
/// The core has no clock: readings come in as inputs, and only differences of two of them mean anything.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Nanoseconds since the driver's origin.
    public let nanoseconds: UInt64

    /// The reading `nanoseconds` after the origin.
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// The driver's origin.
    public static let zero = Timestamp(nanoseconds: 0)

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The reading `interval` later, at the end of the number range at the latest; a negative interval counts as none.
    public static func + (left: Timestamp, interval: Duration) -> Timestamp {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(interval.wholeNanoseconds)
        return Timestamp(nanoseconds: overflow ? .max : sum)
    }

    /// The time from `right` to `left`; zero if `right` is later.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        left <= right ? .zero : .nanoseconds(Int64(clamping: left.nanoseconds - right.nanoseconds))
    }
}

extension Timestamp? {
    /// The earlier of two times that may be none; nil if both are.
    static func earliest(_ one: Timestamp?, _ other: Timestamp?) -> Timestamp? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }
}

extension Duration {
    /// This duration in whole nanoseconds, clamped to what 64 bits hold; 0 if negative.
    public var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .max }
        let (sum, carry) = whole.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        return carry ? .max : sum
    }
}
