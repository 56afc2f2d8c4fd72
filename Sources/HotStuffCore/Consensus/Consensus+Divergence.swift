/// The alarm when states differ (`Documentation/Speculation.md`, *Divergence*).
extension Consensus {
    /// The state machine has made progress: what others said of heights that it has just reached can be compared.
    mutating func compareReports() {
        guard stateDigest != nil else { return }
        divergence.advance(to: executed)
        for peer in peers.connected { if let report = peer.report { compare(report, of: peer.key) } }
    }

    /// Compares what a peer said beside a vote with this replica's own state at that height.
    mutating func compare(_ report: VoteReport, of peer: ValidatorKey) {
        if divergence.differs(report, of: peer) { tellDigests() }
    }

    /// Takes in what a peer says that its states were, and tells it the own ones.
    mutating func receive(_ digests: StateDigests, from peer: ValidatorKey) {
        guard epoch.validators.index(of: peer) != nil, peer != configuration.key, stateDigest != nil else { return }
        tellDigests()
        for finding in divergence.take(digests, of: peer, at: now, among: epoch.validators) {
            emit(.event(.diverged(finding.replica, finding.position, digest: finding.digest, quorum: finding.quorum)))
        }
    }

    private mutating func tellDigests() {
        guard me != nil, let digests = divergence.tell(at: now) else { return }
        emit(.send(.stateDigests(digests), to: otherValidators))
    }
}
