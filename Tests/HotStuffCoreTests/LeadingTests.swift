import Testing

@testable import HotStuffCore

/// Protocol §3: what a leader does with votes.
struct LeadingTests {
    /// A leader of view 3 that has proposed its first block.
    private func leader() throws -> OneReplica {
        var replica = try OneReplica()
        for other in 0..<3 {
            replica.receive(
                .timeout(
                    Timeout(
                        epoch: Epoch(0), view: View(2), highQC: replica.root, signer: UInt16(other),
                        signature: replica.zero)), from: other)
        }
        replica.sync()
        return replica
    }

    private func vote(_ replica: OneReplica, by signer: Int, for block: Block, index: UInt64) -> Message {
        .vote(
            Vote(
                epoch: Epoch(0), view: block.view, height: block.height, index: index, block: block.hash,
                signer: UInt16(signer), signature: replica.zero,
                report: VoteReport(executed: .genesis, room: 1, stateDigest: nil)))
    }

    @Test func aLeaderThatDoubtsItsViewBeforeItsRecordIsDurableLeadsAllTheSame() throws {
        var replica = try OneReplica()
        for other in 0..<3 {
            replica.receive(
                .timeout(
                    Timeout(
                        epoch: Epoch(0), view: View(2), highQC: replica.root, signer: UInt16(other),
                        signature: replica.zero)), from: other)
        }
        replica.advance(to: .seconds(30))
        #expect(replica.suspicions.contains(View(3)))
        // Whoever called `doPropose()` waits, and is not sent away.
        #expect(replica.consensus.obstacle(toProposing: 0) == .notOpen)
        replica.sync()
        #expect(replica.proposals.count == 1)
        #expect(replica.consensus.obstacle(toProposing: 0) == nil)
    }

    @Test func aQuorumOfVotesMakesACertificate() throws {
        var replica = try leader()
        let block = try #require(replica.proposals.first?.first)
        for signer in 0..<3 { replica.receive(vote(replica, by: signer, for: block, index: 0), from: signer) }
        #expect(replica.consensus.record.highQC.block == block.hash)
    }

    @Test func aVoteWhoseIndexIsNotItsBlocksCountsForNothing() throws {
        var replica = try leader()
        let block = try #require(replica.proposals.first?.first)
        replica.receive(vote(replica, by: 0, for: block, index: 1), from: 0)
        for signer in 1..<3 { replica.receive(vote(replica, by: signer, for: block, index: 0), from: signer) }
        #expect(replica.consensus.record.highQC.isGenesis)
        #expect(replica.consensus.tree[block.hash]?.certificate == nil)
    }
}
