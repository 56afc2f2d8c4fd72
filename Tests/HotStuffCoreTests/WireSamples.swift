// swift-format-ignore-file: NeverForceUnwrap

@testable import HotStuffCore

/// Random values of every type, always the same from the same seed; integers are often at the ends of their range.
struct WireSamples {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func number() -> UInt64 {
        switch next() % 4 {
        case 0: 0
        case 1: .max
        case 2: next() % 1_000
        default: next()
        }
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func coin() -> Bool { next() & 1 == 1 }
    mutating func maybe<T>(_ make: (inout Self) -> T) -> T? { coin() ? make(&self) : nil }
    mutating func list<T>(upTo count: Int, _ make: (inout Self) -> T) -> [T] {
        (0..<below(count + 1)).map { _ in make(&self) }
    }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    mutating func digest() -> Digest { Digest(bytes: bytes(32))! }
    mutating func signature() -> Signature { Signature(bytes: bytes(64))! }
    mutating func key() -> ValidatorKey { ValidatorKey(bytes: bytes(32))! }
    mutating func signer() -> UInt16 { UInt16(truncatingIfNeeded: number()) }
    mutating func height() -> Height { Height(number()) }
    mutating func view() -> View { View(number()) }
    mutating func epoch() -> Epoch { Epoch(number()) }
    mutating func rank() -> Rank { Rank(view: view(), height: height()) }
    mutating func position() -> LogPosition { LogPosition(height: height(), block: digest()) }

    mutating func quorumCertificate() -> QuorumCertificate {
        QuorumCertificate(
            epoch: epoch(), view: view(), height: height(), index: number(), block: digest(),
            signatures: list(upTo: 4) { IndexedSignature(signer: $0.signer(), signature: $0.signature()) })
    }

    mutating func timeoutCertificate() -> TimeoutCertificate {
        TimeoutCertificate(
            epoch: epoch(), view: view(),
            reports: list(upTo: 4) {
                TimeoutReport(signer: $0.signer(), rank: $0.rank(), signature: $0.signature())
            },
            highest: quorumCertificate())
    }

    mutating func entry() -> ViewEntry {
        coin() ? .timeout(timeoutCertificate()) : .rotation(quorumCertificate())
    }

    mutating func validators() -> ValidatorSet {
        WireGolden.validatorSet((0...below(4)).map { _ in Validator(key: key(), power: next() % 1_000 + 1) })
    }

    mutating func header() -> BlockHeader {
        BlockHeader(
            chainID: digest(), epoch: epoch(), view: view(), height: height(), index: number(), parent: digest(),
            justify: quorumCertificate(), entry: maybe { $0.entry() }, closes: maybe { $0.position() },
            payloadDigest: digest(), payloadLength: number(),
            nextValidators: maybe { ValidatorChange(validators: $0.validators(), wishedAt: $0.height()) })
    }

    mutating func block() -> Block {
        let payload = coin() ? Payload(bytes: bytes(below(100))) : .empty
        var header = header()
        header.payloadDigest = payload.digest
        header.payloadLength = UInt64(payload.count)
        return Block(header: header, payload: payload)!
    }

    mutating func proof() -> CommitProof {
        CommitProof(headers: list(upTo: 2) { $0.header() }, certificate: quorumCertificate())
    }

    mutating func record() -> VotingRecord {
        VotingRecord(
            epoch: epoch(),
            lastVoted: maybe {
                .init(view: $0.view(), height: $0.height(), index: $0.number(), block: $0.digest())
            },
            timedOutView: maybe { $0.view() }, highQC: quorumCertificate(), view: view(), entry: maybe { $0.entry() },
            hasLed: coin(), forgetting: maybe { $0.forgetting() })
    }

    mutating func forgetting() -> Forgetting {
        switch below(3) {
        case 0: .asking
        case 1: .bounded(by: view())
        default: .over(bound: view())
        }
    }

    mutating func nonce() -> Nonce { Nonce(digest().bytes)! }

    mutating func recollection() -> Recollection {
        Recollection(
            epoch: epoch(), view: view(), entry: maybe { $0.entry() }, highQC: quorumCertificate(),
            hasForgotten: coin())
    }

    mutating func epochStart() -> EpochStart {
        let validators = validators()
        return EpochStart(
            epoch: epoch(), genesis: position(), validators: validators, firstLeader: below(validators.count))
    }

    mutating func report() -> VoteReport {
        VoteReport(
            executed: height(), room: UInt32(truncatingIfNeeded: number()), stateDigest: maybe { $0.digest() })
    }

    mutating func signedHeaders() -> SignedHeaders {
        SignedHeaders(headers: list(upTo: 3) { $0.header() }, signature: signature())
    }

    mutating func hello() -> Hello {
        let oldest = signer()
        return Hello(
            chainID: digest(), versions: oldest...max(oldest, signer()), epoch: epoch(), view: view(),
            entry: maybe { $0.entry() }, highQC: quorumCertificate(), committed: height(), firstHeight: height(),
            subscribes: coin())
    }

    mutating func commits() -> CommitsAnswer {
        switch below(3) {
        case 0: .run(proof: proof(), blocks: list(upTo: 3) { $0.block() })
        case 1: .prunedBelow(height())
        default: .nothing(committed: height())
        }
    }

    mutating func message(_ kind: MessageKind) -> Message {
        switch kind {
        case .hello: .hello(hello())
        case .proposal: .proposal(Proposal(blocks: list(upTo: 3) { $0.block() }, signature: signature()))
        case .vote:
            .vote(
                Vote(
                    epoch: epoch(), view: view(), height: height(), index: number(), block: digest(),
                    signer: signer(), signature: signature(), report: report()))
        case .suspicion:
            .suspicion(
                Suspicion(epoch: epoch(), view: view(), rank: rank(), signer: signer(), signature: signature()))
        case .timeout:
            .timeout(
                Timeout(
                    epoch: epoch(), view: view(), highQC: quorumCertificate(), signer: signer(),
                    signature: signature()))
        case .certificate: .certificate(quorumCertificate())
        case .entry: .entry(entry())
        case .entryRequest: .entryRequest(epoch: epoch(), view: view())
        case .blockRequest:
            .blockRequest(BlockRequest(hashes: list(upTo: 4) { $0.digest() }, ancestorsAbove: height()))
        case .blocks:
            .blocks(BlocksAnswer(blocks: list(upTo: 3) { $0.block() }, unknown: list(upTo: 3) { $0.digest() }))
        case .commitRequest: .commitRequest(CommitRequest(from: height(), limit: number()))
        case .commits: .commits(commits())
        case .evidence: .evidence(Evidence(first: signedHeaders(), second: signedHeaders()))
        case .recallRequest: .recallRequest(RecallRequest(nonce: nonce()))
        case .stateDigests:
            .stateDigests(StateDigests(list(upTo: 4) { StateDigest(height: $0.height(), digest: $0.digest()) }))
        case .recallAnswer:
            .recallAnswer(
                RecallAnswer(recollection: recollection(), nonce: nonce(), signer: key(), signature: signature()))
        }
    }
}

extension EncodedMessage {
    /// The payloads joined, as a frame's body arrives.
    var body: Payload { Payload { writer in for payload in payloads { writer.append(payload) } } }
}
