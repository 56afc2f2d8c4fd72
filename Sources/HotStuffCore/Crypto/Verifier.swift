internal import Synchronization

/// Checks all that can be checked of a message without knowing the log: signatures, certificates, shapes.
///
/// Its word is what `Verified` stands for, and nothing else makes one of what a peer sent. Used by several threads at
/// once. What was found good is remembered, so a certificate that comes with ten proposals is checked once, and one of
/// whose votes this replica collected itself costs no signature check at all.
public final class Verifier: Sendable {
    /// How many epochs are kept, the newest; a message of an older one is answered with a proof of what came after it.
    static let knownEpochs = 4
    /// How many certificates are remembered as good.
    private static let rememberedCertificates = 4_096
    /// How many signatures of votes, suspicions, timeouts and proposals are.
    private static let rememberedSignatures = 16_384

    let chainID: Digest
    let rotation: any LeaderRotation
    let viewLimit: Int?
    let commitChainLength: Int
    let payloadLimit: UInt64
    let certificates = VerifiedMemory(capacity: rememberedCertificates)
    /// A rule to break, in tests of the tests.
    let brokenRule: BrokenRule?
    private let scheme: any SignatureScheme
    private let accepts: @Sendable (Payload) -> Bool
    private let signatures = VerifiedMemory(capacity: rememberedSignatures)
    /// The newest epochs, in the order of their numbers.
    private let epochs: Mutex<[EpochStart]>

    /// A verifier for the chain of `genesis`, which knows its first epoch.
    ///
    /// - Parameter accepts: whether the state machine could ever take such a payload; asked of payloads that are not
    ///   empty, on the thread that verifies, so it must look at nothing but the bytes.
    public convenience init(
        genesis: Genesis, scheme: any SignatureScheme = Ed25519(),
        accepts: @escaping @Sendable (Payload) -> Bool = { _ in true }
    ) {
        self.init(genesis: genesis, scheme: scheme, brokenRule: nil, accepts: accepts)
    }

    /// A verifier that breaks a rule on purpose.
    package init(
        genesis: Genesis, scheme: any SignatureScheme, brokenRule: BrokenRule?,
        accepts: @escaping @Sendable (Payload) -> Bool
    ) {
        self.brokenRule = brokenRule
        chainID = genesis.chainID
        rotation = genesis.rotation
        viewLimit = genesis.viewLimit
        commitChainLength = genesis.commitChainLength
        payloadLimit = UInt64(max(genesis.payloadLimit.bytes, 0))
        self.scheme = scheme
        self.accepts = accepts
        epochs = Mutex([genesis.firstEpoch(chainID: chainID)])
    }

    /// Makes an epoch known, of which the log must have the beginning; the newest few are kept.
    public func begin(_ start: EpochStart) {
        epochs.withLock { epochs in
            if let known = epochs.first(where: { $0.epoch == start.epoch }) {
                precondition(known == start, "epoch \(start.epoch) cannot begin in two ways")
                return
            }
            let place = epochs.firstIndex { $0.epoch > start.epoch } ?? epochs.count
            epochs.insert(start, at: place)
            if epochs.count > Self.knownEpochs { epochs.removeFirst() }
        }
    }

    /// Checks a message, whoever it came from: what is signed counts, not who passes it on.
    ///
    /// Costs a signature check for every signature that is not remembered; bounded by what `Limits` let through.
    public func verify(_ message: Message, from sender: ValidatorKey) throws(VerificationError) -> Verified<Message> {
        do throws(VerificationFault) {
            return Verified(message, refused: try check(message))
        } catch {
            throw VerificationError(fault: error, sender: sender)
        }
    }

    /// Checks a message, and gives the hashes of the blocks that the state machine does not accept.
    private func check(_ message: Message) throws(VerificationFault) -> [Digest] {
        switch message {
        case .hello(let hello): try check(hello)
        case .proposal(let proposal):
            try check(proposal)
            return refused(proposal.blocks)
        case .vote(let vote):
            let statement = Statement.vote(
                epoch: vote.epoch, view: vote.view, height: vote.height, index: vote.index, block: vote.block)
            try check(vote.signature, by: vote.signer, over: statement, in: try start(of: vote.epoch))
        case .suspicion(let suspicion):
            let statement = Statement.suspicion(
                epoch: suspicion.epoch, view: suspicion.view, rank: suspicion.rank)
            try check(suspicion.signature, by: suspicion.signer, over: statement, in: try start(of: suspicion.epoch))
        case .timeout(let timeout):
            guard timeout.highQC.epoch == timeout.epoch else {
                throw .epochsDiffer(timeout.epoch, timeout.highQC.epoch)
            }
            let statement = Statement.timeout(
                epoch: timeout.epoch, view: timeout.view, rank: timeout.highQC.rank)
            try check(timeout.signature, by: timeout.signer, over: statement, in: try start(of: timeout.epoch))
            try check(timeout.highQC)
        case .certificate(let certificate): try check(certificate)
        case .entry(let entry): try check(entry)
        case .entryRequest, .commitRequest, .recallRequest, .stateDigests: break
        case .blockRequest(let request): try count(request.hashes.count, of: "hashes", in: 1...Limits.requestedBlocks)
        case .blocks(let answer):
            try check(answer)
            return refused(answer.blocks)
        case .commits(let answer): try check(answer)
        case .evidence(let evidence): try check(evidence)
        case .recallAnswer(let answer): try check(answer)
        }
        return []
    }

    private func check(_ hello: Hello) throws(VerificationFault) {
        guard hello.chainID == chainID else { throw .otherChain(hello.chainID) }
        guard hello.versions.overlaps(ProtocolVersion.spoken) else {
            throw .noCommonVersion(oldest: hello.versions.lowerBound, newest: hello.versions.upperBound)
        }
        guard hello.highQC.epoch == hello.epoch else { throw .epochsDiffer(hello.epoch, hello.highQC.epoch) }
        try check(hello.highQC)
        if let entry = hello.entry { try check(entry, opening: hello.view, of: hello.epoch) }
    }

    /// The blocks whose payload the state machine could never take.
    private func refused(_ blocks: [Block]) -> [Digest] {
        blocks.filter { !$0.payload.isEmpty && !accepts($0.payload) }.map(\.hash)
    }

    /// The start of a known epoch.
    func start(of epoch: Epoch) throws(VerificationFault) -> EpochStart {
        guard let start = epochs.withLock({ $0.first { $0.epoch == epoch } }) else { throw .unknownEpoch(epoch) }
        return start
    }

    /// Checks that there are as many as allowed.
    func count(_ count: Int, of what: String, in allowed: ClosedRange<Int>) throws(VerificationFault) {
        guard allowed.contains(count) else { throw .badCount(what: what, count: count, limit: allowed.upperBound) }
    }

    /// Checks the signature of the member at index `signer` over a statement.
    func check(
        _ signature: Signature, by signer: UInt16, over statement: Statement, in start: EpochStart
    ) throws(VerificationFault) {
        guard let member = start.validators[Int(signer)] else { throw .unknownSigner(signer, start.epoch) }
        try check(signature, by: member.key, over: statement.preimage(chainID: chainID), isRemembered: true)
    }

    /// Checks a signature, unless it is remembered.
    ///
    /// - Parameter isRemembered: whether to remember it as good; for certificates' signatures, the certificate is.
    func check(
        _ signature: Signature, by key: ValidatorKey, over preimage: [UInt8], isRemembered: Bool
    ) throws(VerificationFault) {
        let name = Digest(of: preimage + key.bytes + signature.bytes)
        guard !signatures.contains(name) else { return }
        guard scheme.verify(signature, of: preimage, by: key) else { throw .badSignature(by: key) }
        if isRemembered { signatures.insert(name) }
    }
}
