extension Replica {
    /// Takes one proposal from the buffer, puts it on the tip and sends it.
    ///
    /// Waits for a stable leader, room in the window and the proposal: as long as this replica leads, or up to `limit`.
    ///
    /// - Parameters:
    ///   - limit: how long to wait; nil for as long as this replica leads.
    ///   - policy: what to do at the limit if there was room and no proposal.
    /// - Throws: `ProposeError`, `CancellationError`, or `ReplicaError.Code.queueFull` if too many callers wait.
    public func doPropose(
        waitingUpTo limit: Duration? = nil, ifEmpty policy: EmptyBufferPolicy = .nudge
    ) async throws -> Proposed {
        try await core.proposer.doPropose(waitingUpTo: limit, ifEmpty: policy)
    }

    /// Proposes a nudge, whatever the buffer holds.
    ///
    /// - Throws: as `doPropose(waitingUpTo:ifEmpty:)`.
    public func doEmptyPropose() async throws -> Proposed { try await core.proposer.doEmptyPropose() }

    /// True once this block or a descendant is certified, also if that was before the call; false once it can't be any
    /// more, as the view is lost.
    ///
    /// Of views that ended longer ago than the last 64 that this replica led, it is false.
    ///
    /// - Throws: `ProposeError.notRunning` if the replica stops before it is known; `CancellationError`.
    public func waitForQuorumCertificate(on proposed: Proposed) async throws -> Bool {
        try await core.proposer.waitForQuorumCertificate(on: proposed)
    }

    /// Whether the lead over a quorum's state machines has room for one more block.
    public func hasRoom(within limit: LeadLimit) -> Bool { core.proposer.hasRoom(within: limit) }

    /// Waits until it has; followers tell how far they are beside their votes.
    ///
    /// - Throws: `ProposeError.notRunning` if the replica stops before; `CancellationError`.
    public func waitForRoom(within limit: LeadLimit) async throws {
        try await core.proposer.waitForRoom(within: limit)
    }

    /// How long a quorum's state machines take for a block while some wait for them, as far as is known of late; nil if it is
    /// not.
    public var quorumPace: Duration? { core.proposer.quorumPace }

    /// The views that this replica leads, each as it begins, which is when its first block has committed; the current
    /// one first.
    public var tenures: Tenures { core.proposer.tenures }

    /// The clock by which this replica measures.
    public var clock: ReplicaClock { core.clock }
}
