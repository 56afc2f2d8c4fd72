// swift-format-ignore-file: NeverForceUnwrap

@testable import HotStuffCore

/// The values behind the vectors: made up, but of plausible shape, and always the same.
enum WireGolden {
    static func digest(_ name: String) -> Digest { Digest(of: Array(name.utf8)) }
    static func signature(_ name: String) -> Signature {
        Signature(bytes: digest(name + ", first half").bytes + digest(name + ", second half").bytes)!
    }
    static func key(_ name: String) -> ValidatorKey { ValidatorKey(bytes: digest(name).bytes)! }

    static let validators = validatorSet(
        (0..<4).map { Validator(key: key("validator \($0)"), power: UInt64($0) + 1) })

    static func validatorSet(_ members: [Validator]) -> ValidatorSet {
        do { return try ValidatorSet(members) } catch { fatalError("\(error)") }
    }

    static var genesis: Genesis {
        var genesis = Genesis(chainName: "vectors", validators: validators)
        genesis.commitChainLength = 3
        genesis.viewLimit = 8
        genesis.applicationData = [0xca, 0xfe]
        return genesis
    }

    static let certificate = QuorumCertificate(
        epoch: Epoch(1), view: View(2), height: Height(10), index: 3, block: digest("block 10"),
        signatures: [0, 1, 3].map { IndexedSignature(signer: $0, signature: signature("vote of \($0)")) })

    static let timeoutCertificate = TimeoutCertificate(
        epoch: Epoch(1), view: View(4),
        reports: [(0, 2, 9), (2, 2, 10), (3, 1, 300)].map {
            TimeoutReport(
                signer: $0, rank: Rank(view: View($1), height: Height($2)), signature: signature("timeout of \($0)"))
        }, highest: certificate)

    static let header = BlockHeader(
        chainID: digest("chain"), epoch: Epoch(1), view: View(2), height: Height(12), index: 5,
        parent: digest("block 11"), justify: certificate, entry: nil, closes: nil,
        payloadDigest: Payload(bytes: Array("hello".utf8)).digest, payloadLength: 5, nextValidators: nil)

    static let first: BlockHeader = {
        var header = WireGolden.header
        (header.view, header.height, header.index) = (View(5), Height(11), 0)
        (header.parent, header.entry) = (certificate.block, .timeout(timeoutCertificate))
        return header
    }()

    static let nudge: BlockHeader = {
        var header = WireGolden.header
        (header.height, header.index, header.parent) = (Height(13), 6, WireGolden.header.hash)
        (header.payloadDigest, header.payloadLength) = (Payload.empty.digest, 0)
        header.closes = LogPosition(height: Height(9), block: digest("block 9"))
        return header
    }()

    static let change: BlockHeader = {
        var header = WireGolden.nudge
        header.closes = nil
        header.nextValidators = ValidatorChange(validators: validators, wishedAt: Height(8))
        return header
    }()

    static let block = Block(header: header, payload: Payload(bytes: Array("hello".utf8)))!
    static let nudgeBlock = Block(header: nudge, payload: .empty)!

    static let hello = Hello(
        chainID: digest("chain"), versions: 1...2, epoch: Epoch(1), view: View(3), entry: .rotation(certificate),
        highQC: certificate, committed: Height(9), firstHeight: Height(4), subscribes: true)

    static let vote = Vote(
        epoch: Epoch(1), view: View(2), height: Height(12), index: 5, block: header.hash, signer: 2,
        signature: signature("vote of 2"),
        report: VoteReport(executed: Height(9), room: 1_000, stateDigest: digest("state 9")))

    static let proof = CommitProof(headers: [header, nudge], certificate: certificate)

    static let named: [(name: String, message: Message)] = [
        ("hello", .hello(hello)),
        (
            "proposal of a block and a nudge",
            .proposal(Proposal(blocks: [block, nudgeBlock], signature: signature("leader's")))
        ),
        ("vote", .vote(vote)),
        (
            "suspicion",
            .suspicion(
                Suspicion(
                    epoch: Epoch(1), view: View(2), rank: certificate.rank, signer: 3,
                    signature: signature("suspicion of 3")))
        ),
        (
            "timeout",
            .timeout(
                Timeout(
                    epoch: Epoch(1), view: View(2), highQC: certificate, signer: 3,
                    signature: signature("timeout of 3")))
        ),
        ("certificate", .certificate(certificate)),
        (
            "genesis certificate",
            .certificate(.genesis(of: Epoch(1), at: LogPosition(height: Height(7), block: digest("block 7"))))
        ),
        ("entry by timeouts", .entry(.timeout(timeoutCertificate))),
        ("entry by rotation", .entry(.rotation(certificate))),
        ("entry request", .entryRequest(epoch: Epoch(1), view: View(5))),
        (
            "block request",
            .blockRequest(
                BlockRequest(hashes: [digest("block 10"), digest("block 11")], ancestorsAbove: Height(9)))
        ),
        ("blocks", .blocks(BlocksAnswer(blocks: [block], unknown: [digest("block 11")]))),
        ("commit request", .commitRequest(CommitRequest(from: Height(10), limit: 1 << 20))),
        ("commits", .commits(.run(proof: proof, blocks: [nudgeBlock, block]))),
        ("commits, pruned", .commits(.prunedBelow(Height(4)))),
        ("commits, nothing yet", .commits(.nothing(committed: Height(9)))),
        (
            "evidence",
            .evidence(
                Evidence(
                    first: SignedHeaders(headers: [header], signature: signature("one")),
                    second: SignedHeaders(headers: [header, nudge], signature: signature("two"))))
        ),
        (
            "state digests",
            .stateDigests(
                StateDigests([
                    StateDigest(height: Height(10), digest: digest("state 10")),
                    StateDigest(height: Height(12), digest: digest("state 12")),
                ]))
        ),
        ("recall request", .recallRequest(RecallRequest(nonce: nonce))),
        (
            "recall answer",
            .recallAnswer(
                RecallAnswer(
                    recollection: Recollection(
                        epoch: Epoch(1), view: View(5), entry: .timeout(timeoutCertificate), highQC: certificate,
                        hasForgotten: true), nonce: nonce, signer: key("validator 3"),
                    signature: signature("recall answer of 3")))
        ),
    ]

    static let nonce = Nonce(digest("nonce").bytes)!

    static let messages = named.map(\.message)

    static let record = VotingRecord(
        epoch: Epoch(1),
        lastVoted: .init(view: View(2), height: Height(12), index: 5, block: header.hash), timedOutView: View(1),
        highQC: certificate, view: View(5), entry: .timeout(timeoutCertificate), hasLed: true)

    static let forgetfulRecord = VotingRecord(
        epoch: Epoch(1), lastVoted: nil, timedOutView: nil, highQC: certificate, view: View(3), entry: nil,
        hasLed: false, forgetting: .bounded(by: View(2)))

    static let epochStart = EpochStart(
        epoch: Epoch(1), genesis: LogPosition(height: Height(7), block: digest("block 7")), validators: validators,
        firstLeader: 2)
}
