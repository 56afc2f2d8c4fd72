/// The pacemaker for nearly everyone: proposes as soon as there is something, or at an interval.
public struct Cadence: Pacemaker {
    /// The time from one proposal to the next; nil for as soon as the buffer has a proposal and the window room.
    public var interval: Duration?

    /// Proposes every `interval`; nil for as soon as possible.
    public init(interval: Duration? = nil) { self.interval = interval }

    /// Proposes until the view is lost.
    ///
    /// An interval that passes while no proposal is there, or no room, is not made up
    /// for.
    public func pace(_ tenure: Tenure, _ proposer: any Proposer) async throws {
        var due = proposer.clock.now
        while true {
            _ = try await proposer.doPropose()
            guard let interval else { continue }
            due = max(due + interval, proposer.clock.now)
            try await proposer.clock.wait(until: due)
        }
    }
}

/// Never proposes: the program calls `doPropose()` itself.
public struct ByHand: Pacemaker {
    /// A pacemaker that leaves everything to the program.
    public init() {}

    /// Does nothing.
    public func pace(_ tenure: Tenure, _ proposer: any Proposer) async throws {}
}

extension Pacemaker where Self == Cadence {
    /// Proposes as soon as the buffer has something and the window has room.
    public static var asSoonAsPossible: Cadence { Cadence() }
    /// Proposes every `interval`.
    public static func every(_ interval: Duration) -> Cadence { Cadence(interval: interval) }
}

extension Pacemaker where Self == ByHand {
    /// Leaves proposing to the program.
    public static var byHand: ByHand { ByHand() }
}
