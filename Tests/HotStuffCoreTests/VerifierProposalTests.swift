import Testing

@testable import HotStuffCore

/// Protocol §§3 and 4, as far as a proposal can be held to them without its ancestors.
struct VerifierProposalTests {
    let chain: VerifierFixture
    /// A run of view 0: heights 1, 2 and 3.
    let run: [Block]

    init() throws {
        chain = try VerifierFixture { $0.payloadLimit = .bytes(10) }
        let first = chain.block(payload: [1])
        let second = chain.block(on: first, payload: [2])
        run = [first, second, chain.block(on: second, justify: chain.certificate(on: first))]
    }

    @Test func aRunSignedByItsLeaderIsTakenIn() {
        #expect(chain.fault(in: chain.proposal(run)) == nil)
        #expect(chain.fault(in: chain.proposal([run[0]])) == nil)
        #expect(chain.fault(in: chain.proposal(Array(run.dropFirst()))) == nil)
    }

    @Test func aRunHasAtLeastOneBlock() {
        let message = Message.proposal(Proposal(blocks: [], signature: chain.signature(on: [])))
        #expect(chain.fault(in: message) == .badCount(what: "blocks in a run", count: 0, limit: Limits.run))
    }

    @Test func aRunHasAtMostAsManyBlocksAsAllowed() {
        var run = [chain.block()]
        while run.count < Limits.run { run.append(chain.block(on: run.last)) }
        #expect(chain.fault(in: chain.proposal(run)) == nil)
        run.append(chain.block(on: run.last))
        #expect(
            chain.fault(in: chain.proposal(run))
                == .badCount(what: "blocks in a run", count: Limits.run + 1, limit: Limits.run))
    }

    @Test func onlyTheLeaderOfTheViewProposes() {
        #expect(chain.fault(in: chain.proposal(run, by: 1)) == .badSignature(by: chain.keys[0].key))
        let inViewOne = chain.block(view: 1)
        #expect(chain.fault(in: chain.proposal([inViewOne], by: 0)) == .badSignature(by: chain.keys[1].key))
        #expect(chain.fault(in: chain.proposal([inViewOne], by: 1)) == nil)
    }

    @Test func theLeadersVoteIsNoProposal() {
        let vote = chain.vote(for: run[0], by: 0)
        #expect(
            chain.fault(in: .proposal(Proposal(blocks: [run[0]], signature: vote.signature)))
                == .badSignature(by: chain.keys[0].key))
    }

    @Test func theSignatureIsOnTheLastBlock() {
        let message = Message.proposal(
            Proposal(blocks: run, signature: chain.signature(on: [run[0].header])))
        #expect(chain.fault(in: message) == .badSignature(by: chain.keys[0].key))
    }

    @Test func blocksOfAnotherChainAreNotTakenIn() {
        let other = chain.block { $0.chainID = .zero }
        #expect(chain.fault(in: chain.proposal([other])) == .otherChain(.zero))
    }

    @Test func blocksOfAnUnknownEpochCannotBeChecked() {
        let other = chain.block { $0.epoch = Epoch(1) }
        #expect(chain.fault(in: chain.proposal([other])) == .unknownEpoch(Epoch(1)))
    }

    @Test func eachBlockIsTheNextOnesParent() {
        #expect(chain.fault(in: chain.proposal([run[0], run[2]])) == .brokenChain(at: Height(3)))
        #expect(chain.fault(in: chain.proposal([run[0], chain.block()])) == .brokenChain(at: Height(1)))
    }

    @Test(
        arguments: [
            { $0.height = Height(3) }, { $0.height = Height(1) }, { $0.index = 0 }, { $0.index = 2 },
            { $0.view = View(1) }, { $0.epoch = Epoch(1) }, { $0.chainID = .zero }, { $0.parent = .zero },
        ] as [@Sendable (inout BlockHeader) -> Void])
    func aRunIsOneChainOfOneViewWithoutGaps(change: @Sendable (inout BlockHeader) -> Void) {
        let second = chain.block(on: run[0], change: change)
        #expect(chain.fault(in: chain.proposal([run[0], second])) == .brokenChain(at: second.height))
    }

    @Test func payloadsKeepToTheChainsLimit() {
        let atLimit = chain.block(payload: Array(repeating: 1, count: 10))
        #expect(chain.fault(in: chain.proposal([atLimit])) == nil)
        let beyond = chain.block(payload: Array(repeating: 1, count: 11))
        #expect(chain.fault(in: chain.proposal([beyond])) == .payloadTooLong(11, at: Height(1)))
    }

    @Test func everyCertificateInARunIsChecked() {
        let forged = chain.certificate(on: run[0], signers: [0, 1])
        let last = chain.block(on: run[1], justify: forged)
        #expect(
            chain.fault(in: chain.proposal([run[0], run[1], last])) == .noQuorum(power: 2, total: 4))
    }

    @Test func aCertificateLiesBelowItsBlock() {
        let itsOwnHeight = chain.block(justify: chain.certificate(on: run[0]))
        #expect(chain.fault(in: chain.proposal([itsOwnHeight])) == .badJustify(at: Height(1)))
    }

    @Test func aCertificateIsOfItsBlocksEpoch() {
        let verifier = chain.verifier()
        let later = EpochStart(
            epoch: Epoch(1), genesis: LogPosition(height: Height(1), block: run[0].hash),
            validators: chain.genesis.validators, firstLeader: 0)
        verifier.begin(later)
        let mixed = chain.block(on: run[0], index: 0) { $0.epoch = Epoch(1) }
        #expect(
            verifier.fault(in: chain.proposal([mixed]), from: chain.keys[0].key)
                == .epochsDiffer(Epoch(1), Epoch(0)))
        let good = chain.block(on: run[0], index: 0, justify: .genesis(of: Epoch(1), at: later.genesis)) {
            $0.epoch = Epoch(1)
        }
        #expect(verifier.fault(in: chain.proposal([good]), from: chain.keys[0].key) == nil)
    }

    @Test func anEntryOpensTheViewOfItsBlock() {
        let entry = ViewEntry.timeout(chain.timeouts(of: 0, highest: chain.genesisCertificate))
        #expect(chain.fault(in: chain.proposal([chain.block(view: 1, entry: entry)])) == nil)
        #expect(
            chain.fault(in: chain.proposal([chain.block(view: 2, entry: entry)])) == .misplacedEntry(View(2)))
        #expect(
            chain.fault(in: chain.proposal([chain.block(view: 0, entry: entry)])) == .misplacedEntry(View(0)))
    }

    @Test func onlyTheFirstBlockOfAViewCarriesAnEntry() {
        let entry = ViewEntry.timeout(chain.timeouts(of: 0, highest: chain.genesisCertificate))
        let second = chain.block(view: 1, index: 1, entry: entry)
        #expect(chain.fault(in: chain.proposal([second])) == .misplacedEntry(View(1)))
    }

    @Test func anEntryIsChecked() {
        let few = chain.timeouts(
            of: 0, [(0, chain.genesisCertificate.rank)], highest: chain.genesisCertificate)
        let block = chain.block(view: 1, entry: .timeout(few))
        #expect(chain.fault(in: chain.proposal([block])) == .noQuorum(power: 1, total: 4))
    }

    @Test func theLastViewThereCanBeIsNotItsOwnSuccessor() {
        let entry = ViewEntry.timeout(chain.timeouts(of: .max, highest: chain.genesisCertificate))
        let block = chain.block(view: .max, entry: entry)
        #expect(chain.fault(in: chain.proposal([block])) == .misplacedEntry(View(.max)))
    }

    @Test func aBlockThatChangesValidatorsOrClosesAnEpochDoesNothingElse() {
        let change = ValidatorChange(validators: chain.genesis.validators, wishedAt: .genesis)
        let closing = LogPosition(height: .genesis, block: .zero)
        #expect(chain.fault(in: chain.proposal([chain.block { $0.nextValidators = change }])) == nil)
        #expect(chain.fault(in: chain.proposal([chain.block { $0.closes = closing }])) == nil)
        let bad = [
            chain.block(payload: [1]) { $0.nextValidators = change },
            chain.block(payload: [1]) { $0.closes = closing },
            chain.block { ($0.nextValidators, $0.closes) = (change, closing) },
            chain.block { $0.closes = LogPosition(height: Height(1), block: .zero) },
            chain.block {
                $0.nextValidators = ValidatorChange(validators: change.validators, wishedAt: Height(1))
            },
        ]
        for block in bad { #expect(chain.fault(in: chain.proposal([block])) == .badChange(at: Height(1))) }
    }

    @Test func blocksThatTheStateMachineCannotTakeAreNamed() throws {
        let verifier = chain.verifier { payload in payload != Payload(bytes: [2]) }
        let verified = try verifier.verify(chain.proposal(run), from: chain.keys[0].key)
        #expect(verified.refused == [run[1].hash])
    }

    @Test func theStateMachineIsNotAskedAboutNudges() throws {
        let verified = try chain.verifier { _ in false }.verify(chain.proposal([run[2]]), from: chain.keys[0].key)
        #expect(verified.refused == [])
    }

    @Test func noCertificateIsCheckedInARunThatTheLeaderDidNotSign() {
        _ = chain.scheme.takeCount()
        #expect(chain.fault(in: chain.proposal(run, by: 1)) != nil)
        #expect(chain.scheme.takeCount() == 1)
    }
}
