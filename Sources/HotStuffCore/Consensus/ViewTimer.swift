/// The times of one view at one replica: when it is suspected, and when what was said is said again.
struct ViewTimer: Sendable {
    /// How many views were given up since a block last committed: the timer's back-off.
    var timeoutsSinceCommit = 0
    /// The timer's present length.
    private(set) var duration: Duration = .seconds(1)
    /// When the view is suspected, unless the timer restarts before.
    private(set) var expiry: Timestamp?
    /// When a suspicion or timeout is repeated.
    private(set) var repetition: Timestamp?
    /// What this replica has said of the view.
    var isSuspecting = false
    /// The certificate in the timeout that this replica has signed for the view, once that is durable.
    var timedOutWith: QuorumCertificate?

    /// Whether this replica is to lead no view: it stops, or cannot write.
    var isResigning = false
    /// Whether this replica leads no more in this view, though it is its leader.
    var hasAbdicated = false
    /// Whether this replica has told others of two blocks that the view's leader signed for one height.
    var hasSentEvidence = false

    private var lastHeldBackVote: Timestamp?
    private var lastRepeatedVote: Timestamp?

    /// The earlier of expiry and repetition.
    var due: Timestamp? { .earliest(expiry, repetition) }

    /// Starts anew; what was suspected no longer is, but a timeout stands.
    ///
    /// - Parameter factor: how many times its length it runs, as the chain is idle.
    mutating func restart(now: Timestamp, duration: Duration, times factor: Int) {
        self.duration = duration
        expiry = now + duration * factor
        isSuspecting = false
        repetition = timedOutWith == nil ? nil : now + quarter
    }

    /// The chain is idle no longer: from here on the view has as long as any.
    mutating func endIdling(now: Timestamp) { expiry = expiry.map { min($0, now + duration) } }

    /// Forgets what was said of the view before.
    mutating func enterView() {
        isSuspecting = false
        hasAbdicated = false
        hasSentEvidence = false
        timedOutWith = nil
        repetition = nil
    }

    /// The view is given up already: its expiry says nothing new.
    mutating func clearExpiry() { expiry = nil }

    /// The view is suspected or given up: no more expiry, repetitions instead.
    mutating func beginRepeating(now: Timestamp) {
        expiry = nil
        repetition = now + quarter
    }

    /// Whether a repetition is due; the next one is set if it is.
    mutating func takeRepetition(now: Timestamp) -> Bool {
        guard let due = repetition, due <= now else { return false }
        repetition = now + quarter
        return true
    }

    /// Whether the one vote in each quarter of the timer, which a replica gives though its state machine is far
    /// behind, is due.
    mutating func takeHeldBackVote(now: Timestamp) -> Bool {
        if let last = lastHeldBackVote, now < last + quarter { return false }
        lastHeldBackVote = now
        return true
    }

    /// When the next such vote is due, if one was given before.
    var heldBackVoteDue: Timestamp? { lastHeldBackVote.map { $0 + quarter } }

    /// Whether a vote may be signed again: a leader that repeats itself quickly cannot make this replica do so.
    mutating func mayRepeatVote(now: Timestamp) -> Bool {
        if let last = lastRepeatedVote, now < last + quarter / 4 { return false }
        lastRepeatedVote = now
        return true
    }

    /// A quarter of the timer: after so long, what was not heard is said again.
    var quarter: Duration { duration / 4 }
    /// A third of the timer: after so long, an idle leader shows that it is there.
    var third: Duration { duration / 3 }
}
