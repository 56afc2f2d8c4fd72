/// How much an engine keeps of what others say, for tests that hold it to its bounds.
package struct EngineFootprint: Sendable, Hashable {
    /// Blocks above the committed tip: at most four windows, of 16 at least, and those that certificates cover.
    package var blocks: Int
    /// Blocks with votes on the way to a certificate; each is held.
    package var talliedBlocks: Int
    /// Certificates on blocks that are not held: at most 64.
    package var unheldCertificates: Int
    /// Blocks that might still be voted for: at most 4.
    package var candidates: Int
    /// Peers that can be sent to.
    package var peers: Int
    /// What waits for writes.
    package var waitingForWrites: Int
    /// Applied to the state machine and not committed.
    package var appliedBlocks: Int
}

extension Engine {
    /// How much it keeps at the moment.
    package var footprint: EngineFootprint {
        EngineFootprint(
            blocks: consensus.tree.count, talliedBlocks: consensus.votes.count,
            unheldCertificates: consensus.unheldCertificates.count, candidates: consensus.candidates.count,
            peers: consensus.peers.connected.count, waitingForWrites: consensus.durability.count,
            appliedBlocks: ledger.count)
    }
}
