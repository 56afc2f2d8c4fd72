/// How long a view may go without progress before its replicas suspect it; local, may differ between replicas.
public protocol ViewDuration: Sendable {
    /// The time to wait in `view`, when `timeouts` views in a row were given up since a block last committed.
    func duration(of view: View, timeoutsSinceCommit timeouts: Int) -> Duration
    /// How many times longer it may go so while the chain is idle, and how many times more seldom an idle leader then shows
    /// that it is there; from 1 to 100, what is beyond counts as these.
    ///
    /// A leader that dies while nothing is proposed is missed later, and the log of an idle chain grows more slowly.
    var idleFactor: Int { get }
}

extension ViewDuration {
    /// An idle chain's views are as the others.
    public var idleFactor: Int { 1 }
}

/// A view duration that doubles with every view given up, until a block commits.
public struct ExponentialViewDuration: ViewDuration {
    /// After a commit.
    public var base: Duration = .seconds(1)
    /// At most.
    public var ceiling: Duration = .seconds(60)
    /// While the chain is idle, how many times longer.
    public var idleFactor = 5

    /// From 1 s to 60 s, five times that while idle.
    public init() {}

    /// A duration that starts at `base` and grows up to `ceiling`.
    public init(base: Duration, ceiling: Duration, idleFactor: Int = 5) {
        self.base = base
        self.ceiling = ceiling
        self.idleFactor = idleFactor
    }

    /// `base`, doubled `timeouts` times, at most `ceiling`.
    public func duration(of view: View, timeoutsSinceCommit timeouts: Int) -> Duration {
        min(base * (1 << min(max(timeouts, 0), 16)), ceiling)
    }
}
