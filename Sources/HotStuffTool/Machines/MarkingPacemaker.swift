import HotStuff

/// A pacemaker that notes on a board when each block was proposed, and leaves everything else to another one.
struct MarkingPacemaker: Pacemaker {
    /// Decides when to propose.
    let base: any Pacemaker
    /// Gets the marks.
    let board: MachineBoard

    /// Paces as `base` does.
    func pace(_ tenure: Tenure, _ proposer: any Proposer) async throws {
        try await base.pace(tenure, MarkingProposer(base: proposer, board: board))
    }
}

/// A proposer that notes when `doPropose()` has returned, which is when the block was handed to consensus.
private struct MarkingProposer: Proposer {
    let base: any Proposer
    let board: MachineBoard

    func doPropose(waitingUpTo limit: Duration?, ifEmpty policy: EmptyBufferPolicy) async throws -> Proposed {
        let proposed = try await base.doPropose(waitingUpTo: limit, ifEmpty: policy)
        board.markProposal(proposed.height, at: clock.now)
        return proposed
    }

    func doEmptyPropose() async throws -> Proposed { try await base.doEmptyPropose() }

    func waitForQuorumCertificate(on proposed: Proposed) async throws -> Bool {
        try await base.waitForQuorumCertificate(on: proposed)
    }

    var tenures: Tenures { base.tenures }
    var clock: ReplicaClock { base.clock }
}
