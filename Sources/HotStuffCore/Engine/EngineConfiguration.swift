/// What one replica's engine is told once.
public struct EngineConfiguration: Sendable {
    /// What all replicas agree on.
    public var genesis: Genesis
    /// The hash of the genesis configuration.
    public var chainID: Digest
    /// This replica's key; if it is no validator's, the replica is a listener.
    public var key: ValidatorKey
    /// How long a view may go without progress.
    public var viewDuration: any ViewDuration = ExponentialViewDuration()
    /// How many proposals are made ahead of `doPropose()` at most; 0 for a leader that does not speculate: it is asked for a
    /// proposal only when all before it have committed.
    public var bufferDepth = 3
    /// Whether no more are made ahead than were needed of late.
    public var adaptsBuffer = false
    /// When the state machine is given other leaders' blocks.
    public var followers = FollowerExecution.whenCommitted
    /// How long a vote waits for the state machine to find the block valid, before this replica abstains; nil: no asking.
    ///
    /// Where it is asked, blocks are executed when they are received, whatever `followers` says.
    public var validationLimit: Duration?
    /// How many blocks may be proposed beyond the newest certificate; nil: as many as the round trip asks for.
    public var window: Int?
    /// How many decided payload blocks may wait for the state machine before votes are held back.
    public var decidedBlocks = 1_024
    /// How many payload bytes of decided blocks wait in memory; what is beyond waits in the log.
    public var decidedSize = ByteCount.mebibytes(256)

    /// How many blocks are ever applied to the state machine and not committed: those that a certificate may still
    /// commit, the buffer, and the one in the making.
    public var appliedBlockLimit: Int { genesis.commitChainLength * genesis.maxWindow + bufferDepth + 1 }

    /// A rule to break, in tests of the tests.
    package var brokenRule: BrokenRule?

    /// The configuration of the replica with `key` on the chain of `genesis`.
    public init(genesis: Genesis, chainID: Digest, key: ValidatorKey) {
        self.genesis = genesis
        self.chainID = chainID
        self.key = key
    }
}

/// When a replica that does not lead gives its state machine a block.
public enum FollowerExecution: String, Sendable, Hashable, CaseIterable {
    /// Once it is committed and in the log: nothing is ever executed in vain.
    case whenCommitted
    /// Once it is certified: a commit then costs `commit` alone, and a roll back takes a lost view.
    case whenCertified
    /// As soon as this replica holds it and may vote for it.
    case whenReceived
}

/// A moment's picture of an engine.
public struct EngineStatus: Sendable, Hashable {
    /// The epoch of the committed tip.
    public var epoch: Epoch
    /// The view that this replica is in.
    public var view: View
    /// The leader of the view.
    public var leader: ValidatorKey
    /// Whether this replica is a validator, and its store may vouch for what it signed.
    public var isValidator: Bool
    /// Whether this replica leads the view and a block of the view has committed.
    public var isStableLeader: Bool
    /// Durable in the log.
    public var committed: LogPosition
    /// Final in the state machine.
    public var executed: Height
    /// Made by the state machine, and not drained yet.
    public var bufferedProposals: Int
    /// Proposed here and not certified yet.
    public var uncertifiedBlocks: Int
    /// Held here and not committed yet.
    public var uncommittedBlocks: Int
    /// Whether committed blocks are being fetched from a peer.
    public var isCatchingUp: Bool
    /// Whether this replica may have lost records of what it signed, and therefore signs nothing for now.
    public var hasForgotten: Bool
    /// Applied by the state machine, and not committed yet: the depth of the speculation.
    public var appliedBlocks: Int

    /// A picture with these parts.
    public init(
        epoch: Epoch, view: View, leader: ValidatorKey, isValidator: Bool, isStableLeader: Bool,
        committed: LogPosition, executed: Height, bufferedProposals: Int, uncertifiedBlocks: Int,
        uncommittedBlocks: Int, isCatchingUp: Bool, hasForgotten: Bool = false, appliedBlocks: Int = 0
    ) {
        self.epoch = epoch
        self.view = view
        self.leader = leader
        self.isValidator = isValidator
        self.isStableLeader = isStableLeader
        self.committed = committed
        self.executed = executed
        self.bufferedProposals = bufferedProposals
        self.uncertifiedBlocks = uncertifiedBlocks
        self.uncommittedBlocks = uncommittedBlocks
        self.isCatchingUp = isCatchingUp
        self.hasForgotten = hasForgotten
        self.appliedBlocks = appliedBlocks
    }
}

/// What a call of `doPropose()` waits for.
public enum ProposeWait: String, Sendable, Hashable, CaseIterable {
    /// The first block of the view has not committed yet.
    case stableLeader
    /// As many blocks as may be are uncertified.
    case window
    /// So many replicas are behind with executing that the rest are no quorum.
    case quorum
    /// The state machine has made no proposal: `doPropose()` is starved.
    case proposal
}
