import Dispatch

/// The one clock of a replica: whatever it does by time, it does by this.
///
/// Readings are monotonic; wall-clock time is nowhere. Waits are as long as the difference of two readings says.
public struct ReplicaClock: Sendable {
    private let read: @Sendable () -> Timestamp
    private let wait: @Sendable (Duration) async throws -> Void

    /// A clock that reads the time with `read`, which is called from any thread and never goes back.
    public init(_ read: @escaping @Sendable () -> Timestamp) {
        self.init(read, wait: Self.pause)
    }

    private static func pause(_ duration: Duration) async throws {
        try await Task.sleep(for: duration)  // lint:allow sleep — this is the one place that waits for a time
    }

    /// A clock that also lets time pass in its own way.
    init(_ read: @escaping @Sendable () -> Timestamp, wait: @escaping @Sendable (Duration) async throws -> Void) {
        self.read = read
        self.wait = wait
    }

    /// The system's monotonic clock, in nanoseconds since it was started.
    public static let monotonic = ReplicaClock { Timestamp(nanoseconds: DispatchTime.now().uptimeNanoseconds) }

    /// What time it is.
    public var now: Timestamp { read() }

    /// Waits until `deadline`.
    ///
    /// - Throws: `CancellationError`.
    public func wait(until deadline: Timestamp) async throws {
        try await wait(deadline - now)
    }
}
