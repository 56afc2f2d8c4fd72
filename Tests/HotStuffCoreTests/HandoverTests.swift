import Testing

@testable import HotStuffCore

/// Protocol §6: handover, on a clean stop and after a restart.
struct HandoverTests {
    private func timeout(_ replica: OneReplica, by signer: Int, view: UInt64) -> Message {
        .timeout(
            Timeout(
                epoch: Epoch(0), view: View(view), highQC: replica.root, signer: UInt16(signer),
                signature: replica.zero))
    }

    private func vote(_ replica: OneReplica, by signer: Int, for block: Block) -> Message {
        .vote(
            Vote(
                epoch: Epoch(0), view: block.view, height: block.height, index: block.header.index, block: block.hash,
                signer: UInt16(signer), signature: replica.zero,
                report: VoteReport(executed: .genesis, room: 1, stateDigest: nil)))
    }

    /// A replica in `view`, which timeouts of the others have opened.
    private func replica(in view: UInt64) throws -> OneReplica {
        var replica = try OneReplica()
        for other in 0..<3 { replica.receive(timeout(replica, by: other, view: view - 1), from: other) }
        replica.sync()
        return replica
    }

    @Test(arguments: [false, true])
    func aResignationHoldsThoughACertificateOvertakesIt(certificateFirst: Bool) throws {
        var replica = try OneReplica()
        let block = replica.block()
        replica.propose(block)
        let certificate = Message.certificate(replica.certificate(on: block))
        let resignation = Message.suspicion(
            Suspicion(
                epoch: Epoch(0), view: View(0), rank: block.header.rank, signer: 0, signature: replica.zero))
        for message in certificateFirst ? [certificate, resignation] : [resignation, certificate] {
            replica.receive(message)
        }
        #expect(replica.consensus.timer.isSuspecting)
    }

    @Test func aSuspicionOfTheLeaderThatACertificateOutranksLapses() throws {
        var replica = try OneReplica()
        let block = replica.block()
        replica.propose(block)
        replica.receive(
            .suspicion(
                Suspicion(
                    epoch: Epoch(0), view: View(0), rank: replica.root.rank, signer: 0, signature: replica.zero)))
        #expect(replica.consensus.timer.isSuspecting)
        replica.receive(.certificate(replica.certificate(on: block)))
        #expect(!replica.consensus.timer.isSuspecting)
    }

    @Test func theLeadersTimeoutIsEnoughToGiveUp() throws {
        var replica = try OneReplica()
        replica.receive(timeout(replica, by: 0, view: 0), from: 0)
        #expect(replica.timeouts == [], "not before the record is durable")
        replica.sync()
        #expect(replica.timeouts == [View(0)])
    }

    @Test func theTimeoutOfAnEarlierLeaderIsNot() throws {
        var replica = try replica(in: 1)
        replica.receive(timeout(replica, by: 0, view: 1), from: 0)
        replica.sync()
        #expect(replica.timeouts == [])
    }

    @Test func aLeaderThatResignsSuspectsItsViewAtOnceAndGivesItUp() throws {
        var replica = try replica(in: 3)
        replica.consensus.resign()
        replica.advance(to: .milliseconds(1))
        #expect(replica.suspicions == [View(3)])
        #expect(replica.timeouts == [])
        replica.sync()
        #expect(replica.timeouts == [View(3)])
        // The vote for its first block went to itself, and goes to the next leader ahead of the timeout.
        #expect(replica.ballots.map(\.what) == ["vote at 1", "vote at 1", "timeout of 3"])
        #expect(replica.ballots.dropFirst().first?.to == [replica.key(0)])
    }

    @Test func aLeaderThatResignsAndCannotWriteSaysSoAgainAfterACertificate() throws {
        var replica = try replica(in: 3)
        let block = try #require(replica.proposals.first?.first)
        replica.consensus.resign()
        replica.advance(to: .milliseconds(1))
        for signer in 0..<3 { replica.receive(vote(replica, by: signer, for: block), from: signer) }
        #expect(replica.consensus.record.highQC.block == block.hash)
        #expect(replica.suspicions == [View(3), View(3)])
        #expect(replica.timeouts == [])
    }

    @Test func whoGivesUpPassesItsNewestVoteToTheNextLeader() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first)
        replica.propose(first, second)
        replica.sync()
        replica.receive(timeout(replica, by: 0, view: 0), from: 0)
        replica.sync()
        #expect(replica.ballots.map(\.what) == ["vote at 2", "vote at 2", "timeout of 0"])
        #expect(replica.ballots.map(\.to).prefix(2) == [[replica.key(0)], [replica.key(1)]])
    }

    @Test func whoHasNotVotedPassesNothingOn() throws {
        var replica = try OneReplica()
        replica.receive(timeout(replica, by: 0, view: 0), from: 0)
        replica.sync()
        #expect(replica.ballots.map(\.what) == ["timeout of 0"])
    }

    @Test func theNextLeaderCertifiesWhatWasUnderWayAndBuildsOnIt() throws {
        var replica = try replica(in: 2)
        let opening = replica.timeoutCertificate(of: 1, Array(repeating: replica.root, count: 3))
        let block = replica.block(view: 2, index: 0, entry: .timeout(opening))
        replica.propose(block)
        replica.sync()
        for other in 0..<3 {
            replica.receive(vote(replica, by: other, for: block), from: other)
            replica.receive(timeout(replica, by: other, view: 2), from: other)
        }
        replica.sync()
        let next = try #require(replica.proposals.first?.first)
        #expect(next.view == View(3))
        #expect(next.header.parent == block.hash)
        #expect(next.header.justify.block == block.hash)
    }
}
