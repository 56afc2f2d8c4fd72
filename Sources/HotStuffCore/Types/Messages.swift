/// What one replica says to another (protocol §12).
public enum Message: Sendable {
    case hello(Hello)
    case proposal(Proposal)
    case vote(Vote)
    case suspicion(Suspicion)
    case timeout(Timeout)
    /// A certificate alone, to those that need it sooner than the next proposal.
    case certificate(QuorumCertificate)
    /// What opens a view.
    case entry(ViewEntry)
    /// Asks for what opened this view.
    case entryRequest(epoch: Epoch, view: View)
    case blockRequest(BlockRequest)
    case blocks(BlocksAnswer)
    case commitRequest(CommitRequest)
    case commits(CommitsAnswer)
    case evidence(Evidence)
    /// Asks how far the asker's own signatures may reach, as it has forgotten.
    case recallRequest(RecallRequest)
    case recallAnswer(RecallAnswer)
    /// What the sender's states were, as two replicas were seen to differ.
    case stateDigests(StateDigests)
}

/// The first message on every connection, both ways.
public struct Hello: Sendable {
    /// The hash of the genesis configuration; peers of another chain are not talked to.
    public var chainID: Digest
    /// The lowest and the highest protocol version spoken.
    public var versions: ClosedRange<UInt16>
    /// The sender's epoch.
    public var epoch: Epoch
    /// The sender's view.
    public var view: View
    /// What opened that view, if it needed anything.
    public var entry: ViewEntry?
    /// The sender's highest certificate.
    public var highQC: QuorumCertificate
    /// The height of the sender's committed tip.
    public var committed: Height
    /// The lowest height whose block the sender still has.
    public var firstHeight: Height
    /// Whether the sender wants proposals and certificates forwarded, as it is no validator.
    public var subscribes: Bool

    /// A hello with these parts.
    public init(
        chainID: Digest, versions: ClosedRange<UInt16>, epoch: Epoch, view: View, entry: ViewEntry?,
        highQC: QuorumCertificate, committed: Height, firstHeight: Height, subscribes: Bool
    ) {
        self.chainID = chainID
        self.versions = versions
        self.epoch = epoch
        self.view = view
        self.entry = entry
        self.highQC = highQC
        self.committed = committed
        self.firstHeight = firstHeight
        self.subscribes = subscribes
    }
}

/// A run of new blocks, each the parent of the next, and the leader's signature on the last.
public struct Proposal: Sendable {
    /// The run, lowest first; never empty once verified.
    public let blocks: [Block]
    /// The leader's, over the last block.
    public let signature: Signature

    /// A run signed by its leader.
    public init(blocks: [Block], signature: Signature) {
        self.blocks = blocks
        self.signature = signature
    }
}

/// A replica's vote for a block and with it for all its ancestors.
public struct Vote: Sendable {
    /// The block's epoch.
    public let epoch: Epoch
    /// The block's view.
    public let view: View
    /// The block's height.
    public let height: Height
    /// The block's place in its view.
    public let index: UInt64
    /// The block's hash.
    public let block: Digest
    /// The voter's index in the epoch's validator set.
    public let signer: UInt16
    /// Over all of the above.
    public let signature: Signature
    /// What the voter says beside its vote, unsigned.
    public let report: VoteReport

    /// A vote with these parts.
    public init(
        epoch: Epoch, view: View, height: Height, index: UInt64, block: Digest, signer: UInt16,
        signature: Signature, report: VoteReport
    ) {
        self.epoch = epoch
        self.view = view
        self.height = height
        self.index = index
        self.block = block
        self.signer = signer
        self.signature = signature
        self.report = report
    }
}

/// What a replica reports beside a vote; unsigned, so it paces and alarms but decides nothing.
public struct VoteReport: Sendable, Hashable {
    /// The height up to which its state machine has committed.
    public var executed: Height
    /// How many more payload blocks it takes in before its state machine holds its votes back.
    public var room: UInt32
    /// Its state's digest as of `executed`, if its state machine has one.
    public var stateDigest: Digest?

    /// A report with these parts.
    public init(executed: Height, room: UInt32, stateDigest: Digest?) {
        self.executed = executed
        self.room = room
        self.stateDigest = stateDigest
    }
}

/// The word of a replica that its view makes no progress; it binds to nothing (protocol §6).
public struct Suspicion: Sendable {
    /// The epoch of the view.
    public let epoch: Epoch
    /// The view that is suspected.
    public let view: View
    /// The rank of the sender's highest certificate.
    public let rank: Rank
    /// The sender's index in the epoch's validator set.
    public let signer: UInt16
    /// Over all of the above.
    public let signature: Signature

    /// A suspicion with these parts.
    public init(epoch: Epoch, view: View, rank: Rank, signer: UInt16, signature: Signature) {
        self.epoch = epoch
        self.view = view
        self.rank = rank
        self.signer = signer
        self.signature = signature
    }
}

/// The word of a replica that it has given up a view, and its highest certificate, whose rank is signed (protocol §6).
public struct Timeout: Sendable {
    /// The epoch of the view.
    public let epoch: Epoch
    /// The view that the sender has given up.
    public let view: View
    /// The sender's highest certificate.
    public let highQC: QuorumCertificate
    /// The sender's index in the epoch's validator set.
    public let signer: UInt16
    /// Over epoch, view and the certificate's rank.
    public let signature: Signature

    /// A timeout with these parts.
    public init(epoch: Epoch, view: View, highQC: QuorumCertificate, signer: UInt16, signature: Signature) {
        self.epoch = epoch
        self.view = view
        self.highQC = highQC
        self.signer = signer
        self.signature = signature
    }
}

/// Asks for blocks by hash, and for their ancestors.
public struct BlockRequest: Sendable {
    /// The hashes asked for, at most `Limits.requestedBlocks`.
    public let hashes: [Digest]
    /// Their ancestors above this height are wanted too, as many as fit: one round trip closes a gap of any length.
    public let ancestorsAbove: Height

    /// Asks for the blocks with these hashes and their ancestors above `ancestorsAbove`.
    public init(hashes: [Digest], ancestorsAbove: Height) {
        self.hashes = hashes
        self.ancestorsAbove = ancestorsAbove
    }
}

/// The answer to a block request.
public struct BlocksAnswer: Sendable {
    /// Those that the sender has and that fit.
    public let blocks: [Block]
    /// Those that it does not have.
    public let unknown: [Digest]

    /// An answer with these parts.
    public init(blocks: [Block], unknown: [Digest]) {
        self.blocks = blocks
        self.unknown = unknown
    }
}

/// Asks for committed blocks.
public struct CommitRequest: Sendable {
    /// The lowest height wanted.
    public let from: Height
    /// About how many bytes the answer may have; it never stops before the first block that can be proved.
    public let limit: UInt64

    /// Asks for what is committed at `from` and above, up to about `limit` bytes.
    public init(from: Height, limit: UInt64) {
        self.from = from
        self.limit = limit
    }
}

/// The answer to a commit request.
public enum CommitsAnswer: Sendable {
    /// A proof, and the chain of blocks that it proves, highest first, down to the height that was asked for.
    case run(proof: CommitProof, blocks: [Block])
    /// The blocks asked for are gone: the sender has none below this height.
    case prunedBelow(Height)
    /// The sender has committed nothing at the height that was asked for.
    case nothing(committed: Height)
}

/// A run of headers with its leader's signature on the last: a proposal without its payloads.
public struct SignedHeaders: Sendable {
    /// The run, lowest first.
    public let headers: [BlockHeader]
    /// The leader's, over the last header's hash.
    public let signature: Signature

    /// A signed run.
    public init(headers: [BlockHeader], signature: Signature) {
        self.headers = headers
        self.signature = signature
    }
}

/// Two conflicting signed proposals of one leader and view: proof against the leader (protocol §12).
public struct Evidence: Sendable {
    /// One of the two runs.
    public let first: SignedHeaders
    /// The run that conflicts with it.
    public let second: SignedHeaders

    /// Evidence of two runs that name different blocks for one height of one view.
    public init(first: SignedHeaders, second: SignedHeaders) {
        self.first = first
        self.second = second
    }
}

/// What a replica signs (protocol §1): kinds, so that no signature can be taken for one of another meaning.
public enum Statement: Sendable, Hashable {
    case proposal(epoch: Epoch, view: View, height: Height, index: UInt64, block: Digest)
    case vote(epoch: Epoch, view: View, height: Height, index: UInt64, block: Digest)
    case suspicion(epoch: Epoch, view: View, rank: Rank)
    case timeout(epoch: Epoch, view: View, rank: Rank)
    /// Where the signer is, said to whoever drew the nonce.
    case recall(epoch: Epoch, view: View, hasForgotten: Bool, nonce: Nonce)
}
