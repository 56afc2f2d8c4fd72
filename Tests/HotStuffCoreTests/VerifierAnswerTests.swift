import Testing

@testable import HotStuffCore

/// Protocol §§5, 8 and 12: blocks that were asked for, commit proofs, and evidence.
struct VerifierAnswerTests {
    let chain: VerifierFixture
    /// Heights 1 to 4 of view 0; each certifies the one before it.
    let blocks: [Block]

    init() throws {
        chain = try VerifierFixture { $0.payloadLimit = .bytes(10) }
        blocks = Self.chained(chain)
    }

    static func chained(_ chain: VerifierFixture, views: [UInt64] = [0, 0, 0, 0]) -> [Block] {
        var blocks: [Block] = []
        for view in views {
            let justify = blocks.last.map { chain.certificate(on: $0) }
            blocks.append(chain.block(on: blocks.last, view: view, justify: justify, payload: [UInt8(blocks.count)]))
        }
        return blocks
    }

    func run(_ proof: CommitProof, _ blocks: [Block]) -> Message { .commits(.run(proof: proof, blocks: blocks)) }

    // MARK: - Blocks

    @Test func blocksThatWereAskedForNeedNoLeadersSignature() throws {
        let verifier = chain.verifier { $0 != Payload(bytes: [1]) }
        let answer = Message.blocks(BlocksAnswer(blocks: blocks.reversed(), unknown: [.zero]))
        #expect(try verifier.verify(answer, from: chain.keys[0].key).refused == [blocks[1].hash])
        #expect(chain.fault(in: .blocks(BlocksAnswer(blocks: [], unknown: []))) == nil)
    }

    @Test func theirCertificatesAreChecked() {
        let forged = chain.block(on: blocks[0], justify: chain.certificate(on: blocks[0], signers: [0, 1]))
        #expect(
            chain.fault(in: .blocks(BlocksAnswer(blocks: [forged], unknown: []))) == .noQuorum(power: 2, total: 4))
        let other = chain.block { $0.chainID = .zero }
        #expect(chain.fault(in: .blocks(BlocksAnswer(blocks: [other], unknown: []))) == .otherChain(.zero))
    }

    // MARK: - Commit proofs

    @Test func twoCertificatesInARowCommitTheLower() {
        let proof = CommitProof(headers: [blocks[2].header], certificate: chain.certificate(on: blocks[2]))
        #expect(proof.proven == blocks[1].position)
        #expect(chain.fault(in: run(proof, [blocks[1], blocks[0]])) == nil)
        #expect(chain.fault(in: run(proof, [blocks[1]])) == nil)
    }

    @Test func whereTheChainIsThreeLongThreeCertificatesAreNeeded() throws {
        let chain = try VerifierFixture { $0.commitChainLength = 3 }
        let blocks = Self.chained(chain)
        let good = CommitProof(
            headers: [blocks[2].header, blocks[3].header], certificate: chain.certificate(on: blocks[3]))
        #expect(chain.fault(in: run(good, [blocks[1], blocks[0]])) == nil)
        let short = CommitProof(headers: [blocks[3].header], certificate: chain.certificate(on: blocks[3]))
        #expect(short.flaw(commitChainLength: 3) != nil)
        let gap = CommitProof(
            headers: [blocks[1].header, blocks[3].header], certificate: chain.certificate(on: blocks[3]))
        #expect(gap.flaw(commitChainLength: 3) == "a header does not certify the one before it")
    }

    @Test func theBlocksNeedNotBeParentsOfEachOther() {
        let distant = chain.block(on: blocks[3], justify: chain.certificate(on: blocks[1]))
        let proof = CommitProof(headers: [distant.header], certificate: chain.certificate(on: distant))
        #expect(proof.proven == blocks[1].position)
        #expect(chain.fault(in: run(proof, [blocks[1], blocks[0]])) == nil)
    }

    @Test func aProofMayStepToTheNextViewButNotOverOne() {
        let next = Self.chained(chain, views: [0, 0, 1])
        let proof = CommitProof(headers: [next[2].header], certificate: chain.certificate(on: next[2]))
        #expect(proof.flaw(commitChainLength: 2) == nil)
        let beyond = Self.chained(chain, views: [0, 0, 2])
        let gap = CommitProof(headers: [beyond[2].header], certificate: chain.certificate(on: beyond[2]))
        #expect(gap.flaw(commitChainLength: 2) == "its blocks are not of one epoch, and of one view or of two in a row")
    }

    @Test func theCertificateIsOnTheLastHeader() {
        let proof = CommitProof(headers: [blocks[2].header], certificate: chain.certificate(on: blocks[3]))
        #expect(proof.flaw(commitChainLength: 2) == "its certificate is not on its last header")
        let genesis = CommitProof(headers: [blocks[2].header], certificate: chain.genesisCertificate)
        #expect(genesis.flaw(commitChainLength: 2) == "its certificate is not on its last header")
    }

    @Test func theGenesisCertificateProvesNothingNew() {
        let proof = CommitProof(headers: [blocks[0].header], certificate: chain.certificate(on: blocks[0]))
        #expect(
            proof.flaw(commitChainLength: 2) == "what it certifies began the epoch, and was committed before")
    }

    @Test func theSignaturesOfAProofAreChecked() {
        let proof = CommitProof(
            headers: [blocks[2].header], certificate: chain.certificate(on: blocks[2], signers: [0, 1]))
        #expect(chain.fault(in: run(proof, [blocks[1]])) == .noQuorum(power: 2, total: 4))
    }

    @Test func aNudgeBehindAChangeProvesOnlyTheChange() {
        // Height 4 closes with the change at height 2, and certifies height 3: what counts is height 2.
        let closing = chain.block(on: blocks[2], justify: chain.certificate(on: blocks[2])) {
            $0.closes = blocks[1].position
        }
        let proof = CommitProof(headers: [closing.header], certificate: chain.certificate(on: closing))
        #expect(proof.proven == blocks[1].position)
        #expect(chain.fault(in: run(proof, [blocks[2]])) == .notProven(at: Height(3)))
        #expect(chain.fault(in: run(proof, [blocks[1], blocks[0]])) == nil)
    }

    @Test func committedBlocksBeginWithTheProvenOne() {
        let proof = CommitProof(headers: [blocks[2].header], certificate: chain.certificate(on: blocks[2]))
        #expect(chain.fault(in: run(proof, [blocks[0]])) == .notProven(at: Height(1)))
        #expect(
            chain.fault(in: run(proof, []))
                == .badCount(what: "committed blocks", count: 0, limit: Limits.committedRun))
    }

    @Test func committedBlocksFormAChainDownward() {
        let proof = CommitProof(headers: [blocks[3].header], certificate: chain.certificate(on: blocks[3]))
        #expect(chain.fault(in: run(proof, [blocks[2], blocks[1], blocks[0]])) == nil)
        #expect(chain.fault(in: run(proof, [blocks[2], blocks[0]])) == .brokenChain(at: Height(1)))
        let other = chain.block(on: blocks[0], payload: [9])
        #expect(chain.fault(in: run(proof, [blocks[2], other])) == .brokenChain(at: Height(2)))
    }

    @Test func otherAnswersCarryNothingToCheck() {
        #expect(chain.fault(in: .commits(.prunedBelow(Height(5)))) == nil)
        #expect(chain.fault(in: .commits(.nothing(committed: .genesis))) == nil)
    }

    // MARK: - Evidence

    @Test func twoBlocksOfOneHeightAndViewConvictTheirLeader() {
        let other = chain.block(payload: [9])
        #expect(chain.fault(in: evidence([blocks[0]], [other])) == nil)
        #expect(chain.fault(in: evidence([other], [blocks[0], blocks[1]])) == nil)
    }

    @Test func aBlockAndAnothersParentOfOneHeightConvictTheirLeader() {
        let other = chain.block(payload: [9])
        #expect(chain.fault(in: evidence([other], [blocks[1]])) == nil)
    }

    @Test func runsOfOneChainConvictNobody() {
        #expect(chain.fault(in: evidence([blocks[0]], [blocks[0]])) == .noConflict)
        #expect(chain.fault(in: evidence([blocks[0]], [blocks[0], blocks[1]])) == .noConflict)
        #expect(chain.fault(in: evidence([blocks[0]], [blocks[1]])) == .noConflict)
        #expect(chain.fault(in: evidence([blocks[0]], [blocks[2]])) == .noConflict)
    }

    @Test func blocksOfTwoViewsConvictNobody() {
        #expect(chain.fault(in: evidence([blocks[0]], [chain.block(view: 1)])) == .noConflict)
    }

    @Test func bothRunsMustBeTheLeaders() {
        let other = chain.block(payload: [9])
        let forged = Evidence(
            first: chain.signedHeaders([blocks[0]]), second: chain.signedHeaders([other], by: 1))
        #expect(chain.fault(in: .evidence(forged)) == .badSignature(by: chain.keys[0].key))
    }

    @Test func bothRunsMustBeChains() {
        let broken = [blocks[0], blocks[2]]
        #expect(chain.fault(in: evidence([chain.block(payload: [9])], broken)) == .brokenChain(at: Height(3)))
    }

    private func evidence(_ first: [Block], _ second: [Block]) -> Message {
        .evidence(Evidence(first: chain.signedHeaders(first), second: chain.signedHeaders(second)))
    }
}
