@testable import HotStuffCore

extension WireAnnotated {
    mutating func message(_ message: Message) {
        switch message {
        case .hello(let hello): self.hello(hello)
        case .proposal(let proposal):
            list("blocks", proposal.blocks) { $0.header($1.header) }
            field("signature", proposal.signature.bytes)
        case .vote(let vote): self.vote(vote)
        case .suspicion(let suspicion):
            number("epoch", suspicion.epoch.rawValue)
            number("view", suspicion.view.rawValue)
            rank("rank", suspicion.rank)
            number("signer", UInt64(suspicion.signer), bytes: 2)
            field("signature", suspicion.signature.bytes)
        case .timeout(let timeout):
            number("epoch", timeout.epoch.rawValue)
            number("view", timeout.view.rawValue)
            within("highQC") { $0.certificate(timeout.highQC) }
            number("signer", UInt64(timeout.signer), bytes: 2)
            field("signature", timeout.signature.bytes)
        case .certificate(let certificate): self.certificate(certificate)
        case .entry(let entry): self.entry(entry)
        case .entryRequest(let epoch, let view):
            number("epoch", epoch.rawValue)
            number("view", view.rawValue)
        case .blockRequest(let request):
            list("hashes", request.hashes) { $0.field("hash", $1.bytes) }
            number("ancestorsAbove", request.ancestorsAbove.rawValue)
        case .blocks(let answer):
            list("blocks", answer.blocks) { $0.header($1.header) }
            list("unknown", answer.unknown) { $0.field("hash", $1.bytes) }
        case .commitRequest(let request):
            number("from", request.from.rawValue)
            number("limit", request.limit)
        case .commits(let answer): commits(answer)
        case .evidence(let evidence):
            within("first") { $0.signedHeaders(evidence.first) }
            within("second") { $0.signedHeaders(evidence.second) }
        case .stateDigests(let digests):
            list("digests", digests.digests) {
                $0.number("height", $1.height.rawValue)
                $0.field("digest", $1.digest.bytes)
            }
        case .recallRequest(let request): field("nonce", request.nonce.bytes)
        case .recallAnswer(let answer): recallAnswer(answer)
        }
    }

    private mutating func recallAnswer(_ answer: RecallAnswer) {
        number("epoch", answer.recollection.epoch.rawValue)
        number("view", answer.recollection.view.rawValue)
        optional("entry", answer.recollection.entry) { $0.entry($1) }
        within("highQC") { $0.certificate(answer.recollection.highQC) }
        number("hasForgotten", answer.recollection.hasForgotten ? 1 : 0, bytes: 1)
        field("nonce", answer.nonce.bytes)
        field("signer", answer.signer.bytes)
        field("signature", answer.signature.bytes)
    }

    private mutating func hello(_ hello: Hello) {
        field("chainID", hello.chainID.bytes)
        number("oldest version", UInt64(hello.versions.lowerBound), bytes: 2)
        number("newest version", UInt64(hello.versions.upperBound), bytes: 2)
        number("epoch", hello.epoch.rawValue)
        number("view", hello.view.rawValue)
        optional("entry", hello.entry) { $0.entry($1) }
        within("highQC") { $0.certificate(hello.highQC) }
        number("committed", hello.committed.rawValue)
        number("firstHeight", hello.firstHeight.rawValue)
        number("subscribes", hello.subscribes ? 1 : 0, bytes: 1)
    }

    private mutating func vote(_ vote: Vote) {
        number("epoch", vote.epoch.rawValue)
        number("view", vote.view.rawValue)
        number("height", vote.height.rawValue)
        number("index", vote.index)
        field("block", vote.block.bytes)
        number("signer", UInt64(vote.signer), bytes: 2)
        field("signature", vote.signature.bytes)
        number("executed", vote.report.executed.rawValue)
        number("room", UInt64(vote.report.room), bytes: 4)
        optional("stateDigest", vote.report.stateDigest) { $0.field("digest", $1.bytes) }
    }

    private mutating func commits(_ answer: CommitsAnswer) {
        switch answer {
        case .run(let proof, let blocks):
            number("kind", 1, bytes: 1)
            within("proof") { $0.proof(proof) }
            list("blocks", blocks) { $0.header($1.header) }
        case .prunedBelow(let height):
            number("kind", 2, bytes: 1)
            number("prunedBelow", height.rawValue)
        case .nothing(let committed):
            number("kind", 3, bytes: 1)
            number("committed", committed.rawValue)
        }
    }

    private mutating func signedHeaders(_ run: SignedHeaders) {
        list("headers", run.headers) { $0.header($1) }
        field("signature", run.signature.bytes)
    }
}
