/// The alarm when states differ (`Documentation/Speculation.md`, *Divergence*).
extension Consensus {
    /// The state machine has made progress: what others said of heights that it has just reached can be compared.
    mutating func compareReports() {
        guard stateDigest != nil else { return }
        divergence.advance(to: executed)
        if divergence.takeOwed() { tellDigests() }
        report(divergence.catchUp(among: epoch.validators))
        for peer in peers.connected { if let report = peer.report { compare(report, of: peer.key) } }
    }

    /// Compares what a peer said beside a vote with this replica's own state at that height.
    mutating func compare(_ report: VoteReport, of peer: ValidatorKey) {
        if divergence.differs(report, of: peer) { tellDigests() }
    }

    /// Takes in what a peer says that its states were, and tells it the own ones.
    mutating func receive(_ digests: StateDigests, from peer: ValidatorKey) {
        guard epoch.validators.index(of: peer) != nil, peer != configuration.key, stateDigest != nil else { return }
        divergence.owe(for: digests)
        if divergence.takeOwed() { tellDigests() }
        report(divergence.take(digests, of: peer, at: now, among: epoch.validators))
    }

    /// A validator has connected: were it not told again, it might never learn that states differ.
    mutating func tellDigests(to peer: ValidatorKey) {
        guard me != nil, epoch.validators.index(of: peer) != nil, let digests = divergence.repetition else { return }
        emit(.send(.stateDigests(digests), to: [peer]))
    }

    private mutating func report(_ findings: [DivergenceWatch.Finding]) {
        for finding in findings {
            emit(.event(.diverged(finding.replica, finding.position, digest: finding.digest, quorum: finding.quorum)))
        }
    }

    private mutating func tellDigests() {
        guard me != nil, let digests = divergence.tell(at: now) else { return }
        emit(.send(.stateDigests(digests), to: otherValidators))
    }
}
