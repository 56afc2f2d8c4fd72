import Testing

@testable import HotStuffCore

/// Protocol §3: what a leader does with votes.
struct LeadingTests {
    @Test func aLeaderThatDoubtsItsViewBeforeItsRecordIsDurableLeadsAllTheSame() throws {
        var replica = try OneReplica()
        for other in 0..<3 { replica.receive(replica.timeout(by: other, view: 2), from: other) }
        replica.advance(to: .seconds(30))
        #expect(replica.suspicions.contains(View(3)))
        // Whoever called `doPropose()` waits, and is not sent away.
        #expect(replica.consensus.obstacle(toProposing: 0) == .notOpen)
        replica.sync()
        #expect(replica.proposals.count == 1)
        #expect(replica.consensus.obstacle(toProposing: 0) == nil)
    }

    @Test func aQuorumOfVotesMakesACertificate() throws {
        var replica = try OneReplica.entered(view: 3)
        let block = try #require(replica.proposals.first?.first)
        for signer in 0..<3 { replica.receive(replica.vote(by: signer, for: block), from: signer) }
        #expect(replica.consensus.record.highQC.block == block.hash)
    }

    @Test func aVoteWhoseIndexIsNotItsBlocksCountsForNothing() throws {
        var replica = try OneReplica.entered(view: 3)
        let block = try #require(replica.proposals.first?.first)
        replica.receive(replica.vote(by: 0, for: block, index: 1), from: 0)
        for signer in 1..<3 { replica.receive(replica.vote(by: signer, for: block), from: signer) }
        #expect(replica.consensus.record.highQC.isGenesis)
        #expect(replica.consensus.tree[block.hash]?.certificate == nil)
    }
}
