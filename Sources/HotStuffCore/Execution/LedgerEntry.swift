/// Something applied and not committed.
struct LedgerEntry: Sendable {
    /// Its bytes, until it is drained.
    var payload: Payload?
    /// By which the ledger knows it; two entries may have the same.
    let digest: Digest
    /// How it came to be applied.
    let origin: Origin
    /// Where it stands in the chain; nil while it waits in the buffer.
    var height: Height?
    /// The block, of an executed entry.
    let block: Digest?
    /// Nil until the state machine has answered.
    var readings: StateReadings?

    /// How an entry came to be applied.
    enum Origin: Sendable { case proposed, executed }
}

/// What an input to the ledger leads to.
struct LedgerChange: Sendable {
    /// For the state machine's thread, in order.
    var instructions: [MachineInstruction] = []
    /// What was undone, if anything was.
    var rolledBack: RolledBack?
    /// Blocks of a followed branch that the state machine has applied as proposals of its own.
    var own: [LogPosition] = []
    /// The newest block up to which all of the branch, and nothing else, is applied, if any of it is.
    var newest: Digest?
    /// How what is applied relates to the branch that is followed.
    var reach = Reach.exact

    /// How what is applied relates to a branch.
    enum Reach: Sendable {
        /// All of the branch is applied, and nothing else.
        case exact
        /// All of the branch is applied, and more.
        case beyond
        /// Only a part of the branch is applied, as there is no room or something else stands there.
        case behind
    }
}

/// A block that has a payload, as far as the ledger is concerned.
struct PayloadBlock: Sendable {
    /// The block's place.
    let position: LogPosition
    /// Its payload's digest, by which the ledger knows it.
    let digest: Digest
    /// Its bytes; nil if they wait in the log.
    let payload: Payload?
    /// Whether the state machine is to say that it is valid before it executes it.
    var isToBeValidated = false
}

extension PayloadBlock {
    /// The part of `block` that matters here; nil for a nudge.
    init?(_ block: Block) {
        guard !block.isNudge else { return nil }
        self.init(position: block.position, digest: block.header.payloadDigest, payload: block.payload)
    }
}

/// A block that was decided and that the state machine has not made final yet.
struct DecidedBlock: Sendable {
    /// The block's place.
    let position: LogPosition
    /// Whether it has no payload; then it is final once those before it are.
    var isNudge = false
    /// Of its payload, as long as that waits in memory for `execute`.
    var bytes = 0
    /// As of the block, once the state machine has said them.
    var readings: StateReadings?
    /// The block as which the state machine is still executing it: one with an equal payload, on another branch.
    var executedAs: Digest?
}
