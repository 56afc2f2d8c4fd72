import Testing

@testable import HotStuffCore

/// What a replica signs is what the others' verifiers take in.
struct VerifierSignerTests {
    let chain: VerifierFixture
    let block: Block

    init() throws {
        chain = try VerifierFixture()
        block = chain.block(payload: [1])
    }

    private func signer(_ index: Int) -> MessageSigner {
        var signer = MessageSigner(signer: chain.keys[index], chainID: chain.chainID)
        signer.begin(chain.start)
        return signer
    }

    private var everything: [Unsigned] {
        let voted = VotingRecord.Voted(view: block.view, height: block.height, index: 0, block: block.hash)
        let certificate = chain.certificate(on: block)
        return [
            .proposal([block, chain.block(on: block)]),
            .vote(voted, epoch: Epoch(0), report: VoteReport(executed: .genesis, room: 1, stateDigest: nil)),
            .suspicion(epoch: Epoch(0), view: View(3), rank: certificate.rank),
            .timeout(epoch: Epoch(0), view: View(3), highQC: certificate),
            .recallAnswer(
                Recollection(epoch: Epoch(0), view: View(0), entry: nil, highQC: certificate, hasForgotten: true),
                nonce: WireGolden.nonce),
        ]
    }

    @Test func whatIsSignedVerifies() throws {
        for unsigned in everything {
            let message = try signer(0).sign(unsigned)
            #expect(chain.fault(in: message.value) == nil)
            #expect(message.refused == [])
        }
    }

    @Test func anEpochMustHaveBegun() {
        let signer = MessageSigner(signer: chain.keys[0], chainID: chain.chainID)
        for unsigned in everything {
            #expect(throws: MessageSigner.Refusal.unknownEpoch(Epoch(0))) { try signer.sign(unsigned) }
        }
    }

    @Test func onlyValidatorsSign() throws {
        let stranger = try #require(SigningKey(seed: Array(repeating: 99, count: 32)))
        var signer = MessageSigner(signer: stranger, chainID: chain.chainID)
        signer.begin(chain.start)
        for unsigned in everything {
            #expect(throws: MessageSigner.Refusal.notValidator(stranger.key, Epoch(0))) {
                try signer.sign(unsigned)
            }
        }
    }

    @Test func aProposalOfNothingIsNotSigned() {
        #expect(throws: MessageSigner.Refusal.nothingToSign) { try signer(0).sign(.proposal([])) }
    }
}
