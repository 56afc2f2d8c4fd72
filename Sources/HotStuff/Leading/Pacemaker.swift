/// Decides when a leader proposes; runs once a view that this replica leads, and is cancelled when it loses it.
///
/// The engine itself sends the nudges that commit what is there: a pacemaker decides only when payloads leave.
public protocol Pacemaker: Sendable {
    /// Paces one view; returning leaves the rest of it to calls by hand.
    ///
    /// A `ProposeError` or `CancellationError` that it lets through ends this view's pacing and is no fault; any other
    /// error stops the replica.
    func pace(_ tenure: Tenure, _ proposer: any Proposer) async throws
}

/// The narrow face of a replica that a pacemaker sees.
public protocol Proposer: Sendable {
    /// Takes one proposal from the buffer, puts it on the tip and sends it.
    ///
    /// Waits for a stable leader, room in the window and the proposal: as long as this replica leads, or up to `limit`.
    ///
    /// - Parameters:
    ///   - limit: how long to wait; nil for as long as this replica leads.
    ///   - policy: what to do at the limit if there was room and no proposal.
    /// - Throws: `ProposeError`, `CancellationError`, or `ReplicaError.Code.queueFull` if too many callers wait.
    func doPropose(waitingUpTo limit: Duration?, ifEmpty policy: EmptyBufferPolicy) async throws -> Proposed
    /// Proposes a nudge, whatever the buffer holds.
    ///
    /// - Throws: as `doPropose(waitingUpTo:ifEmpty:)`.
    func doEmptyPropose() async throws -> Proposed
    /// True once this block or a descendant is certified, also if that was before the call; false once it can't be any
    /// more, as the view is lost.
    ///
    /// - Throws: `ProposeError.notRunning` if the replica stops before it is known; `CancellationError`.
    func waitForQuorumCertificate(on proposed: Proposed) async throws -> Bool
    /// Whether the lead over a quorum's state machines has room for one more block.
    func hasRoom(within limit: LeadLimit) -> Bool
    /// Waits until it has.
    ///
    /// - Throws: `ProposeError.notRunning` if the replica stops before; `CancellationError`.
    func waitForRoom(within limit: LeadLimit) async throws
    /// How long a quorum's state machines take for a block while some wait for them, as far as is known of late; nil if it is
    /// not.
    var quorumPace: Duration? { get }
    /// The views that this replica leads, each as it begins; the current one first.
    var tenures: Tenures { get }
    /// The clock by which the replica measures.
    var clock: ReplicaClock { get }
}

extension Proposer {
    /// Takes one proposal from the buffer, and waits for it as long as this replica leads.
    public func doPropose() async throws -> Proposed { try await doPropose(waitingUpTo: nil, ifEmpty: .nudge) }
}

/// One view led by this replica, from entering it to losing it.
public struct Tenure: Sendable, Hashable {
    /// The epoch of the view.
    public let epoch: Epoch
    /// The view.
    public let view: View

    /// The tenure of `view` in `epoch`.
    public init(epoch: Epoch, view: View) {
        self.epoch = epoch
        self.view = view
    }
}
