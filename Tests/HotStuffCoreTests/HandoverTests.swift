import Testing

@testable import HotStuffCore

/// Protocol §6: handover, on a clean stop and after a restart.
struct HandoverTests {
    @Test(arguments: [false, true])
    func aResignationHoldsThoughACertificateOvertakesIt(certificateFirst: Bool) throws {
        var replica = try OneReplica()
        let block = replica.block()
        replica.propose(block)
        let certificate = Message.certificate(replica.certificate(on: block))
        let resignation = replica.suspicion(by: 0, rank: block.header.rank)
        for message in certificateFirst ? [certificate, resignation] : [resignation, certificate] {
            replica.receive(message)
        }
        #expect(replica.consensus.timer.isSuspecting)
    }

    @Test func aSuspicionOfTheLeaderThatACertificateOutranksLapses() throws {
        var replica = try OneReplica()
        let block = replica.block()
        replica.propose(block)
        replica.receive(replica.suspicion(by: 0))
        #expect(replica.consensus.timer.isSuspecting)
        replica.receive(.certificate(replica.certificate(on: block)))
        #expect(!replica.consensus.timer.isSuspecting)
    }

    @Test func theLeadersTimeoutIsEnoughToGiveUp() throws {
        var replica = try OneReplica()
        replica.receive(replica.timeout(by: 0, view: 0), from: 0)
        #expect(replica.timeouts == [], "not before the record is durable")
        replica.sync()
        #expect(replica.timeouts == [View(0)])
    }

    @Test func theTimeoutOfAnEarlierLeaderIsNot() throws {
        var replica = try OneReplica.entered(view: 1)
        replica.receive(replica.timeout(by: 0, view: 1), from: 0)
        replica.sync()
        #expect(replica.timeouts == [])
    }

    @Test func aLeaderThatResignsSuspectsItsViewAtOnceAndGivesItUp() throws {
        var replica = try OneReplica.entered(view: 3)
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
        var replica = try OneReplica.entered(view: 3)
        let block = try #require(replica.proposals.first?.first)
        replica.consensus.resign()
        replica.advance(to: .milliseconds(1))
        for signer in 0..<3 { replica.receive(replica.vote(by: signer, for: block), from: signer) }
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
        replica.receive(replica.timeout(by: 0, view: 0), from: 0)
        replica.sync()
        #expect(replica.ballots.map(\.what) == ["vote at 2", "vote at 2", "timeout of 0"])
        #expect(replica.ballots.map(\.to).prefix(2) == [[replica.key(0)], [replica.key(1)]])
    }

    @Test func whoHasNotVotedPassesNothingOn() throws {
        var replica = try OneReplica()
        replica.receive(replica.timeout(by: 0, view: 0), from: 0)
        replica.sync()
        #expect(replica.ballots.map(\.what) == ["timeout of 0"])
    }

    @Test func theNextLeaderCertifiesWhatWasUnderWayAndBuildsOnIt() throws {
        var replica = try OneReplica.entered(view: 2)
        let opening = replica.timeoutCertificate(of: 1, Array(repeating: replica.root, count: 3))
        let block = replica.block(view: 2, index: 0, entry: .timeout(opening))
        replica.propose(block)
        replica.sync()
        for other in 0..<3 {
            replica.receive(replica.vote(by: other, for: block), from: other)
            replica.receive(replica.timeout(by: other, view: 2), from: other)
        }
        replica.sync()
        let next = try #require(replica.proposals.first?.first)
        #expect(next.view == View(3))
        #expect(next.header.parent == block.hash)
        #expect(next.header.justify.block == block.hash)
    }
}
