/// What the state machine's thread is to do; it does these in order, and makes proposals when none waits.
public enum MachineInstruction: Sendable {
    /// Proposer mode: make up to `allowance` more proposals of this generation, whenever nothing else waits.
    case propose(generation: UInt64, allowance: Int)
    /// Make no more proposals, and answer `stopped`.
    case stopProposing(generation: UInt64)
    /// Say whether this block is valid in the state as it is, which is that of its parent; answer `validated`.
    case validate(DecidedPayload)
    /// Apply a block.
    case execute(DecidedPayload)
    /// The oldest applied block is final.
    case commit(LogPosition)
    /// Undo the newest applied blocks but the `keepingOldest` oldest; what is being made of an older generation is no
    /// longer wanted, and what was made of it is not applied any more. Answer `rolledBack`.
    case rollBack(generation: UInt64, keepingOldest: Int)
}

/// A block's payload on its way to `execute`.
public struct DecidedPayload: Sendable, Hashable {
    /// The block's place.
    public let position: LogPosition
    /// Its bytes; nil if they wait in the log, to bound what waits in memory.
    public let payload: Payload?

    /// The payload of the block at `position`.
    public init(position: LogPosition, payload: Payload?) {
        self.position = position
        self.payload = payload
    }
}

/// What the state machine says of its state right after it changed: both as of that block.
public struct StateReadings: Sendable, Hashable {
    /// A digest of the state, if the machine has one.
    public var digest: Digest?
    /// The validators that it wishes for; nil for no change.
    public var wish: ValidatorSet?

    /// Readings of one state.
    public init(digest: Digest?, wish: ValidatorSet?) {
        self.digest = digest
        self.wish = wish
    }

    /// A machine that says nothing.
    public static let none = StateReadings(digest: nil, wish: nil)
}

/// What the state machine's thread reports.
public enum MachineAnswer: Sendable {
    /// `recover` has returned; the state is that of the log at `tip`.
    case recovered(tip: LogPosition, readings: StateReadings)
    /// A proposal, applied.
    case proposed(generation: UInt64, payload: Payload, readings: StateReadings)
    /// `propose()` has returned nil, and is asked again when the machine has work.
    case nothingToPropose(generation: UInt64)
    /// No proposal is in the making, and none will be until asked for again.
    case stopped(generation: UInt64)
    /// What the state machine says of a block that this replica is asked to vote for.
    case validated(LogPosition, Verdict)
    /// A block was applied, or skipped as its payload does not decode.
    case executed(LogPosition, readings: StateReadings)
    /// The oldest applied block was made final; `readings` only from a machine that does not speculate.
    case committed(LogPosition, readings: StateReadings?)
    /// What was to be undone is; `kept` oldest applied blocks remain.
    case rolledBack(generation: UInt64, kept: Int)
}
