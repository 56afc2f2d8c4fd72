import Testing

@testable import HotStuffCore

/// Protocol §5: what a certificate commits.
struct CommitRuleTests {
    @Test func twoCertificatesInAChainCommitTheLowerBlock() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first, justify: replica.certificate(on: first))
        replica.propose(first, second)
        replica.receive(.certificate(replica.certificate(on: second)))
        #expect(replica.committed == [])
        replica.sync()
        #expect(replica.committed == [first.hash])
        #expect(replica.consensus.tree.root == first.position)
    }

    @Test func theBlocksNeedNotBeEachOthersParents() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first)
        let third = replica.block(on: second, justify: replica.certificate(on: second))
        replica.propose(first, second, third)
        replica.receive(.certificate(replica.certificate(on: third)))
        replica.sync()
        #expect(replica.committed == [first.hash, second.hash])
    }

    @Test func aChainOfThreeNeedsThreeCertificates() throws {
        var replica = try OneReplica { $0.commitChainLength = 3 }
        let first = replica.block()
        let second = replica.block(on: first, justify: replica.certificate(on: first))
        let third = replica.block(on: second, justify: replica.certificate(on: second))
        replica.propose(first, second, third)
        replica.receive(.certificate(replica.certificate(on: second)))
        replica.sync()
        #expect(replica.committed == [])
        replica.receive(.certificate(replica.certificate(on: third)))
        replica.sync()
        #expect(replica.committed == [first.hash])
    }

    @Test(arguments: [1, 2])
    func acrossTheNextViewButNotAcrossTwo(views: UInt64) throws {
        var replica = try OneReplica()
        let first = replica.block()
        replica.propose(first)
        let certificate = replica.certificate(on: first)
        let reports = [certificate, certificate, certificate]
        let entry = ViewEntry.timeout(replica.timeoutCertificate(of: views - 1, reports))
        let second = replica.block(on: first, view: views, index: 0, justify: certificate, entry: entry)
        replica.receive(.proposal(Proposal(blocks: [second], signature: replica.zero)), from: Int(views))
        replica.receive(.certificate(replica.certificate(on: second)))
        replica.sync()
        #expect(replica.committed == (views == 1 ? [first.hash] : []))
    }

    @Test func aCertificateWhoseBlockIsMissingCommitsOnceItCame() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first, justify: replica.certificate(on: first))
        replica.propose(first)
        replica.receive(.certificate(replica.certificate(on: second)))
        replica.receive(.blocks(BlocksAnswer(blocks: [second], unknown: [])))
        replica.sync()
        #expect(replica.committed == [first.hash])
    }

    @Test func aProvenRunOfAnotherLogStopsTheReplica() throws {
        var replica = try OneReplica()
        let first = replica.block()
        let second = replica.block(on: first, justify: replica.certificate(on: first))
        replica.propose(first, second)
        replica.receive(.certificate(replica.certificate(on: second)))
        replica.sync()
        let other = replica.block(payload: Payload(bytes: [66]))
        let onOther = replica.block(on: other, justify: replica.certificate(on: other))
        let proof = CommitProof(headers: [onOther.header], certificate: replica.certificate(on: onOther))
        replica.receive(.commits(.run(proof: proof, blocks: [other])))
        #expect(replica.haltReasons == [.conflictingCommit(mine: first.position, other: other.position)])
    }

    @Test func aProvenRunIsTakenOverWithoutTheBlocksBetween() throws {
        var replica = try OneReplica()
        var chain = [replica.block()]
        for _ in 0..<4 {
            chain.append(
                replica.block(on: chain[chain.count - 1], justify: replica.certificate(on: chain[chain.count - 1])))
        }
        let proof = CommitProof(headers: [chain[4].header], certificate: replica.certificate(on: chain[4]))
        replica.receive(.commits(.run(proof: proof, blocks: chain[0...3].reversed())))
        replica.sync()
        #expect(replica.committed == chain[0...3].map(\.hash))
    }
}
