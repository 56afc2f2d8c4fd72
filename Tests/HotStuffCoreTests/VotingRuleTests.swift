import Testing

@testable import HotStuffCore

/// Protocol §4, rule by rule: what a replica votes for, and what it does not.
struct VotingRuleTests {
    @Test func aValidFirstBlockGetsAVoteOnceItIsDurable() throws {
        var replica = try OneReplica()
        let block = replica.block()
        replica.propose(block)
        #expect(replica.votes == [])
        #expect(replica.written.contains(block.hash))
        #expect(replica.records.last?.lastVoted?.block == block.hash)
        replica.sync()
        #expect(replica.votes == [block.hash])
    }

    @Test func rule1NoVoteForABlockOfAnotherChain() throws {
        var replica = try OneReplica()
        replica.propose(replica.block { $0.chainID = .zero })
        replica.sync()
        #expect(replica.votes == [])
    }

    @Test func rule1NoVoteInAViewThatWasGivenUp() throws {
        var replica = try OneReplica()
        for other in 0..<3 { replica.receive(replica.suspicion(by: other), from: other) }
        replica.sync()
        #expect(replica.timeouts == [View(0)])
        replica.propose(replica.block())
        replica.sync()
        #expect(replica.votes == [])
    }

    @Test func rule1AHigherViewIsNotEnteredWithoutItsEntryWhichIsAskedFor() throws {
        var replica = try OneReplica()
        let orphan = replica.block(view: 1) { $0.entry = nil }
        replica.propose(orphan)
        #expect(replica.votes == [])
        let asked = replica.sent.contains {
            if case .entryRequest(_, let view) = $0.message { view == View(1) } else { false }
        }
        #expect(asked)
    }

    @Test func rule3NoVoteWhileAnAncestorIsMissingAndOneWhenItCame() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first)
        replica.propose(second)
        replica.sync()
        #expect(replica.votes == [])
        let asked = replica.sent.compactMap {
            if case .blockRequest(let request) = $0.message { request.hashes } else { nil }
        }
        #expect(asked == [[first.hash]])
        replica.receive(.blocks(BlocksAnswer(blocks: [first], unknown: [])))
        replica.sync()
        #expect(replica.votes == [second.hash])
        #expect(replica.written.contains(first.hash))
    }

    @Test func rule3TheCertificateMustBeOnAnAncestor() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let other = replica.block(payload: Payload(bytes: [2]))
        let second = replica.block(on: first, justify: replica.certificate(on: other))
        replica.propose(first, second)
        replica.sync()
        #expect(replica.votes == [])
    }

    @Test func rule3TheCertificateMustNotRankBelowTheParents() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first, justify: replica.certificate(on: first))
        let third = replica.block(on: second, justify: replica.root)
        replica.propose(first, second)
        replica.propose(third)
        replica.sync()
        #expect(replica.votes == [second.hash])
    }

    @Test func rule3NoBlockFurtherAheadThanTheWindow() throws {
        var replica = try OneReplica { $0.maxWindow = 3 }
        let first = replica.block()
        let second = replica.block(on: first)
        let third = replica.block(on: second)
        let fourth = replica.block(on: third)
        replica.propose(first, second, third)
        replica.sync()
        replica.propose(fourth)
        replica.sync()
        #expect(replica.votes == [third.hash])
        #expect(replica.consensus.tree.block(fourth.hash) == nil)
    }

    @Test func rule3NoMoreBytesThanTheWindow() throws {
        var replica = try OneReplica {
            $0.payloadLimit = .bytes(10)
            $0.maxWindowSize = .bytes(20)
        }
        let ten = Payload(bytes: Array(repeating: 1, count: 10))
        let first = replica.block(payload: ten)
        let second = replica.block(on: first, payload: ten)
        let third = replica.block(on: second, payload: Payload(bytes: [1]))
        replica.propose(first, second)
        replica.sync()
        replica.propose(third)
        replica.sync()
        #expect(replica.votes == [second.hash])
    }

    @Test func rule3HeightAndIndexFollowFromTheParents() throws {
        var replica = try OneReplica()
        let first = replica.block()
        replica.propose(first)
        replica.propose(replica.block(on: first) { $0.index = 2 })
        replica.sync()
        #expect(replica.votes == [first.hash])
    }

    @Test func rule4TheFirstBlockExtendsWhatItsCertificateCertifies() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first)
        replica.propose(first, second)
        let certificate = replica.certificate(on: first)
        let entry = ViewEntry.timeout(replica.timeoutCertificate(of: 0, [certificate, replica.root, replica.root]))
        let astray = replica.block(on: second, view: 1, index: 0, justify: certificate, entry: entry)
        replica.receive(.proposal(Proposal(blocks: [astray], signature: replica.zero)), from: 1)
        replica.sync()
        #expect(!replica.votes.contains(astray.hash))
        let right = replica.block(
            on: first, view: 1, index: 0, justify: certificate, entry: entry, payload: Payload(bytes: [7]))
        replica.receive(.proposal(Proposal(blocks: [right], signature: replica.zero)), from: 1)
        replica.sync()
        #expect(replica.votes.last == right.hash)
    }

    @Test func rule4NoReportedRankMayBeAboveTheFirstBlocksCertificate() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first)
        replica.propose(first, second)
        let high = replica.certificate(on: second)
        let low = replica.certificate(on: first)
        let entry = ViewEntry.timeout(replica.timeoutCertificate(of: 0, [high, low, low]))
        let below = replica.block(on: first, view: 1, index: 0, justify: low, entry: entry)
        replica.receive(.proposal(Proposal(blocks: [below], signature: replica.zero)), from: 1)
        replica.sync()
        #expect(!replica.votes.contains(below.hash))
    }

    @Test func rule4AViewAfterTheFirstNeedsAnEntry() throws {
        var replica = try OneReplica()
        let entry = ViewEntry.timeout(
            replica.timeoutCertificate(of: 0, [replica.root, replica.root, replica.root]))
        replica.receive(.entry(entry), from: 1)
        let bare = replica.block(view: 1)
        replica.receive(.proposal(Proposal(blocks: [bare], signature: replica.zero)), from: 1)
        replica.sync()
        #expect(replica.votes == [])
    }

    @Test func rule4ALimitedViewHasRoomForKBlocks() throws {
        var replica = try OneReplica { $0.viewLimit = 2 }
        let first = replica.block()
        let second = replica.block(on: first)
        replica.propose(first, second)
        replica.sync()
        replica.propose(replica.block(on: second))
        replica.sync()
        #expect(replica.votes == [second.hash])
    }

    @Test func rule4ALimitedViewIsFollowedByACertificateOnItsLastBlock() throws {
        var replica = try OneReplica { $0.viewLimit = 2 }
        let first = replica.block()
        let second = replica.block(on: first)
        replica.propose(first, second)
        let last = replica.certificate(on: second)
        let next = replica.block(on: second, view: 1, index: 0, justify: last, entry: .rotation(last))
        replica.receive(.proposal(Proposal(blocks: [next], signature: replica.zero)), from: 1)
        replica.sync()
        #expect(replica.votes == [second.hash, next.hash])
    }

    @Test func rule4ACertificateBelowTheLastIndexOpensNothing() throws {
        var replica = try OneReplica { $0.viewLimit = 3 }
        let first = replica.block()
        let second = replica.block(on: first)
        replica.propose(first, second)
        let early = replica.certificate(on: second)
        let next = replica.block(on: second, view: 1, index: 0, justify: early, entry: .rotation(early))
        replica.receive(.proposal(Proposal(blocks: [next], signature: replica.zero)), from: 1)
        replica.sync()
        #expect(replica.votes == [second.hash])
    }

    @Test func rule5OfOneViewOnlyStrictDescendantsOfTheLastVote() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let rival = replica.block(payload: Payload(bytes: [2]))
        let onRival = replica.block(on: rival)
        replica.propose(first)
        replica.sync()
        replica.propose(rival, onRival)
        replica.sync()
        #expect(replica.votes == [first.hash])
    }

    @Test func rule6NoVoteForOrAboveAPayloadThatIsNotAccepted() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first)
        let third = replica.block(on: second)
        replica.propose(first, refused: [])
        replica.propose(second, refused: [second.hash])
        replica.propose(third)
        replica.sync()
        #expect(replica.votes == [first.hash])
    }

    @Test func rule7NoVoteForAChangeOfValidatorsThatIsNotWishedFor() throws {
        var replica = try OneReplica()
        let change = ValidatorChange(
            validators: try ValidatorSet([Validator(key: replica.key(0), power: 1)]), wishedAt: .genesis)
        replica.propose(replica.block(payload: .empty) { $0.nextValidators = change })
        replica.sync()
        #expect(replica.votes == [])
    }

    @Test func ofSeveralVotesThatOneSyncMadeDurableOnlyTheNewestLeaves() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first)
        replica.propose(first)
        replica.propose(second)
        replica.sync()
        #expect(replica.votes == [second.hash])
    }

    @Test func aRepeatedProposalIsAnsweredWithTheLastVote() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first)
        replica.propose(first, second)
        replica.sync()
        replica.advance(to: .milliseconds(500))
        replica.propose(first)
        #expect(replica.votes == [second.hash, second.hash])
    }

    @Test func aVoteRaisesTheHighestCertificateInTheSameWrite() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first, justify: replica.certificate(on: first))
        replica.propose(first)
        replica.propose(second)
        #expect(replica.records.last?.lastVoted?.block == second.hash)
        #expect(replica.records.last?.highQC.block == first.hash)
    }

    @Test func ofOneHeightAndViewAtMostTwoBlocksAreHeldUnlessCertified() throws {
        var replica = try OneReplica()
        let rivals = (1...3).map { replica.block(payload: Payload(bytes: [UInt8($0)])) }
        for rival in rivals { replica.propose(rival) }
        #expect(replica.consensus.tree.count == 2)
        replica.receive(.certificate(replica.certificate(on: rivals[2])))
        replica.receive(.blocks(BlocksAnswer(blocks: [rivals[2]], unknown: [])))
        #expect(replica.consensus.tree.block(rivals[2].hash) != nil)
    }

    @Test func anOwnSignatureThatTheRecordDoesNotKnowStopsTheReplica() throws {
        var replica = try OneReplica()
        let block = replica.block()
        replica.receive(replica.vote(by: OneReplica.me, for: block))
        #expect(replica.haltReasons == [.unknownOwnSignature(view: View(0), height: block.height)])
    }
}

extension VotingRuleTests {
    @Test func rule5KnowsTheLastVoteHoweverMuchWasSleptThrough() throws {
        var replica = try OneReplica { $0.maxWindow = 4 }
        var chain = [replica.block()]
        replica.propose(chain[0])
        replica.sync()
        while chain.count < 12 {
            let last = chain[chain.count - 1]
            chain.append(replica.block(on: last, justify: replica.certificate(on: last)))
        }
        let proof = CommitProof(headers: [chain[11].header], certificate: replica.certificate(on: chain[11]))
        replica.receive(.commits(.run(proof: proof, blocks: chain[0...10].reversed())))
        replica.propose(chain[11])
        replica.sync()
        #expect(replica.votes == [chain[0].hash, chain[11].hash])
    }
}
