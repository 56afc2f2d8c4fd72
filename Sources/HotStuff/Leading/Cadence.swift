/// The pacemaker for nearly everyone: proposes as soon as there is something, or at an interval, and never too far ahead.
public struct Cadence: Pacemaker {
    /// The time from one proposal to the next; nil for as soon as the buffer has a proposal and the window room.
    public var interval: Duration?
    /// How long nothing may be proposed before a nudge shows that this leader is there; nil to leave that to the view
    /// timer, a third of which is the longest silence of any leader.
    public var heartbeat: Duration?
    /// How far ahead of a quorum's state machines it proposes.
    public var lead: LeadLimit

    /// Proposes every `interval`; nil for as soon as possible.
    public init(interval: Duration? = nil, heartbeat: Duration? = nil, lead: LeadLimit = LeadLimit()) {
        self.interval = interval
        self.heartbeat = heartbeat
        self.lead = lead
    }

    /// How often a leader that waits for its followers asks how far they are, by a nudge: they tell beside their votes.
    package static let inquiry = Duration.milliseconds(50)

    /// Proposes until the view is lost.
    ///
    /// An interval that passes while no proposal is there, or no room, is not made up for: what comes late leaves at once,
    /// and the intervals begin anew.
    public func pace(_ tenure: Tenure, _ proposer: any Proposer) async throws {
        var due = proposer.clock.now
        while true {
            try await waitForRoom(proposer)
            guard try await propose(proposer), let pause = pause(proposer) else { continue }
            let now = proposer.clock.now
            due = due + pause > now ? due + pause : now + pause
            try await proposer.clock.wait(until: due)
        }
    }

    /// The least time between two payloads; nil for none.
    private func pause(_ proposer: any Proposer) -> Duration? {
        guard let time = lead.time, let pace = proposer.quorumPace else { return interval }
        // Not all of the pace: what is behind for another reason must be able to catch up.
        return max(min(pace * 3 / 4, time), interval ?? .zero)
    }

    /// Proposes a payload, or what keeps the view alive; false for the latter.
    private func propose(_ proposer: any Proposer) async throws -> Bool {
        guard let heartbeat else { return try await !proposer.doPropose().isNudge }
        do {
            return try await !proposer.doPropose(waitingUpTo: heartbeat, ifEmpty: .nudge).isNudge
        } catch ProposeError.windowFull {
            return false  // what fills the window shows that this leader is there
        }
    }

    /// Waits until the lead is within its limit.
    private func waitForRoom(_ proposer: any Proposer) async throws {
        guard !lead.isNone, !proposer.hasRoom(within: lead) else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await proposer.waitForRoom(within: lead) }
            group.addTask {
                while true {
                    try await proposer.clock.wait(until: proposer.clock.now + Self.inquiry)
                    _ = try await proposer.doEmptyPropose()
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }
}

/// Proposes one block each time that it is asked to.
///
/// ```swift
/// let demand = Demand()
/// configuration.pacemaker = .onDemand(demand)
/// …
/// demand.ask()
/// ```
public struct OnDemand: Pacemaker {
    /// Who asks.
    public let demand: Demand

    /// Proposes when `demand` asks.
    public init(_ demand: Demand) { self.demand = demand }

    /// Proposes what is asked for until the view is lost; what it has not proposed by then stays asked for.
    public func pace(_ tenure: Tenure, _ proposer: any Proposer) async throws {
        while true {
            try await demand.wait()
            while try await proposer.doPropose().isNudge {}
            demand.isServed()
        }
    }
}

/// Asks a leader for blocks; any thread may, at any time, also while another replica leads.
public final class Demand: Sendable {
    private let asked = Watched(0)

    /// Nothing is asked for yet.
    public init() {}

    /// Asks for one more block.
    public func ask() { asked.update { if $0 < .max { $0 += 1 } } }

    /// How many blocks are asked for and not proposed.
    public var count: Int { asked.value }

    /// Returns once a block is asked for.
    ///
    /// - Throws: `CancellationError`.
    func wait() async throws { try await asked.wait { $0 > 0 ? () : nil } }

    /// One of the blocks was proposed.
    func isServed() { asked.update { $0 -= 1 } }
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

extension Pacemaker where Self == OnDemand {
    /// Proposes one block each time that `demand` asks.
    public static func onDemand(_ demand: Demand) -> OnDemand { OnDemand(demand) }
}

extension Pacemaker where Self == ByHand {
    /// Leaves proposing to the program.
    public static var byHand: ByHand { ByHand() }
}
