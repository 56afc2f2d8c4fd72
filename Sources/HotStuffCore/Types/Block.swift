/// A change of validators that a block carries (protocol §7).
public struct ValidatorChange: Sendable, Hashable {
    /// The set from the next epoch on.
    public let validators: ValidatorSet
    /// The committed height as of which the state machine wished for it.
    public let wishedAt: Height

    /// A change to `validators`, wished for as of `wishedAt`.
    public init(validators: ValidatorSet, wishedAt: Height) {
        self.validators = validators
        self.wishedAt = wishedAt
    }
}

/// What a block says of itself; its hash is the block's (protocol §1).
public struct BlockHeader: Sendable, Hashable {
    /// The hash of the genesis configuration.
    public var chainID: Digest
    /// The epoch whose validators decide on it.
    public var epoch: Epoch
    /// The view in which it was proposed.
    public var view: View
    /// The parent's height plus one.
    public var height: Height
    /// 0 for the first block of its view, else the parent's plus one.
    public var index: UInt64
    /// The parent's hash.
    public var parent: Digest
    /// A certificate on a strict ancestor, not necessarily the parent.
    public var justify: QuorumCertificate
    /// In the first block of a view after the first: what proves that the view may begin.
    public var entry: ViewEntry?
    /// The ancestor of this epoch that changes the validators, if there is one.
    public var closes: LogPosition?
    /// The Merkle root of the payload's pieces.
    public var payloadDigest: Digest
    /// The payload's length in bytes.
    public var payloadLength: UInt64
    /// The validators that this block asks for, if it asks for a change.
    public var nextValidators: ValidatorChange?

    /// A header with these parts.
    public init(
        chainID: Digest, epoch: Epoch, view: View, height: Height, index: UInt64, parent: Digest,
        justify: QuorumCertificate, entry: ViewEntry?, closes: LogPosition?, payloadDigest: Digest,
        payloadLength: UInt64, nextValidators: ValidatorChange?
    ) {
        self.chainID = chainID
        self.epoch = epoch
        self.view = view
        self.height = height
        self.index = index
        self.parent = parent
        self.justify = justify
        self.entry = entry
        self.closes = closes
        self.payloadDigest = payloadDigest
        self.payloadLength = payloadLength
        self.nextValidators = nextValidators
    }

    /// Its rank among the blocks of its epoch.
    public var rank: Rank { Rank(view: view, height: height) }
}

/// A held block: a header and the payload that it names, length and digest checked.
///
/// A class only so that passing one on costs one reference count; nothing in it changes.
public final class Block: Sendable {
    /// What the block says of itself.
    public let header: BlockHeader
    /// The hash of the header, computed here.
    public let hash: Digest
    /// The bytes for the state machine; empty in a nudge.
    public let payload: Payload

    /// Holds `payload` against `header`; nil if length or digest differ.
    public init?(header: BlockHeader, payload: Payload) {
        guard header.payloadLength == UInt64(payload.count), header.payloadDigest == payload.digest else { return nil }
        self.header = header
        self.payload = payload
        hash = header.hash
    }

    /// A block whose payload is known to be its header's: made here, or read from the log, whose records carry checksums.
    ///
    /// - Parameter hash: the header's hash, under which the block was stored.
    public init(header: BlockHeader, stored payload: Payload, hash: Digest) {
        self.header = header
        self.payload = payload
        self.hash = hash
    }

    /// Distance from genesis.
    public var height: Height { header.height }
    /// The view in which it was proposed.
    public var view: View { header.view }
    /// Where it stands.
    public var position: LogPosition { LogPosition(height: header.height, block: hash) }
    /// Whether it has no payload, and was proposed only to push earlier blocks to commit.
    public var isNudge: Bool { payload.isEmpty }
}

/// What proves a block, and so all its ancestors, committed (protocol §5).
///
/// It is the headers `b_2 … b_L` and the certificate on `b_L`. What it proves is `b_1`, which `b_2.justify` names; or,
/// if `b_2.closes` names a block that is not higher than that, the block named there.
public struct CommitProof: Sendable, Hashable {
    /// `b_2 … b_L`, lowest first.
    public let headers: [BlockHeader]
    /// The certificate on the last of them.
    public let certificate: QuorumCertificate

    /// A proof with these parts; whether it proves anything is the verifier's business.
    public init(headers: [BlockHeader], certificate: QuorumCertificate) {
        self.headers = headers
        self.certificate = certificate
    }

    /// The place that it proves committed, if it is valid; nil if it has no header.
    public var proven: LogPosition? {
        guard let second = headers.first else { return nil }
        if let closing = second.closes, closing.height <= second.justify.height { return closing }
        return second.justify.position
    }
}
