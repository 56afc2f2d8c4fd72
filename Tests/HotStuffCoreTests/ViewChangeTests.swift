import Testing

@testable import HotStuffCore

/// Protocol §§3 and 6: how views end and begin, and what a leader does first.
struct ViewChangeTests {
    @Test func aReplicaThatHasResignedLeadsNoViewUntilItMayAgain() throws {
        var replica = try OneReplica()
        replica.consensus.resign()
        for other in 0..<3 { replica.receive(replica.timeout(by: other, view: 2), from: other) }
        replica.sync()
        #expect(replica.suspicions == [View(3)], "it hands over at once")
        #expect(replica.proposals.isEmpty)

        replica.consensus.leadAgain()
        replica.advance(to: .milliseconds(1))
        #expect(replica.proposals.isEmpty, "others have heard that this view is handed over")
        for other in 0..<3 { replica.receive(replica.timeout(by: other, view: 6), from: other) }
        replica.sync()
        #expect(replica.proposals.count == 1)
    }

    @Test func aViewWithoutProgressIsSuspectedAtItsTimer() throws {
        var replica = try OneReplica()
        replica.advance(to: .milliseconds(999))
        #expect(replica.suspicions == [])
        replica.advance(to: .milliseconds(1000))
        #expect(replica.suspicions == [View(0)])
        replica.advance(to: .milliseconds(1250))
        #expect(replica.suspicions == [View(0), View(0)])
    }

    @Test func suspicionBindsToNothing() throws {
        var replica = try OneReplica()
        replica.advance(to: .seconds(1))
        let block = replica.block()
        replica.propose(block)
        replica.sync()
        #expect(replica.votes == [block.hash])
    }

    @Test func oneThirdOfSuspicionsMakesOthersJoin() throws {
        var replica = try OneReplica()
        replica.receive(replica.suspicion(by: 1), from: 1)
        #expect(replica.suspicions == [])
        replica.receive(replica.suspicion(by: 2), from: 2)
        #expect(replica.suspicions == [View(0)])
    }

    @Test func theLeadersOwnSuspicionHandsOver() throws {
        var replica = try OneReplica()
        replica.receive(replica.suspicion(by: 0), from: 0)
        #expect(replica.suspicions == [View(0)])
    }

    @Test func aSuspicionBelowTheHighestCertificateDoesNotCountAndIsAnsweredWithIt() throws {
        var replica = try OneReplica()
        let block = replica.block()
        replica.propose(block)
        replica.receive(.certificate(replica.certificate(on: block)))
        for other in 1...2 { replica.receive(replica.suspicion(by: other), from: other) }
        #expect(replica.suspicions == [])
        let answers = replica.sent.filter {
            if case .certificate(let certificate) = $0.message { certificate.block == block.hash } else { false }
        }
        #expect(answers.map(\.to) == [[replica.key(1)], [replica.key(2)]])
    }

    @Test func aTimeoutBelowTheHighestCertificateIsAnsweredWithIt() throws {
        var replica = try OneReplica()
        let block = replica.block()
        replica.propose(block)
        replica.receive(.certificate(replica.certificate(on: block)))
        replica.receive(
            .timeout(
                Timeout(epoch: Epoch(0), view: View(0), highQC: replica.root, signer: 1, signature: replica.zero)),
            from: 1)
        let answers = replica.sent.filter {
            if case .certificate(let certificate) = $0.message { certificate.block == block.hash } else { false }
        }
        #expect(answers.map(\.to) == [[replica.key(1)]])
    }

    @Test func aTimeoutLeavesOnlyOnceTheRecordIsDurable() throws {
        var replica = try OneReplica()
        for other in 0..<3 { replica.receive(replica.suspicion(by: other), from: other) }
        #expect(replica.timeouts == [])
        #expect(replica.records.last?.timedOutView == View(0))
        replica.sync()
        #expect(replica.timeouts == [View(0)])
    }

    @Test func oneThirdOfTimeoutsOfTheOwnViewIsEnoughToGiveUp() throws {
        var replica = try OneReplica()
        replica.receive(replica.timeout(by: 1, view: 0), from: 1)
        replica.sync()
        #expect(replica.timeouts == [])
        replica.receive(replica.timeout(by: 2, view: 0), from: 2)
        replica.sync()
        #expect(replica.timeouts == [View(0)])
    }

    @Test func aQuorumOfTimeoutsOpensTheNextViewAndItsEntryIsPassedToItsLeader() throws {
        var replica = try OneReplica()
        for other in 0..<3 { replica.receive(replica.timeout(by: other, view: 0), from: other) }
        #expect(replica.consensus.record.view == View(1))
        replica.sync()
        let entries = replica.sent.filter { if case .entry = $0.message { true } else { false } }
        #expect(entries.map(\.to) == [[replica.key(1)]])
    }

    @Test func aTimeoutWithACertificateOfAHigherViewOnlyBringsTheCertificate() throws {
        var replica = try OneReplica()
        let ahead = replica.block(view: 2, index: 0)
        replica.receive(replica.timeout(by: 1, view: 0, highQC: replica.certificate(on: ahead)), from: 1)
        #expect(replica.consensus.record.view == View(2))
        #expect(replica.consensus.timeouts.timedOutPower(of: View(0)) == 0)
    }

    @Test func aCertificateOfAHigherViewTakesTheReceiverThere() throws {
        var replica = try OneReplica()
        replica.receive(.certificate(replica.certificate(on: replica.block(view: 5, index: 0))))
        #expect(replica.consensus.record.view == View(5))
    }

    @Test func aLeaderProposesOnlyOnceItsRecordSaysThatItLeads() throws {
        var replica = try OneReplica()
        for other in 0..<3 { replica.receive(replica.timeout(by: other, view: 2), from: other) }
        #expect(replica.consensus.record.view == View(3))
        #expect(replica.proposals.isEmpty)
        #expect(replica.records.last?.hasLed == true)
        replica.sync()
        #expect(replica.proposals.count == 1)
        #expect(replica.proposals.first?.first?.header.entry?.view == View(3))
        #expect(replica.proposals.first?.first?.isNudge == true)
    }

    @Test func aLeaderFetchesTheBlockOfItsHighestCertificateBeforeItProposes() throws {
        var replica = try OneReplica()
        let block = replica.block()
        let certificate = replica.certificate(on: block)
        for other in 0..<3 {
            replica.receive(replica.timeout(by: other, view: 2, highQC: certificate), from: other)
        }
        replica.sync()
        #expect(replica.proposals.isEmpty)
        let asked = replica.sent.compactMap {
            if case .blockRequest(let request) = $0.message { request.hashes } else { nil }
        }
        #expect(asked == [[block.hash]])
        let peer = replica.sent.last { if case .blockRequest = $0.message { true } else { false } }?.to.first
        let sender = (0..<3).first { replica.key($0) == peer }
        replica.receive(.blocks(BlocksAnswer(blocks: [block], unknown: [])), from: try #require(sender))
        #expect(replica.proposals.first?.first?.header.parent == block.hash)
    }

    @Test func twoConflictingProposalsAreEvidenceThatIsPassedOn() throws {
        var replica = try OneReplica()
        replica.propose(replica.block(payload: Payload(bytes: [1])))
        replica.propose(replica.block(payload: Payload(bytes: [2])))
        #expect(replica.suspicions == [View(0)])
        #expect(replica.sent.contains { if case .evidence = $0.message { true } else { false } })
        #expect(replica.events.contains(.equivocation(replica.key(0), View(0))))
    }

    @Test func theTimerRestartsWithEveryHigherCertificate() throws {
        var replica = try OneReplica()
        let block = replica.block()
        replica.propose(block)
        replica.advance(to: .milliseconds(900))
        replica.receive(.certificate(replica.certificate(on: block)))
        replica.advance(to: .milliseconds(1800))
        #expect(replica.suspicions == [])
        replica.advance(to: .milliseconds(1900))
        #expect(replica.suspicions == [View(0)])
    }
}
