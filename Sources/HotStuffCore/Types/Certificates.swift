/// A member's signature in a certificate, by the member's index in the validator set.
public struct IndexedSignature: Sendable, Hashable {
    /// The member's index in its epoch's validator set.
    public let signer: UInt16
    /// What it signed is what the certificate says.
    public let signature: Signature

    /// The signature of the member at index `signer`.
    public init(signer: UInt16, signature: Signature) {
        self.signer = signer
        self.signature = signature
    }
}

/// A quorum's votes for one block; it certifies the block and all its ancestors (protocol §1).
///
/// The genesis certificate of an epoch has no signatures: it certifies the block that began the epoch, to those who
/// have committed it, and ranks below every other certificate of its epoch.
public struct QuorumCertificate: Sendable, Hashable {
    /// The epoch whose validators signed.
    public let epoch: Epoch
    /// The block's view; 0 in a genesis certificate.
    public let view: View
    /// The block's height.
    public let height: Height
    /// The block's place in its view; 0 in a genesis certificate.
    public let index: UInt64
    /// The block's hash.
    public let block: Digest
    /// Votes of distinct members, in the order of their indices; none in a genesis certificate.
    public let signatures: [IndexedSignature]

    /// A certificate with these parts; whether it verifies is the verifier's business.
    public init(
        epoch: Epoch, view: View, height: Height, index: UInt64, block: Digest, signatures: [IndexedSignature]
    ) {
        self.epoch = epoch
        self.view = view
        self.height = height
        self.index = index
        self.block = block
        self.signatures = signatures
    }

    /// The genesis certificate of `epoch`, which began with the committed block at `position`.
    public static func genesis(of epoch: Epoch, at position: LogPosition) -> QuorumCertificate {
        QuorumCertificate(
            epoch: epoch, view: View(0), height: position.height, index: 0, block: position.block, signatures: [])
    }

    /// Whether this is an epoch's genesis certificate.
    public var isGenesis: Bool { signatures.isEmpty }

    /// Its rank among the certificates of its epoch.
    ///
    /// A genesis certificate's is below all others without a special case, since its height is below theirs.
    public var rank: Rank { Rank(view: view, height: height) }

    /// The place of the block that it certifies.
    public var position: LogPosition { LogPosition(height: height, block: block) }
}

/// One member's part of a timeout certificate: the rank that it reported, and its signature over that.
public struct TimeoutReport: Sendable, Hashable {
    /// The member's index in its epoch's validator set.
    public let signer: UInt16
    /// The rank of the member's highest certificate.
    public let rank: Rank
    /// Over epoch, view and rank.
    public let signature: Signature

    /// The report of the member at index `signer`.
    public init(signer: UInt16, rank: Rank, signature: Signature) {
        self.signer = signer
        self.rank = rank
        self.signature = signature
    }
}

/// A quorum's word that it has given up a view, and the highest certificate that any of them reported (protocol §1).
public struct TimeoutCertificate: Sendable, Hashable {
    /// The epoch of the view.
    public let epoch: Epoch
    /// The view that was given up.
    public let view: View
    /// Reports of distinct members, in the order of their indices.
    public let reports: [TimeoutReport]
    /// The certificate of the highest reported rank.
    public let highest: QuorumCertificate

    /// A certificate with these parts; whether it verifies is the verifier's business.
    public init(epoch: Epoch, view: View, reports: [TimeoutReport], highest: QuorumCertificate) {
        self.epoch = epoch
        self.view = view
        self.reports = reports
        self.highest = highest
    }
}

/// What proves that a view may begin (protocol §1); view 0 needs none.
public enum ViewEntry: Sendable, Hashable {
    /// A timeout certificate of the view before.
    case timeout(TimeoutCertificate)
    /// Where views are limited to `K` blocks: a certificate of the view before on index `K − 1`.
    case rotation(QuorumCertificate)

    /// The epoch of the view that it opens.
    public var epoch: Epoch {
        switch self {
        case .timeout(let certificate): certificate.epoch
        case .rotation(let certificate): certificate.epoch
        }
    }

    /// The view that it opens.
    public var view: View {
        switch self {
        case .timeout(let certificate): certificate.view.next
        case .rotation(let certificate): certificate.view.next
        }
    }

    /// The quorum certificate that it carries.
    public var certificate: QuorumCertificate {
        switch self {
        case .timeout(let certificate): certificate.highest
        case .rotation(let certificate): certificate
        }
    }
}
