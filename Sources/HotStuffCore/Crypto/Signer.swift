/// What signs for a replica: a key file's key, or a process of its own that keeps a voting record of its own.
public protocol Signer: Sendable {
    /// The validator for whom this signs.
    var key: ValidatorKey { get }

    /// Signs what the replica says on the chain with this ID; called on the replica's thread.
    ///
    /// - Throws: where this signer cannot sign, or refuses to: the replica then does not say it.
    func sign(_ statement: Statement, chainID: Digest) throws -> Signature
}

extension SigningKey: Signer {
    /// Signs the statement's preimage; never refuses.
    public func sign(_ statement: Statement, chainID: Digest) -> Signature {
        sign(statement.preimage(chainID: chainID))
    }
}

/// Makes signed messages of what the engine asks to sign; owned by the thread that performs the engine's effects.
///
/// The own message comes back as `Verified` at once: no thread need check it.
public struct MessageSigner: Sendable {
    /// What signs.
    public let signer: any Signer
    /// The chain that is signed for.
    public let chainID: Digest
    /// The newest epochs and the own index there; nil where this key is no validator's.
    private var epochs: [(epoch: Epoch, index: UInt16?)] = []

    /// Why nothing was signed.
    public enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// `begin` has not been told of this epoch, or too long ago.
        case unknownEpoch(Epoch)
        /// The key is no validator's in this epoch.
        case notValidator(ValidatorKey, Epoch)
        /// A proposal without a block.
        case nothingToSign

        /// The reason, in words.
        public var description: String {
            switch self {
            case .unknownEpoch(let epoch): "epoch \(epoch) is not known to the signer"
            case .notValidator(let key, let epoch): "\(key) is no validator of epoch \(epoch)"
            case .nothingToSign: "a proposal of no block cannot be signed"
            }
        }
    }

    /// Signs with `signer` on the chain with this ID, in epochs that `begin` names.
    public init(signer: any Signer, chainID: Digest) {
        self.signer = signer
        self.chainID = chainID
    }

    /// Makes it possible to sign in an epoch that has begun; the newest few are kept.
    public mutating func begin(_ start: EpochStart) {
        guard !epochs.contains(where: { $0.epoch == start.epoch }) else { return }
        epochs.append((start.epoch, start.validators.index(of: signer.key).map { UInt16($0) }))
        if epochs.count > Verifier.knownEpochs { epochs.removeFirst() }
    }

    /// Signs, and makes the message.
    ///
    /// - Throws: `Refusal`, and whatever the signer throws.
    public func sign(_ unsigned: Unsigned) throws -> Verified<Message> {
        switch unsigned {
        case .proposal(let blocks):
            guard let last = blocks.last else { throw Refusal.nothingToSign }
            _ = try index(in: last.header.epoch)
            let signature = try signer.sign(.proposal(last.header, hash: last.hash), chainID: chainID)
            return Verified(.proposal(Proposal(blocks: blocks, signature: signature)))
        case .vote(let voted, let epoch, let report):
            let index = try index(in: epoch)
            let statement = Statement.vote(
                epoch: epoch, view: voted.view, height: voted.height, index: voted.index, block: voted.block)
            let vote = Vote(
                epoch: epoch, view: voted.view, height: voted.height, index: voted.index, block: voted.block,
                signer: index, signature: try signer.sign(statement, chainID: chainID), report: report)
            return Verified(.vote(vote))
        case .suspicion(let epoch, let view, let rank):
            let index = try index(in: epoch)
            let signature = try signer.sign(.suspicion(epoch: epoch, view: view, rank: rank), chainID: chainID)
            return Verified(
                .suspicion(Suspicion(epoch: epoch, view: view, rank: rank, signer: index, signature: signature)))
        case .timeout(let epoch, let view, let highest):
            let index = try index(in: epoch)
            let statement = Statement.timeout(epoch: epoch, view: view, rank: highest.rank)
            let signature = try signer.sign(statement, chainID: chainID)
            return Verified(
                .timeout(Timeout(epoch: epoch, view: view, highQC: highest, signer: index, signature: signature)))
        case .recallAnswer(let recollection, let nonce):
            _ = try index(in: recollection.epoch)
            let statement = Statement.recall(
                epoch: recollection.epoch, view: recollection.view, hasForgotten: recollection.hasForgotten,
                nonce: nonce)
            let answer = RecallAnswer(
                recollection: recollection, nonce: nonce, signer: signer.key,
                signature: try signer.sign(statement, chainID: chainID))
            return Verified(.recallAnswer(answer))
        }
    }

    private func index(in epoch: Epoch) throws(Refusal) -> UInt16 {
        guard let known = epochs.last(where: { $0.epoch == epoch }) else { throw .unknownEpoch(epoch) }
        guard let index = known.index else { throw .notValidator(signer.key, epoch) }
        return index
    }
}

extension Statement {
    /// What a leader says of a run that ends in the block with this header, whose hash is `hash`.
    static func proposal(_ header: BlockHeader, hash: Digest) -> Statement {
        .proposal(epoch: header.epoch, view: header.view, height: header.height, index: header.index, block: hash)
    }

    /// What a voter says, and what a certificate's signatures are over.
    static func vote(for certificate: QuorumCertificate) -> Statement {
        .vote(
            epoch: certificate.epoch, view: certificate.view, height: certificate.height, index: certificate.index,
            block: certificate.block)
    }
}
