/// A replica that has forgotten asks how far its own signatures may reach (protocol §2, *Forgetting*).
public struct RecallRequest: Sendable, Hashable {
    /// Drawn anew in each life of the asker: an answer that names it is no answer of an earlier time.
    public let nonce: Nonce

    /// A request with this nonce.
    public init(nonce: Nonce) { self.nonce = nonce }
}

/// Where a replica is, as its durable record says.
public struct Recollection: Sendable, Hashable {
    /// The replica's epoch.
    public let epoch: Epoch
    /// The replica's view; no vote or timeout of its is of a higher one.
    public let view: View
    /// What opened that view; absent in view 0, and where a certificate of the view led there.
    public let entry: ViewEntry?
    /// The replica's highest certificate.
    public let highQC: QuorumCertificate
    /// Whether this replica has itself forgotten and signs nothing yet: then it vouches for nothing.
    public let hasForgotten: Bool

    /// What a replica with these records remembers.
    public init(epoch: Epoch, view: View, entry: ViewEntry?, highQC: QuorumCertificate, hasForgotten: Bool) {
        self.epoch = epoch
        self.view = view
        self.entry = entry
        self.highQC = highQC
        self.hasForgotten = hasForgotten
    }

    /// The highest view that entry and certificate prove to have begun.
    public var provenView: View { max(highQC.view, entry?.view ?? View(0)) }
}

/// The answer to a recall request, signed, so that it counts whoever passes it on, and only for that request.
public struct RecallAnswer: Sendable, Hashable {
    /// What the signer remembers.
    public let recollection: Recollection
    /// The nonce of the request.
    public let nonce: Nonce
    /// Who signed.
    ///
    /// A key and not an index: the signer may be in an older epoch than the asker, and indices there are others.
    public let signer: ValidatorKey
    /// Over epoch, view, whether the signer has forgotten, and the nonce; the certificates speak for themselves.
    public let signature: Signature

    /// An answer with these parts.
    public init(recollection: Recollection, nonce: Nonce, signer: ValidatorKey, signature: Signature) {
        self.recollection = recollection
        self.nonce = nonce
        self.signer = signer
        self.signature = signature
    }
}
