/// One change of the log; those of one ticket become durable together or not at all, and tickets in their order.
public enum LogWrite: Sendable {
    /// Holds an uncommitted block: header and payload.
    case block(Block)
    /// Replaces the voting record.
    case record(VotingRecord)
    /// Commits blocks that were written before, oldest first, right above the committed tip; their proof replaces the
    /// tip's. Every other block at or below the last one's height is dropped.
    case commit([LogPosition], proof: CommitProof)
}

/// Numbers writes in the order in which they are asked for; a ticket that comes back as durable covers all before it.
public struct WriteTicket: Sendable, Hashable, Comparable {
    /// 1 for a life's first write.
    public let number: UInt64

    /// The ticket with this number.
    public init(number: UInt64) { self.number = number }

    /// Whether the first write was asked for before the second.
    public static func < (left: WriteTicket, right: WriteTicket) -> Bool { left.number < right.number }
}

/// What a restart finds in the log; its size does not grow with the log's length.
public struct RecoveredLog: Sendable {
    /// The committed tip's header: genesis' in a fresh log.
    public var tip: BlockHeader
    /// The committed tip.
    public var tipPosition: LogPosition
    /// The proof of the tip; nil at genesis.
    public var tipProof: CommitProof?
    /// The epoch that the tip belongs to or began.
    public var epoch: EpochStart
    /// What this replica promised.
    public var record: VotingRecord
    /// Committed places, lowest first: the newest `maxWindow`, or all there are; before them that of the newest vote, if
    /// it is committed and older.
    public var recent: [LogPosition]
    /// Uncommitted blocks above the tip, in the order of their heights.
    public var uncommitted: [Block]
    /// Places above the tip whose blocks are damaged, and so are not among `uncommitted`.
    public var damaged: [LogPosition]
    /// The lowest height whose committed block is still held.
    public var firstHeight: Height
    /// Whether this store may vouch for what its replica signed; false makes the replica a listener.
    public var mayVote: Bool

    /// A log with these parts.
    public init(
        tip: BlockHeader, tipPosition: LogPosition, tipProof: CommitProof?, epoch: EpochStart, record: VotingRecord,
        recent: [LogPosition], uncommitted: [Block], damaged: [LogPosition] = [], firstHeight: Height = Height(1),
        mayVote: Bool
    ) {
        self.tip = tip
        self.tipPosition = tipPosition
        self.tipProof = tipProof
        self.epoch = epoch
        self.record = record
        self.recent = recent
        self.uncommitted = uncommitted
        self.damaged = damaged
        self.firstHeight = firstHeight
        self.mayVote = mayVote
    }
}

/// What began an epoch.
public struct EpochStart: Sendable, Hashable {
    /// The epoch.
    public let epoch: Epoch
    /// `G_e`: the committed block that began it.
    public let genesis: LogPosition
    /// `V_e`: who votes in it.
    public let validators: ValidatorSet
    /// The index in `V_e` from which rotation starts: that of `G_e`'s proposer if it is still a member, else 0.
    public let firstLeader: Int

    /// An epoch with these parts.
    public init(epoch: Epoch, genesis: LogPosition, validators: ValidatorSet, firstLeader: Int) {
        self.epoch = epoch
        self.genesis = genesis
        self.validators = validators
        self.firstLeader = firstLeader
    }

    /// The key of the leader of `view`.
    public func leader(of view: View, by rotation: any LeaderRotation) -> Validator {
        let chosen = rotation.leader(of: view, among: validators, startingFrom: firstLeader)
        let count = validators.count
        return validators.members[((chosen % count) + count) % count]
    }
}

/// The committed blocks as of one moment: what answers to peers, and a state machine's recovery, are read from.
///
/// Reads may throw what their storage throws.
public protocol CommittedBlocks {
    /// The committed tip.
    var tip: LogPosition { get throws }
    /// The proof of the tip; nil at genesis.
    var tipProof: CommitProof? { get throws }
    /// The lowest height whose block is still held; above the tip if none is. Genesis has none.
    var firstHeight: Height { get throws }
    /// The committed block at `height`; nil above the tip, below `firstHeight` and at genesis.
    func block(at height: Height) throws -> Block?
    /// Its header alone.
    func header(at height: Height) throws -> BlockHeader?
    /// The committed blocks from `height` on, lowest first, none of them above `last`: as many as are had cheaply at once.
    ///
    /// Empty where `block(at:)` gives nil. One behind the first that can't be read ends them: who goes on there learns why.
    func nextBlocks(from height: Height, through last: Height) throws -> [Block]
    /// Their headers alone.
    func nextHeaders(from height: Height, through last: Height) throws -> [BlockHeader]
    /// The committed block's place at `height`; known from right below `firstHeight` up to the tip.
    func position(at height: Height) throws -> LogPosition?
    /// The block with this hash, committed or not.
    func block(with hash: Digest) throws -> Block?
}

extension CommittedBlocks {
    /// One block at a time, where several at once are not cheaper.
    public func nextBlocks(from height: Height, through last: Height) throws -> [Block] {
        guard height <= last, let block = try block(at: height) else { return [] }
        return [block]
    }

    /// One header at a time, where several at once are not cheaper.
    public func nextHeaders(from height: Height, through last: Height) throws -> [BlockHeader] {
        guard height <= last, let header = try header(at: height) else { return [] }
        return [header]
    }
}
