// swift-format-ignore-file: NeverForceUnwrap

import Testing

@testable import HotStuffCore

/// Protocol §2, *Forgetting*: which answers to a replica that has forgotten are looked at.
struct VerifierRecallTests {
    let chain: VerifierFixture
    let nonce = Nonce(Array(1...32))!
    let other = Nonce(Array(2...33))!

    init() throws { chain = try VerifierFixture() }

    private func entry(to view: UInt64) -> ViewEntry {
        .timeout(chain.timeouts(of: view - 1, highest: chain.genesisCertificate))
    }

    private func answer(
        view: UInt64, entry: ViewEntry?, highQC: QuorumCertificate? = nil, hasForgotten: Bool = false,
        nonce said: Nonce? = nil, signer: Int = 1, signedAs statement: Statement? = nil
    ) -> Message {
        let told = Recollection(
            epoch: Epoch(0), view: View(view), entry: entry, highQC: highQC ?? chain.genesisCertificate,
            hasForgotten: hasForgotten)
        let signed =
            statement ?? .recall(epoch: Epoch(0), view: View(view), hasForgotten: hasForgotten, nonce: said ?? nonce)
        return .recallAnswer(
            RecallAnswer(
                recollection: told, nonce: said ?? nonce, signer: chain.keys[signer].key,
                signature: chain.sign(signed, by: signer)))
    }

    @Test func anAnswerIsItsSignersWhoeverPassesItOn() {
        #expect(chain.fault(in: answer(view: 0, entry: nil)) == nil)
        #expect(chain.fault(in: answer(view: 3, entry: entry(to: 3))) == nil)
        #expect(chain.fault(in: answer(view: 3, entry: entry(to: 3), signer: 2)) == nil)
    }

    @Test func aQuestionNeedsNoSignature() {
        #expect(chain.fault(in: .recallRequest(RecallRequest(nonce: nonce))) == nil)
    }

    @Test func theSignatureCoversViewNonceAndWhetherTheSignerHasForgotten() {
        let truth = Statement.recall(epoch: Epoch(0), view: View(3), hasForgotten: true, nonce: nonce)
        let bad = VerificationFault.badSignature(by: chain.keys[1].key)
        #expect(chain.fault(in: answer(view: 3, entry: entry(to: 3), hasForgotten: true, signedAs: truth)) == nil)
        #expect(chain.fault(in: answer(view: 3, entry: entry(to: 3), signedAs: truth)) == bad)
        #expect(chain.fault(in: answer(view: 2, entry: entry(to: 2), hasForgotten: true, signedAs: truth)) == bad)
        #expect(
            chain.fault(in: answer(view: 3, entry: entry(to: 3), hasForgotten: true, nonce: other, signedAs: truth))
                == bad)
    }

    @Test func anAnswerOfAnotherChainIsNone() throws {
        let foreign = try VerifierFixture { $0.chainName = "other" }
        #expect(foreign.fault(in: answer(view: 0, entry: nil)) == .badSignature(by: chain.keys[1].key))
    }

    @Test func aViewThatNothingProvesIsRefused() {
        #expect(chain.fault(in: answer(view: 3, entry: nil)) == .unprovenView(View(3)))
        #expect(chain.fault(in: answer(view: 4, entry: entry(to: 3))) == .unprovenView(View(4)))
        #expect(chain.fault(in: answer(view: 2, entry: entry(to: 3))) == .unprovenView(View(2)))
    }

    @Test func aCertificateOfTheViewProvesIt() {
        let certificate = chain.certificate(on: chain.block(view: 2, entry: entry(to: 2)))
        #expect(chain.fault(in: answer(view: 2, entry: nil, highQC: certificate)) == nil)
        #expect(chain.fault(in: answer(view: 0, entry: nil, highQC: certificate)) == .unprovenView(View(0)))
    }

    @Test func whatProvesAViewIsChecked() {
        let thin = chain.certificate(on: chain.block(view: 2, entry: entry(to: 2)), signers: [0, 1])
        #expect(chain.fault(in: answer(view: 2, entry: nil, highQC: thin)) == .noQuorum(power: 2, total: 4))
        let forged = ViewEntry.timeout(
            chain.timeouts(
                of: 2, [0, 1].map { ($0, chain.genesisCertificate.rank) }, highest: chain.genesisCertificate))
        #expect(chain.fault(in: answer(view: 3, entry: forged)) == .noQuorum(power: 2, total: 4))
    }
}
