/// How long a view may go without progress before its replicas suspect it; local, may differ between replicas.
public protocol ViewDuration: Sendable {
    /// The time to wait in `view`, when `timeouts` views in a row were given up since a block last committed.
    func duration(of view: View, timeoutsSinceCommit timeouts: Int) -> Duration
}

/// A view duration that doubles with every view given up, until a block commits.
public struct ExponentialViewDuration: ViewDuration {
    /// After a commit.
    public var base: Duration = .seconds(1)
    /// At most.
    public var ceiling: Duration = .seconds(60)

    public init() {}

    /// A duration that starts at `base` and grows up to `ceiling`.
    public init(base: Duration, ceiling: Duration) {
        self.base = base
        self.ceiling = ceiling
    }

    /// `base`, doubled `timeouts` times, at most `ceiling`.
    public func duration(of view: View, timeoutsSinceCommit timeouts: Int) -> Duration {
        min(base * (1 << min(max(timeouts, 0), 16)), ceiling)
    }
}
