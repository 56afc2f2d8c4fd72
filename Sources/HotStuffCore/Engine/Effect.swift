/// What must happen, in order; the driver's contract.
///
/// An effect that depends on a write is given out only after that write's ticket came back as `Input.durable`, so a
/// driver needs to know nothing of durability: it performs what it is given, and nothing after a failed write.
public enum Effect: Sendable {
    /// Make these durable in one transaction, which may take in those of later tickets, then report the ticket.
    case write([LogWrite], ticket: WriteTicket)
    /// Send a message, to connected peers only.
    case send(Message, to: [ValidatorKey])
    /// Sign, then send; where the own key is among the addressees, return the signed message as an input.
    case sign(Unsigned, to: [ValidatorKey])
    /// Answer this request from the committed log.
    case serveCommits(CommitRequest, to: ValidatorKey)
    /// Answer with these blocks: those given, and of the others those that the log has.
    case serveBlocks(held: [Block], others: [Digest], to: ValidatorKey)
    /// Give this to the state machine's thread, after all given before.
    case machine(MachineInstruction)
    /// Answer a `doPropose()`.
    case answer(ProposeRequest.ID, Result<Proposed, ProposeError>)
    /// Give the time back as `Input.clock` at this time; replaces the wake-up asked for before.
    case wake(at: Timestamp)
    /// Tell whoever listens.
    case event(EngineEvent)
    /// Stop this replica: it cannot go on safely.
    case halt(HaltReason)
}

/// What is signed and sent: a statement and what travels with it.
public enum Unsigned: Sendable {
    /// A run of new blocks, signed on the last.
    case proposal([Block])
    case vote(VotingRecord.Voted, epoch: Epoch, report: VoteReport)
    case suspicion(epoch: Epoch, view: View, rank: Rank)
    case timeout(epoch: Epoch, view: View, highQC: QuorumCertificate)
    /// What this replica remembers, for one that drew the nonce.
    case recallAnswer(Recollection, nonce: Nonce)
}

/// Why a replica stopped itself.
public enum HaltReason: Error, Sendable, Hashable, CustomStringConvertible {
    /// A valid proof commits another block at a height that is committed here: more than `f` validators are faulty.
    case conflictingCommit(mine: LogPosition, other: LogPosition)
    /// A signature of this replica's own that its record does not know: its key is in use elsewhere, or its record is
    /// an old copy.
    case unknownOwnSignature(view: View, height: Height)

    /// What has happened, and what it means.
    public var description: String {
        switch self {
        case .conflictingCommit(let mine, let other):
            "safety is lost: \(mine) is committed here, and a valid proof commits \(other)"
        case .unknownOwnSignature(let view, let height):
            "a vote signed with this replica's key, for view \(view) height \(height), is not in its record: "
                + "the key is in use elsewhere, or the record is an older copy that was not marked as one"
        }
    }
}

/// What happens in the engine, for people and metrics; nothing depends on it.
public enum EngineEvent: Sendable, Hashable {
    /// Decided and in the log.
    case committed(LogPosition, isNudge: Bool)
    case certified(LogPosition, Epoch, View)
    case proposed(Proposed)
    case voted(LogPosition, view: View)
    case viewEntered(Epoch, View, leader: ValidatorKey)
    case viewSuspected(View)
    case viewTimedOut(View)
    /// The leader's first block of its view has committed: the state machine is asked from here on.
    case leaderStable(View)
    case proposalMade(buffered: Int)
    case rolledBack(RolledBack)
    /// The state machine has made this block final.
    case executed(LogPosition)
    /// A vote was withheld, and why.
    case refusedToVote(LogPosition, reason: String)
    /// The state machine finds a block invalid that this replica was to vote for.
    case foundInvalid(LogPosition, reason: String)
    /// The state machine did not say in time whether a block is valid: this replica does not vote for it.
    case abstained(LogPosition)
    /// A leader signed two conflicting blocks.
    case equivocation(ValidatorKey, View)
    /// Committed blocks were taken over from a peer, up to this place.
    case caughtUp(LogPosition)
    /// The peer has pruned what this replica asks for.
    case peerPruned(ValidatorKey, below: Height)
    /// All connected peers have pruned the block that this replica needs next, at height `needed`; the lowest that one of
    /// them has is `lowest`. It asks again when another peer connects.
    case outOfReach(needed: Height, lowest: Height)
    /// All connected peers were asked for this damaged block of the log, and none has given it; they are asked again.
    case repairWaits(LogPosition)
    /// A replica's state, this one's or another's, differs from a quorum's: first after this block, as far as is known.
    case diverged(ValidatorKey, LogPosition, digest: Digest, quorum: Digest)
    /// This replica may have lost records of what it signed, and has got this far about it.
    case forgetting(Forgetting)
    /// This replica may have lost records, and so have so many others that no quorum is left that could tell it how far
    /// its signatures reach: as things stand it will never sign again. `remembering` is the others' power of `total` that
    /// may still tell.
    case tooManyForgot(remembering: UInt64, total: UInt64)
}

/// What a roll back undid.
public struct RolledBack: Sendable, Hashable {
    /// Applied blocks that still are.
    public let kept: Int
    /// Applied blocks that no longer are.
    public let undone: Int
    /// Why.
    public let cause: Cause

    /// Why applied blocks had to be undone.
    public enum Cause: Sendable, Hashable { case anotherBlockCommitted, newView, conflictingBranch }

    /// A roll back that kept `kept` and undid `undone` applied blocks.
    public init(kept: Int, undone: Int, cause: Cause) {
        self.kept = kept
        self.undone = undone
        self.cause = cause
    }
}
