/// What a replica has noted of its blocks: where their time went, what ran ahead, and what that was good for.
///
/// It grows from the replica's start on; the difference of two is what happened between them. For people and metrics:
/// nothing depends on it.
public struct BlockAccounts: Sendable {
    /// The last blocks with payload, lowest height first.
    public internal(set) var recent: [BlockTimes] = []
    /// How long each part of a block's way took.
    public internal(set) var spans: [BlockSpan: DurationHistogram] = [:]
    /// How long calls of `doPropose()` have waited for what.
    public internal(set) var waits: [ProposeWait: Duration] = [:]
    /// What the state machine was called for, and what roll backs undid.
    public internal(set) var machine = MachineCounters()
    /// How many blocks the state machine had applied and not committed, at most.
    public internal(set) var deepest = 0
    /// The views that this replica was in of late, the newest last.
    public internal(set) var views: [ViewTimes] = []
}

/// When a view came how far at one replica.
public struct ViewTimes: Sendable, Hashable {
    /// The view.
    public let view: View
    /// It began here.
    public internal(set) var entered: Timestamp
    /// This replica suspected it.
    ///
    /// Its timer had expired, or it had heard that the view is handed over; a leader that resigns suspects its view too.
    public internal(set) var suspected: Timestamp?
    /// This replica has given the view up.
    public internal(set) var timedOut: Timestamp?
    /// This replica leads it, and a block of it has committed.
    public internal(set) var stable: Timestamp?
    /// This replica, leading, has proposed its first payload.
    public internal(set) var proposed: Timestamp?
    /// How many of its blocks with payload this replica has proposed, or written to vote for them.
    public internal(set) var taken = 0
    /// How many of those have committed; what has not when a later view's blocks commit is lost.
    public internal(set) var committed = 0
}
