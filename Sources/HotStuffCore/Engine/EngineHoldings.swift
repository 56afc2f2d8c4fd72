/// How much an engine holds of what others can make it hold: for whoever watches its bounds.
package struct EngineHoldings: Sendable, Hashable {
    /// Blocks above the committed tip.
    package let blocks: Int
    /// Blocks with votes that are no certificate yet.
    package let ballots: Int
    /// Runs that might still be voted for.
    package let candidates: Int
    /// Certificates on blocks that are not held.
    package let certificates: Int
    /// Blocks that a leader has proposed and keeps in mind.
    package let tenure: Int
    /// Proposals made ahead.
    package let buffered: Int

    /// How many runs may be candidates.
    package static let candidateLimit = Consensus.candidateLimit
    /// How many certificates on blocks that are not held are kept.
    package static let certificateLimit = Consensus.certificateLimit

    init(_ consensus: Consensus, buffered: Int) {
        blocks = consensus.tree.count
        ballots = consensus.votes.count
        candidates = consensus.candidates.count
        certificates = consensus.unheldCertificates.count
        tenure = consensus.leading.map { max($0.wanted.count, $0.unsent.count, $0.pace.sentCount) } ?? 0
        self.buffered = buffered
    }
}
