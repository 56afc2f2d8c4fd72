import Testing

@testable import HotStuffCore

/// Protocol §1, *quorum*, *QC*, *genesis certificate*, *TC* and *entry*: which certificates count.
struct VerifierCertificateTests {
    let chain: VerifierFixture
    let block: Block

    init() throws {
        chain = try VerifierFixture { $0.viewLimit = 3 }
        block = chain.block()
    }

    // MARK: - Quorum certificates

    @Test func aCertificateOfAQuorumCounts() {
        #expect(chain.fault(in: .certificate(chain.certificate(on: block))) == nil)
        #expect(chain.fault(in: .certificate(chain.certificate(on: block, signers: [0, 1, 2, 3]))) == nil)
        #expect(chain.fault(in: .certificate(chain.certificate(on: block, signers: [1, 2, 3]))) == nil)
    }

    @Test func twoOfFourAreNoQuorum() {
        #expect(
            chain.fault(in: .certificate(chain.certificate(on: block, signers: [0, 1])))
                == .noQuorum(power: 2, total: 4))
    }

    @Test func oneThirdIsNotEnough() throws {
        let chain = try VerifierFixture(powers: [1, 1, 1])
        let certificate = chain.certificate(on: chain.block(), signers: [0, 1])
        #expect(chain.fault(in: .certificate(certificate)) == .noQuorum(power: 2, total: 3))
    }

    @Test func exactlyTwoThirdsOfPowerAreNoQuorumAndOneMoreIs() throws {
        let chain = try VerifierFixture(powers: [4, 2, 1, 2])
        let block = chain.block()
        let twoThirds = chain.certificate(on: block, signers: [0, 1])
        #expect(chain.fault(in: .certificate(twoThirds)) == .noQuorum(power: 6, total: 9))
        #expect(chain.fault(in: .certificate(chain.certificate(on: block, signers: [0, 1, 2]))) == nil)
    }

    @Test func powerCountsAndNotHeads() throws {
        let chain = try VerifierFixture(powers: [10, 1, 1, 1])
        let block = chain.block()
        #expect(chain.fault(in: .certificate(chain.certificate(on: block, signers: [0]))) == nil)
        #expect(
            chain.fault(in: .certificate(chain.certificate(on: block, signers: [1, 2, 3])))
                == .noQuorum(power: 3, total: 13))
    }

    @Test func aSignerCountsOnce() {
        let good = chain.certificate(on: block).signatures
        let doubled = chain.with(chain.certificate(on: block), [good[0], good[1], good[1]])
        #expect(chain.fault(in: .certificate(doubled)) == .signersOutOfOrder)
    }

    @Test func signersStandInTheOrderOfTheirIndices() {
        let good = chain.certificate(on: block).signatures
        let swapped = chain.with(chain.certificate(on: block), [good[1], good[0], good[2]])
        #expect(chain.fault(in: .certificate(swapped)) == .signersOutOfOrder)
    }

    @Test func aSignerMustBeAValidator() {
        let good = chain.certificate(on: block).signatures
        let stranger = IndexedSignature(signer: 4, signature: good[0].signature)
        let certificate = chain.with(chain.certificate(on: block), good + [stranger])
        #expect(chain.fault(in: .certificate(certificate)) == .unknownSigner(4, Epoch(0)))
    }

    @Test func everySignatureMustBeTheSigners() {
        let good = chain.certificate(on: block).signatures
        let forged = IndexedSignature(signer: 2, signature: good[0].signature)
        let certificate = chain.with(chain.certificate(on: block), [good[0], good[1], forged])
        #expect(chain.fault(in: .certificate(certificate)) == .badSignature(by: chain.keys[2].key))
    }

    @Test func oneBadSignatureSpoilsACertificateEvenBesideAQuorum() {
        let good = chain.certificate(on: block, signers: [0, 1, 2, 3]).signatures
        let forged = IndexedSignature(signer: 3, signature: good[0].signature)
        let certificate = chain.with(chain.certificate(on: block), Array(good.prefix(3)) + [forged])
        #expect(chain.fault(in: .certificate(certificate)) == .badSignature(by: chain.keys[3].key))
    }

    @Test func signaturesCoverEveryPartOfACertificate() {
        let good = chain.certificate(on: block)
        let altered = [
            QuorumCertificate(
                epoch: good.epoch, view: View(1), height: good.height, index: good.index, block: good.block,
                signatures: good.signatures),
            QuorumCertificate(
                epoch: good.epoch, view: good.view, height: Height(2), index: good.index, block: good.block,
                signatures: good.signatures),
            QuorumCertificate(
                epoch: good.epoch, view: good.view, height: good.height, index: 1, block: good.block,
                signatures: good.signatures),
            QuorumCertificate(
                epoch: good.epoch, view: good.view, height: good.height, index: good.index, block: .zero,
                signatures: good.signatures),
        ]
        for certificate in altered {
            #expect(chain.fault(in: .certificate(certificate)) == .badSignature(by: chain.keys[0].key))
        }
    }

    @Test func aCertificateOfAnUnknownEpochCannotBeChecked() {
        let good = chain.certificate(on: block)
        let later = QuorumCertificate(
            epoch: Epoch(1), view: good.view, height: good.height, index: good.index, block: good.block,
            signatures: good.signatures)
        #expect(chain.fault(in: .certificate(later)) == .unknownEpoch(Epoch(1)))
    }

    @Test func theGenesisCertificateIsTheOnlyOneWithoutSignatures() {
        #expect(chain.fault(in: .certificate(chain.genesisCertificate)) == nil)
        let bare = chain.with(chain.certificate(on: block), [])
        #expect(chain.fault(in: .certificate(bare)) == .notGenesis(Epoch(0)))
        let genesis = chain.genesisCertificate
        let inAnotherView = QuorumCertificate(
            epoch: genesis.epoch, view: View(1), height: genesis.height, index: 0, block: genesis.block, signatures: [])
        #expect(chain.fault(in: .certificate(inAnotherView)) == .notGenesis(Epoch(0)))
    }

    // MARK: - Timeout certificates

    @Test func aTimeoutCertificateOfAQuorumCounts() {
        let highest = chain.certificate(on: block)
        let low = Rank(view: View(0), height: .genesis)
        let mixed = chain.timeouts(of: 0, [(0, low), (1, highest.rank), (3, low)], highest: highest)
        #expect(chain.fault(in: .entry(.timeout(mixed))) == nil)
        #expect(chain.fault(in: .entry(.timeout(chain.timeouts(of: 3, highest: chain.genesisCertificate)))) == nil)
    }

    @Test func aTimeoutCertificateNeedsAQuorum() {
        let highest = chain.certificate(on: block)
        let few = chain.timeouts(of: 0, [(0, highest.rank), (1, highest.rank)], highest: highest)
        #expect(chain.fault(in: .entry(.timeout(few))) == .noQuorum(power: 2, total: 4))
        let none = chain.timeouts(of: 0, [], highest: highest)
        #expect(chain.fault(in: .entry(.timeout(none))) == .noQuorum(power: 0, total: 4))
    }

    @Test func aReporterCountsOnce() {
        let highest = chain.certificate(on: block)
        let doubled = chain.timeouts(of: 0, [0, 1, 1].map { ($0, highest.rank) }, highest: highest)
        #expect(chain.fault(in: .entry(.timeout(doubled))) == .signersOutOfOrder)
    }

    @Test func noReportedRankIsOfAViewAboveTheOneThatEnds() {
        let highest = chain.certificate(on: chain.block(view: 2))
        #expect(chain.fault(in: .entry(.timeout(chain.timeouts(of: 2, highest: highest)))) == nil)
        #expect(
            chain.fault(in: .entry(.timeout(chain.timeouts(of: 1, highest: highest)))) == .rankAboveView(View(1)))
    }

    @Test func theCertificateIsTheHighestReported() {
        let low = chain.certificate(on: block)
        let high = Rank(view: View(0), height: Height(2))
        let hiding = chain.timeouts(of: 0, [(0, low.rank), (1, high), (2, low.rank)], highest: low)
        #expect(chain.fault(in: .entry(.timeout(hiding))) == .notHighestReported)
        let genesis = chain.genesisCertificate
        let inflated = chain.timeouts(of: 0, [0, 1, 2].map { ($0, genesis.rank) }, highest: low)
        #expect(chain.fault(in: .entry(.timeout(inflated))) == .notHighestReported)
    }

    @Test func theHighestCertificateItselfMustCount() {
        let bad = chain.certificate(on: block, signers: [0, 1])
        #expect(
            chain.fault(in: .entry(.timeout(chain.timeouts(of: 0, highest: bad)))) == .noQuorum(power: 2, total: 4))
    }

    @Test func aReportedRankIsWhatWasSigned() {
        let highest = chain.certificate(on: block)
        let good = chain.timeouts(of: 0, highest: highest)
        let lower = good.reports.dropFirst().map {
            TimeoutReport(
                signer: $0.signer, rank: Rank(view: View(0), height: .genesis), signature: $0.signature)
        }
        let altered = TimeoutCertificate(
            epoch: good.epoch, view: good.view, reports: [good.reports[0]] + lower, highest: highest)
        #expect(chain.fault(in: .entry(.timeout(altered))) == .badSignature(by: chain.keys[1].key))
    }

    @Test func suspicionsAreNoTimeouts() {
        let highest = chain.certificate(on: block)
        let reports = [0, 1, 2].map { signer in
            TimeoutReport(
                signer: UInt16(signer), rank: highest.rank,
                signature: chain.sign(.suspicion(epoch: Epoch(0), view: View(0), rank: highest.rank), by: signer))
        }
        let certificate = TimeoutCertificate(epoch: Epoch(0), view: View(0), reports: reports, highest: highest)
        #expect(chain.fault(in: .entry(.timeout(certificate))) == .badSignature(by: chain.keys[0].key))
    }

    // MARK: - Rotation

    @Test func aCertificateOnTheLastIndexOfALimitedViewOpensTheNext() {
        let last = chain.certificate(on: chain.block(index: 2))
        #expect(chain.fault(in: .entry(.rotation(last))) == nil)
        let earlier = chain.certificate(on: chain.block(index: 1))
        #expect(chain.fault(in: .entry(.rotation(earlier))) == .noRotation(View(0)))
        let beyond = chain.certificate(on: chain.block(index: 3))
        #expect(chain.fault(in: .entry(.rotation(beyond))) == .noRotation(View(0)))
    }

    @Test func withoutALimitNoCertificateEndsAView() throws {
        let chain = try VerifierFixture()
        let certificate = chain.certificate(on: chain.block(index: 2))
        #expect(chain.fault(in: .entry(.rotation(certificate))) == .noRotation(View(0)))
    }

    @Test func theGenesisCertificateEndsNoView() throws {
        let chain = try VerifierFixture { $0.viewLimit = 1 }
        #expect(chain.fault(in: .entry(.rotation(chain.genesisCertificate))) == .noRotation(View(0)))
        #expect(chain.fault(in: .entry(.rotation(chain.certificate(on: chain.block())))) == nil)
    }
}
