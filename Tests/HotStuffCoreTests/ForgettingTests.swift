// swift-format-ignore-file: NeverForceUnwrap

import Testing

@testable import HotStuffCore

/// Protocol §2, *Forgetting*: a replica that may have lost records asks, waits, and signs again above `m + 1`.
struct ForgettingTests {
    private let nonce = Nonce(Array(1...32))!
    private let genesis = LogPosition(height: .genesis, block: .zero)

    /// Validator 3, whose disk was lost.
    private func forgetful(_ change: (inout Genesis) -> Void = { _ in }) throws -> OneReplica {
        let root = try OneReplica(change).root
        let record = VotingRecord.fresh(epoch: Epoch(0), genesis: root.position, forgetting: .asking)
        return try OneReplica(record: record, nonce: nonce, change)
    }

    /// An answer of a validator that proves `view` by timeouts of the view before.
    private func answer(
        _ replica: OneReplica, by signer: Int, view: UInt64, hasForgotten: Bool = false, nonce other: Nonce? = nil
    ) -> Message {
        let entry: ViewEntry? =
            view == 0
            ? nil : .timeout(replica.timeoutCertificate(of: view - 1, Array(repeating: replica.root, count: 3)))
        let recollection = Recollection(
            epoch: Epoch(0), view: View(view), entry: entry, highQC: replica.root, hasForgotten: hasForgotten)
        return .recallAnswer(
            RecallAnswer(
                recollection: recollection, nonce: other ?? nonce, signer: replica.key(signer),
                signature: replica.zero))
    }

    private func requests(_ replica: OneReplica) -> [[ValidatorKey]] {
        replica.sent.compactMap {
            if case .recallRequest(let asked) = $0.message, asked.nonce == nonce { $0.to } else { nil }
        }
    }

    /// The first block of `view` on genesis, after timeouts that reported nothing.
    private func first(_ replica: OneReplica, of view: UInt64) -> Block {
        let entry = replica.timeoutCertificate(of: view - 1, Array(repeating: replica.root, count: 3))
        return replica.block(view: view, entry: .timeout(entry))
    }

    private func suspicions(_ replica: OneReplica, of view: UInt64) -> [Message] {
        (0..<3).map { replica.suspicion(by: $0, view: view) }
    }

    // MARK: - Asking

    @Test func itAsksEveryOtherValidatorAsItConnectsAndAgainUntilItIsAnswered() throws {
        var replica = try forgetful()
        #expect(requests(replica) == (0..<3).map { [replica.key($0)] })
        replica.receive(answer(replica, by: 1, view: 0), from: 1)
        replica.advance(to: .milliseconds(499))
        #expect(requests(replica).count == 3)
        replica.advance(to: .milliseconds(500))
        #expect(requests(replica).last == [replica.key(0), replica.key(2)])
        replica.advance(to: .milliseconds(1_000))
        #expect(requests(replica).count == 5)
    }

    @Test func withoutANonceItAsksNobodyAndSignsNothing() throws {
        var replica = try OneReplica(
            record: .fresh(epoch: Epoch(0), genesis: try OneReplica().root.position, forgetting: .asking))
        #expect(requests(replica) == [])
        replica.propose(replica.block())
        replica.sync()
        #expect(replica.votes == [])
    }

    @Test func aQuorumThatDoesNotCountItselfMakesTheBound() throws {
        var replica = try forgetful()
        replica.receive(answer(replica, by: 0, view: 4), from: 0)
        replica.receive(answer(replica, by: 1, view: 2), from: 1)
        replica.receive(answer(replica, by: 3, view: 1), from: 1)  // its own key
        replica.receive(answer(replica, by: 1, view: 2), from: 0)  // passed on, and counted before
        #expect(replica.consensus.record.forgetting == .asking)
        replica.receive(answer(replica, by: 2, view: 3), from: 2)
        #expect(replica.consensus.record.forgetting == .bounded(by: View(4)))
        #expect(replica.records.last?.forgetting == .bounded(by: View(4)))
        #expect(replica.events.contains(.forgetting(.bounded(by: View(4)))))
    }

    @Test func anAnswerToAnEarlierRequestDoesNotCount() throws {
        var replica = try forgetful()
        let old = try #require(Nonce(Array(2...33)))
        for other in 0..<3 { replica.receive(answer(replica, by: other, view: 0, nonce: old), from: other) }
        #expect(replica.consensus.record.forgetting == .asking)
    }

    @Test func whoHasForgottenItselfDoesNotCountUntilItMaySignAgain() throws {
        var replica = try forgetful()
        replica.receive(answer(replica, by: 0, view: 0), from: 0)
        replica.receive(answer(replica, by: 1, view: 0), from: 1)
        replica.receive(answer(replica, by: 2, view: 0, hasForgotten: true), from: 2)
        #expect(replica.consensus.record.forgetting == .asking)
        #expect(replica.events.contains(.tooManyForgot(remembering: 2, total: 4)))
        replica.advance(to: .milliseconds(500))
        #expect(requests(replica).last == [replica.key(2)])
        replica.receive(answer(replica, by: 2, view: 0), from: 2)
        #expect(replica.consensus.record.forgetting == .bounded(by: View(0)))
    }

    @Test func thatTooManyHaveForgottenIsSaidOnceAndNotBeforeItIsKnown() throws {
        var replica = try forgetful()
        let said = { (replica: OneReplica) in
            replica.events.count { if case .tooManyForgot = $0 { true } else { false } }
        }
        #expect(said(replica) == 0)
        for _ in 0..<2 { replica.receive(answer(replica, by: 2, view: 0, hasForgotten: true), from: 2) }
        #expect(said(replica) == 1)
    }

    @Test func whatAnAnswerProvesCountsLikeAnyCertificate() throws {
        var replica = try forgetful()
        replica.receive(answer(replica, by: 0, view: 5), from: 0)
        #expect(replica.consensus.record.view == View(5))
    }

    private func recall(of replica: OneReplica) -> Recall {
        Recall(nonce: nonce, validators: replica.genesis.validators, own: 3, ownView: View(0), brokenRule: nil)
    }

    @Test func anAnswerFromAnEarlierEpochCountsAsViewZero() throws {
        let replica = try OneReplica()
        var recall = recall(of: replica)
        for signer in 0..<3 {
            guard case .recallAnswer(let answer) = answer(replica, by: signer, view: 7) else { continue }
            recall.add(answer, epoch: Epoch(1))
        }
        #expect(recall.bound == View(0))
    }

    @Test func anAnswerFromALaterEpochDoesNotCountHere() throws {
        let replica = try OneReplica()
        var recall = recall(of: replica)
        let later = Recollection(
            epoch: Epoch(1), view: View(0), entry: nil, highQC: .genesis(of: Epoch(1), at: genesis),
            hasForgotten: false)
        for signer in 0..<3 {
            recall.add(
                RecallAnswer(
                    recollection: later, nonce: nonce, signer: replica.key(signer), signature: replica.zero),
                epoch: Epoch(0))
        }
        #expect(recall.bound == nil)
    }

    // MARK: - What it signs

    private func answered(view: UInt64, _ change: (inout Genesis) -> Void = { _ in }) throws -> OneReplica {
        var replica = try forgetful(change)
        for other in 0..<3 { replica.receive(answer(replica, by: other, view: view), from: other) }
        replica.sync()
        return replica
    }

    @Test(arguments: [UInt64(0), 1])
    func itVotesInNoViewUpToTheOneAfterTheBound(above bound: UInt64) throws {
        var replica = try answered(view: 1)
        replica.propose(first(replica, of: 1 + bound))
        replica.sync()
        #expect(replica.votes == [])
    }

    @Test func beforeItIsAnsweredItVotesInNoViewAtAll() throws {
        var replica = try forgetful()
        replica.propose(first(replica, of: 9))
        replica.sync()
        #expect(replica.votes == [])
    }

    @Test func itGivesUpNoViewUpToTheOneAfterTheBoundButMaySuspectIt() throws {
        var replica = try answered(view: 1)
        for message in suspicions(replica, of: 1) { replica.receive(message) }
        replica.sync()
        #expect(replica.timeouts == [])
        #expect(replica.suspicions == [View(1)])
        replica.receive(
            .entry(.timeout(replica.timeoutCertificate(of: 1, [replica.root, replica.root, replica.root]))))
        for message in suspicions(replica, of: 2) { replica.receive(message) }
        replica.sync()
        #expect(replica.timeouts == [])
    }

    @Test func itSignsAgainInAViewThatTimeoutsAboveTheBoundOpened() throws {
        var replica = try answered(view: 0)
        let block = replica.block()
        let certified = replica.certificate(on: block)
        let entry = ViewEntry.timeout(replica.timeoutCertificate(of: 1, [certified, replica.root, replica.root]))
        let next = replica.block(on: block, view: 2, index: 0, justify: certified, entry: entry)
        replica.receive(.entry(entry))
        #expect(replica.consensus.record.forgetting == .over(bound: View(0)))
        #expect(replica.consensus.record.highQC == certified)
        #expect(replica.events.contains(.forgetting(.over(bound: View(0)))))
        replica.propose(next)
        replica.receive(.blocks(BlocksAnswer(blocks: [block], unknown: [])))
        #expect(replica.votes == [])
        #expect(replica.records.allSatisfy { $0.lastVoted == nil || $0.forgetting == .over(bound: View(0)) })
        replica.sync()
        #expect(replica.votes == [next.hash])
    }

    @Test func itSignsAgainInAViewOfWhichThereIsACertificateAboveTheBound() throws {
        var replica = try answered(view: 0)
        replica.receive(.certificate(replica.certificate(on: first(replica, of: 1))))
        #expect(replica.consensus.record.forgetting == .bounded(by: View(0)))
        replica.receive(.certificate(replica.certificate(on: first(replica, of: 2))))
        #expect(replica.consensus.record.forgetting == .over(bound: View(0)))
    }

    @Test func aViewThatItEnteredWhileItAskedIsAsGood() throws {
        var replica = try forgetful()
        let block = first(replica, of: 5)
        replica.propose(block)
        replica.sync()
        #expect(replica.votes == [])
        for other in 0..<3 { replica.receive(answer(replica, by: other, view: 3), from: other) }
        #expect(replica.consensus.record.forgetting == .over(bound: View(3)))
        replica.sync()
        #expect(replica.votes == [block.hash])
    }

    // MARK: - Leading

    @Test func aLeaderThatHasForgottenHandsOverAndProposesNothing() throws {
        var replica = try forgetful()
        replica.receive(
            .entry(.timeout(replica.timeoutCertificate(of: 2, [replica.root, replica.root, replica.root]))))
        replica.sync()
        #expect(replica.proposals.isEmpty)
        #expect(replica.suspicions == [View(3)])
        // Answered meanwhile: it goes on handing over what it may have led before.
        for other in 0..<3 { replica.receive(answer(replica, by: other, view: 3), from: other) }
        replica.sync()
        #expect(replica.proposals.isEmpty)
    }

    @Test func aFormattedLeaderOfViewZeroThatHasForgottenProposesNothing() throws {
        let keys = try OneReplica().genesis.validators.members.map(\.key)
        let leadsFirst: (inout Genesis) -> Void = { $0.rotation = Backwards() }
        #expect(
            Backwards().leader(
                of: View(0), among: try ValidatorSet(keys.map { Validator(key: $0, power: 1) }), startingFrom: 0) == 3)
        var healthy = try OneReplica(leadsFirst)
        healthy.sync()
        #expect(healthy.proposals.count == 1)
        var replica = try forgetful(leadsFirst)
        replica.sync()
        #expect(replica.proposals.isEmpty)
        #expect(Set(replica.suspicions) == [View(0)])
    }

    private struct Backwards: LeaderRotation {
        let name = "backwards"
        func leader(of view: View, among validators: ValidatorSet, startingFrom first: Int) -> Int {
            validators.count - 1 - Int(view.rawValue % UInt64(validators.count))
        }
    }

    @Test func itLeadsAViewInWhichItMaySign() throws {
        var replica = try answered(view: 1)
        replica.receive(
            .entry(.timeout(replica.timeoutCertificate(of: 2, [replica.root, replica.root, replica.root]))))
        #expect(replica.proposals.isEmpty)
        replica.sync()
        #expect(replica.proposals.map { $0.map(\.view) } == [[View(3)]])
    }

    // MARK: - Restarts

    @Test func theBoundSurvivesARestartWithoutAnotherQuestion() throws {
        let before = try answered(view: 1)
        var replica = try OneReplica(record: before.records.last, nonce: nonce)
        #expect(requests(replica) == [])
        #expect(replica.events.contains(.forgetting(.bounded(by: View(1)))))
        replica.propose(first(replica, of: 2))
        replica.sync()
        #expect(replica.votes == [])
        let block = first(replica, of: 3)
        replica.receive(.entry(block.header.entry!))
        #expect(replica.consensus.record.forgetting == .over(bound: View(1)))
    }

    @Test func aRestoredCopyRepeatsNeitherItsVoteNorItsTimeout() throws {
        var old = try OneReplica()
        let block = old.block()
        old.propose(block)
        for message in suspicions(old, of: 0) { old.receive(message) }
        old.sync()
        #expect(old.votes == [block.hash, block.hash], "to its leader, and with the timeout to the next")
        #expect(old.timeouts == [View(0)])
        var record = try #require(old.records.last)
        record.forgetting = .asking
        var replica = try OneReplica(record: record, nonce: nonce)
        replica.sync()
        replica.advance(to: .seconds(5))
        replica.sync()
        #expect(replica.votes == [])
        #expect(replica.timeouts == [])
    }

    @Test func inAnotherEpochItBeginsAnew() throws {
        for state: Forgetting in [.asking, .bounded(by: View(4)), .over(bound: View(4))] {
            let record = VotingRecord.fresh(epoch: Epoch(7), genesis: genesis, forgetting: state)
            #expect(try OneReplica(record: record, nonce: nonce).consensus.record.forgetting == .asking)
        }
        let remembers = VotingRecord.fresh(epoch: Epoch(7), genesis: genesis)
        #expect(try OneReplica(record: remembers).consensus.record.forgetting == nil)
    }

    // MARK: - Its own old signatures

    private func signedByMe(_ replica: OneReplica, _ block: Block) -> QuorumCertificate {
        QuorumCertificate(
            epoch: Epoch(0), view: block.view, height: block.height, index: block.header.index, block: block.hash,
            signatures: [0, 1, 3].map { IndexedSignature(signer: $0, signature: replica.zero) })
    }

    @Test func itsOwnOldSignaturesDoNotStopIt() throws {
        var asking = try forgetful()
        asking.receive(.certificate(signedByMe(asking, first(asking, of: 8))))
        #expect(asking.haltReasons == [])
        var bounded = try answered(view: 4)
        bounded.receive(.certificate(signedByMe(bounded, first(bounded, of: 5))))
        #expect(bounded.haltReasons == [])
        bounded.receive(
            .entry(.timeout(bounded.timeoutCertificate(of: 6, [bounded.root, bounded.root, bounded.root]))))
        #expect(bounded.consensus.record.forgetting == .over(bound: View(4)))
        bounded.receive(.certificate(signedByMe(bounded, first(bounded, of: 4))))
        #expect(bounded.haltReasons == [])
    }

    @Test func aSignatureAboveTheBoundThatItDoesNotKnowStopsIt() throws {
        var bounded = try answered(view: 4)
        let block = first(bounded, of: 6)
        bounded.receive(.certificate(signedByMe(bounded, block)))
        #expect(bounded.haltReasons == [.unknownOwnSignature(view: View(6), height: block.height)])
    }

    @Test func itsOwnOldVoteDoesNotStopItAndOneAboveTheBoundDoes() throws {
        var replica = try answered(view: 4)
        replica.receive(replica.vote(by: OneReplica.me, for: first(replica, of: 5)))
        #expect(replica.haltReasons == [])
        let block = first(replica, of: 6)
        replica.receive(replica.vote(by: OneReplica.me, for: block))
        #expect(replica.haltReasons == [.unknownOwnSignature(view: View(6), height: block.height)])
    }

    // MARK: - Answering

    @Test func anAnswerLeavesOnceItIsDurableAndNamesTheNewestView() throws {
        var replica = try OneReplica()
        let entry = ViewEntry.timeout(replica.timeoutCertificate(of: 0, [replica.root, replica.root, replica.root]))
        replica.receive(.entry(entry))
        replica.receive(.recallRequest(RecallRequest(nonce: nonce)), from: 2)
        replica.receive(.recallRequest(RecallRequest(nonce: nonce)), from: 2)
        #expect(replica.recollections.isEmpty)
        replica.sync()
        let (told, answeredNonce, addressees) = try #require(replica.recollections.first)
        #expect(
            told
                == Recollection(epoch: Epoch(0), view: View(1), entry: entry, highQC: replica.root, hasForgotten: false)
        )
        #expect(answeredNonce == nonce)
        #expect(addressees == [replica.key(2)])
        #expect(replica.recollections.count == 1)
        replica.receive(.recallRequest(RecallRequest(nonce: nonce)), from: 2)
        replica.sync()
        #expect(replica.recollections.count == 2)
    }

    @Test func whoHasForgottenSaysSoInItsAnswers() throws {
        var replica = try forgetful()
        replica.receive(.recallRequest(RecallRequest(nonce: nonce)), from: 2)
        replica.sync()
        #expect(replica.recollections.map(\.0.hasForgotten) == [true])
    }

    @Test func aStoreThatMayNotVouchDoesNotAnswer() throws {
        var replica = try OneReplica(mayVote: false)
        replica.receive(.recallRequest(RecallRequest(nonce: nonce)), from: 2)
        replica.sync()
        #expect(replica.recollections.isEmpty)
    }

    @Test func whoeverIsNoValidatorIsNotAnsweredSinceThatCostsAWrite() throws {
        var replica = try OneReplica()
        let stranger = try #require(ValidatorKey(bytes: Array(repeating: UInt8(77), count: 32)))
        let written = replica.records.count
        replica.consensus.receive(Verified(.recallRequest(RecallRequest(nonce: nonce))), from: stranger)
        replica.sync()
        #expect(replica.consensus.recollecting.isEmpty)
        #expect(replica.records.count == written)
        #expect(replica.recollections.isEmpty)
    }
}
