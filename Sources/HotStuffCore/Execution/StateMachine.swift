/// A deterministic machine that the leader runs ahead of consensus; owned by one thread from the first call to the
/// last, so it needs no locks and need not be `Sendable`.
///
/// Applied blocks form a queue: `propose` and `execute` append one, `commit` makes the oldest final, `rollBack` takes
/// off the newest. What a block does depends on the state before it and on its payload alone: not on height, view,
/// leader or time, nor on having been proposed, executed or replayed here. Whatever one of these methods throws stops
/// the replica: an error says "I cannot go on", never "this block is bad".
public protocol StateMachine: ~Copyable, SendableMetatype {
    /// A block's content as the machine likes it; it never leaves the machine's thread.
    associatedtype Block

    /// Makes the next block on the state as it is and leaves it applied; nil, with the state unchanged, if there is
    /// nothing to propose.
    ///
    /// Once `StateMachineContext.isProposalWanted` is false it may return nil at once, its state half made: the next
    /// call is `rollBack()`.
    mutating func propose() throws -> Block?
    /// Bytes of a block: not empty, within the payload limit, and such that `decode` gives an equal block back.
    static func encode(_ block: Block) throws -> Payload
    /// The block in these bytes, or nil if they hold none: a function of the bytes alone, total, never trapping, as
    /// they may be an attacker's.
    ///
    /// A payload that does not decode may commit all the same; it is skipped, the same everywhere.
    static func decode(_ payload: Payload) -> Block?
    /// Applies any block that `decode` returned, valid or not; one that is invalid in this state has a defined effect,
    /// usually none, instead of an error.
    mutating func execute(_ block: Block) throws
    /// The oldest applied block is final and is in the log at `position`; undo information for it can go, its effects
    /// may leave this process.
    mutating func commit(_ position: LogPosition) throws
    /// Undoes every applied block that is not committed.
    mutating func rollBack() throws

    /// False: the state changes in `commit` only, and digest and wish are read after it instead. Default: true.
    static var speculates: Bool { get }
    /// Whether `decode` would return a block; the only call made on other threads, several at once, before a vote.
    /// Default: tries it.
    static func accepts(_ payload: Payload) -> Bool
    /// Undoes the newest applied blocks, keeping at least none and at most the `count` oldest; returns how many it
    /// kept. Default: `rollBack()`, 0.
    ///
    /// What it did not keep it is given again, by `execute`.
    mutating func rollBack(keepingOldest count: Int) throws -> Int
    /// Whether this replica may vote for a block, whose parent's state this is; must leave the state as it is.
    /// Default: valid.
    ///
    /// Asked only where the operator wants that (`Voting.whenValid`). A block found invalid here may commit all the
    /// same, if a quorum thinks otherwise; then it is executed like any other.
    mutating func validate(_ block: Block) throws -> Verdict
    /// What of the committed log survives a restart in the machine's own tables. Default: nil, nothing.
    var durablePosition: LogPosition? { get }
    /// Called once, first: brings the state to the log's tip. Default: decode, execute and commit each payload above
    /// `durablePosition`.
    mutating func recover(from log: borrowing CommittedLog) throws
    /// A digest of the state as it is, applied blocks included; read right after each `propose`, `execute` and
    /// `recover`. Default: nil, not compared.
    var stateDigest: Digest? { get }
    /// The validators wished for as of the state as it is; read when `stateDigest` is, in force only once that block
    /// commits. Default: nil, no change.
    var wishedValidators: ValidatorSet? { get }
    /// After how long a `propose()` that returned nil is repeated without a signal. Default: nil, only on a signal.
    var proposalRetryInterval: Duration? { get }
    /// The last call, on the same thread; applied blocks that are not committed are simply lost. Default: drops the
    /// machine.
    consuming func close() throws
}

extension StateMachine where Self: ~Copyable {
    /// The state changes as blocks are applied.
    public static var speculates: Bool { true }
    /// Tries `decode`.
    public static func accepts(_ payload: Payload) -> Bool { decode(payload) != nil }
    /// Undoes all.
    public mutating func rollBack(keepingOldest count: Int) throws -> Int {
        try rollBack()
        return 0
    }
    /// Every block is valid.
    public mutating func validate(_ block: Block) throws -> Verdict { .valid }
    /// Nothing is durable.
    public var durablePosition: LogPosition? { nil }
    /// Decodes, executes and commits each payload above `durablePosition`.
    public mutating func recover(from log: borrowing CommittedLog) throws {
        try log.forEachPayload(after: durablePosition) { position, payload in
            guard let block = Self.decode(payload) else { return }
            try execute(block)
            try commit(position)
        }
    }
    /// The state is not compared.
    public var stateDigest: Digest? { nil }
    /// No change is wished for.
    public var wishedValidators: ValidatorSet? { nil }
    /// Only a signal makes it ask again.
    public var proposalRetryInterval: Duration? { nil }
    /// Drops the machine.
    public consuming func close() throws {}
}

extension StateMachine where Self: ~Copyable, Block == Payload {
    /// The block is its own payload.
    public static func encode(_ block: Payload) throws -> Payload { block }
    /// Every payload is a block.
    public static func decode(_ payload: Payload) -> Payload? { payload }
}

/// What `StateMachine.validate` found.
public enum Verdict: Sendable, Hashable {
    /// This replica may vote for the block.
    case valid
    /// It does not; the reason goes to an event, not to peers.
    case invalid(reason: String)
}
