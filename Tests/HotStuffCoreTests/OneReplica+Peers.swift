@testable import HotStuffCore

/// What the other three say.
extension OneReplica {
    /// One's vote for `block`; its index may be told wrong.
    func vote(by signer: Int, for block: Block, index: UInt64? = nil) -> Message {
        .vote(
            Vote(
                epoch: Epoch(0), view: block.view, height: block.height, index: index ?? block.header.index,
                block: block.hash, signer: UInt16(signer), signature: zero,
                report: VoteReport(executed: .genesis, room: 1, stateDigest: nil)))
    }

    /// One sees no progress in `view` beyond `rank`, that of genesis unless told.
    func suspicion(by signer: Int, view: UInt64 = 0, rank: Rank? = nil) -> Message {
        .suspicion(
            Suspicion(
                epoch: Epoch(0), view: View(view), rank: rank ?? root.rank, signer: UInt16(signer), signature: zero))
    }

    /// One has given `view` up, and knows of this certificate, that of genesis unless told.
    func timeout(by signer: Int, view: UInt64, highQC: QuorumCertificate? = nil) -> Message {
        .timeout(
            Timeout(
                epoch: Epoch(0), view: View(view), highQC: highQC ?? root, signer: UInt16(signer), signature: zero))
    }

    /// A replica in `view`, as the others have given up the one before; it leads view 3, and has proposed its first block.
    static func entered(view: UInt64) throws -> OneReplica {
        var replica = try OneReplica()
        for other in 0..<3 { replica.receive(replica.timeout(by: other, view: view - 1), from: other) }
        replica.sync()
        return replica
    }
}
