import Testing

@testable import HotStuffCore

/// Protocol §§6 and 12: votes, suspicions, timeouts, hellos and requests.
struct VerifierMessageTests {
    let chain: VerifierFixture
    let block: Block

    init() throws {
        chain = try VerifierFixture()
        block = chain.block()
    }

    @Test func aVoteIsItsSignersWhoeverPassesItOn() {
        for signer in 0..<4 { #expect(chain.fault(in: .vote(chain.vote(for: block, by: signer))) == nil) }
        #expect(
            chain.fault(in: .vote(chain.vote(for: block, by: 0, index: 1))) == .badSignature(by: chain.keys[1].key))
        #expect(chain.fault(in: .vote(chain.vote(for: block, by: 0, index: 4))) == .unknownSigner(4, Epoch(0)))
    }

    @Test func aVoteOfAnUnknownEpochCannotBeChecked() {
        let later = chain.block { $0.epoch = Epoch(1) }
        #expect(chain.fault(in: .vote(chain.vote(for: later, by: 0))) == .unknownEpoch(Epoch(1)))
    }

    @Test func aVoteForAnotherChainIsNoVote() throws {
        let other = try VerifierFixture { $0.chainName = "other" }
        let vote = chain.vote(for: block, by: 0)
        #expect(other.fault(in: .vote(vote)) == .badSignature(by: chain.keys[0].key))
    }

    @Test func aSuspicionIsItsSigners() {
        let rank = Rank(view: View(0), height: Height(1))
        let statement = Statement.suspicion(epoch: Epoch(0), view: View(3), rank: rank)
        func suspicion(rank: Rank, by signer: Int, _ signature: Signature) -> Message {
            .suspicion(
                Suspicion(
                    epoch: Epoch(0), view: View(3), rank: rank, signer: UInt16(signer), signature: signature))
        }
        let signature = chain.sign(statement, by: 2)
        #expect(chain.fault(in: suspicion(rank: rank, by: 2, signature)) == nil)
        #expect(
            chain.fault(in: suspicion(rank: rank, by: 1, signature)) == .badSignature(by: chain.keys[1].key))
        let higher = Rank(view: View(1), height: Height(1))
        #expect(
            chain.fault(in: suspicion(rank: higher, by: 2, signature)) == .badSignature(by: chain.keys[2].key))
    }

    @Test func aTimeoutSignsTheRankOfTheCertificateThatItCarries() {
        let certificate = chain.certificate(on: block)
        #expect(chain.fault(in: timeout(of: 2, certificate, signed: certificate.rank)) == nil)
        #expect(
            chain.fault(in: timeout(of: 2, chain.genesisCertificate, signed: certificate.rank))
                == .badSignature(by: chain.keys[1].key))
    }

    @Test func theCertificateOfATimeoutIsChecked() {
        let forged = chain.certificate(on: block, signers: [0, 1])
        #expect(
            chain.fault(in: timeout(of: 2, forged, signed: forged.rank)) == .noQuorum(power: 2, total: 4))
    }

    @Test func aTimeoutWithACertificateOfAHigherViewIsLeftToTheEngine() {
        let higher = chain.certificate(on: chain.block(view: 5))
        #expect(chain.fault(in: timeout(of: 2, higher, signed: higher.rank)) == nil)
    }

    @Test func aHelloOfThisChainIsTakenIn() {
        #expect(chain.fault(in: hello()) == nil)
        #expect(chain.fault(in: hello { $0.versions = 0...9 }) == nil)
        let entry = ViewEntry.timeout(chain.timeouts(of: 4, highest: chain.genesisCertificate))
        #expect(chain.fault(in: hello { ($0.view, $0.entry) = (View(5), entry) }) == nil)
    }

    @Test func aHelloOfAnotherChainIsNot() {
        #expect(chain.fault(in: hello { $0.chainID = .zero }) == .otherChain(.zero))
    }

    @Test func aHelloWithoutACommonVersionIsNot() {
        #expect(chain.fault(in: hello { $0.versions = 2...3 }) == .noCommonVersion(oldest: 2, newest: 3))
    }

    @Test func aHelloOfAnUnknownEpochSaysSo() {
        let message = hello {
            $0.epoch = Epoch(2)
            $0.highQC = .genesis(of: Epoch(2), at: chain.genesis.genesisPosition)
        }
        #expect(chain.fault(in: message) == .unknownEpoch(Epoch(2)))
    }

    @Test func whatAHelloCarriesIsChecked() {
        let forged = chain.certificate(on: block, signers: [0, 1])
        #expect(chain.fault(in: hello { $0.highQC = forged }) == .noQuorum(power: 2, total: 4))
        let entry = ViewEntry.timeout(chain.timeouts(of: 4, highest: chain.genesisCertificate))
        #expect(chain.fault(in: hello { ($0.view, $0.entry) = (View(6), entry) }) == .misplacedEntry(View(6)))
    }

    @Test func requestsAreHeldToTheirLimits() {
        #expect(chain.fault(in: .entryRequest(epoch: Epoch(9), view: View(9))) == nil)
        #expect(chain.fault(in: .commitRequest(CommitRequest(from: Height(.max), limit: .max))) == nil)
        #expect(chain.fault(in: request(1)) == nil)
        #expect(chain.fault(in: request(Limits.requestedBlocks)) == nil)
        for count in [0, Limits.requestedBlocks + 1] {
            #expect(
                chain.fault(in: request(count))
                    == .badCount(what: "hashes", count: count, limit: Limits.requestedBlocks))
        }
    }

    @Test func theNewestFewEpochsAreKnown() {
        let verifier = chain.verifier()
        for number in 1...UInt64(Verifier.knownEpochs) {
            verifier.begin(
                EpochStart(
                    epoch: Epoch(number), genesis: LogPosition(height: Height(number), block: .zero),
                    validators: chain.genesis.validators, firstLeader: 0))
        }
        let sender = chain.keys[0].key
        let newest = Epoch(UInt64(Verifier.knownEpochs))
        let position = LogPosition(height: Height(newest.rawValue), block: .zero)
        #expect(verifier.fault(in: .certificate(.genesis(of: newest, at: position)), from: sender) == nil)
        #expect(
            verifier.fault(in: .certificate(chain.genesisCertificate), from: sender) == .unknownEpoch(Epoch(0)))
    }

    private func timeout(of view: UInt64, _ certificate: QuorumCertificate, signed rank: Rank) -> Message {
        let statement = Statement.timeout(epoch: Epoch(0), view: View(view), rank: rank)
        return .timeout(
            Timeout(
                epoch: Epoch(0), view: View(view), highQC: certificate, signer: 1,
                signature: chain.sign(statement, by: 1)))
    }

    private func hello(_ change: (inout Hello) -> Void = { _ in }) -> Message {
        var hello = Hello(
            chainID: chain.chainID, versions: ProtocolVersion.spoken, epoch: Epoch(0), view: View(0), entry: nil,
            highQC: chain.certificate(on: block), committed: .genesis, firstHeight: Height(1), subscribes: false)
        change(&hello)
        return .hello(hello)
    }

    private func request(_ count: Int) -> Message {
        .blockRequest(BlockRequest(hashes: Array(repeating: .zero, count: count), ancestorsAbove: .genesis))
    }
}
