/// What a replica tells whoever listens; new cases may come in a minor version.
///
/// Events are for people, metrics and tests: nothing is lost with one but the news. Commits that must not be missed
/// come from `Replica.commits(after:)`.
@nonexhaustive
public enum ReplicaEvent: Sendable {
    /// The state machine is being given committed blocks again, and has got to this height; told ten times a second at most.
    case recovering(Height, of: Height)
    /// A block is decided and in the log.
    case committed(LogPosition, isNudge: Bool)
    /// A block has a quorum's votes.
    case certified(LogPosition, View)
    /// This replica, leading, has proposed a block.
    case proposed(Proposed)
    /// This replica has voted for a block.
    case voted(LogPosition, View)
    /// A view has begun here, with this leader.
    case viewEntered(View, leader: ValidatorKey)
    /// This replica suspects its view of making no progress.
    case viewSuspected(View)
    /// This replica has given up its view.
    case viewTimedOut(View)
    /// This replica leads, and a block of its view has committed: its state machine is asked from here on.
    case leading(View)
    /// The state machine has made a proposal; so many wait for `doPropose()`.
    case proposalMade(buffered: Int)
    /// The state machine has undone blocks.
    case rolledBack(RolledBack)
    /// The state machine has made a block final.
    case executed(LogPosition)
    /// A vote was withheld.
    case refusedToVote(LogPosition, reason: String)
    /// The state machine finds a block invalid; this replica does not vote for it.
    case foundInvalid(LogPosition, reason: String)
    /// The state machine has not said in time whether a block is valid; no vote for it before it has.
    case abstained(LogPosition)
    /// A leader has signed two conflicting blocks.
    case equivocation(ValidatorKey, View)
    /// Committed blocks were taken over from a peer, up to this place.
    case caughtUp(LogPosition)
    /// The peer no longer has what this replica asks for.
    case peerPruned(ValidatorKey, below: Height)
    /// No connected peer has the block at height `needed` any more, which this replica needs next; the lowest that one of
    /// them has is `lowest`.
    ///
    /// It goes on if a peer connects that keeps more. Otherwise it is to be stopped, and a backup put in the place of its
    /// log that reaches `lowest` less 1 at least (`hotstuff log backup` of a peer's, `hotstuff log restore`).
    case outOfReach(needed: Height, lowest: Height)
    /// So many of the oldest committed blocks were dropped from the log; none below this height is held any more.
    case pruned(below: Height, blocks: UInt64)
    /// Blocks cannot be dropped any more, as the log is damaged where the oldest are; the replica goes on without.
    case pruningStopped(reason: String)
    /// This replica may have lost records of what it signed, and signs nothing until the others have told it how far that
    /// may reach and the views up to there are over; it has got this far.
    case forgetting(Forgetting)
    /// So many validators have forgotten that none of them can sign again: only those with power `remembering` of `total`
    /// may still tell. The way on is a new genesis.
    case tooManyForgot(remembering: UInt64, total: UInt64)
    /// A replica's state, this one's or another's, differs from a quorum's. Of its own a replica keeps the block and both
    /// digests in a file, `divergence-HEIGHT` in its directory.
    case diverged(Divergence)
    /// A peer can be sent to.
    case peerConnected(ValidatorKey)
    /// A peer can no longer be sent to.
    case peerLost(ValidatorKey, reason: String)
    /// A peer, or whoever claims to be one, was turned away, or what it sent was.
    case refused(ValidatorKey?, reason: String)
    /// A block in the log is not what was written, or is gone: it is given to nobody, and asked from peers.
    case logDamaged(LogPosition, reason: String)
    /// All connected peers were asked for a damaged block, and none has given it; they are asked again.
    case repairWaits(LogPosition)
    /// A block that was damaged was had from a peer, and is in the log again.
    case logRepaired(LogPosition)
    /// The log's disk has less room than the configuration's `space.reserve`: this replica neither votes nor proposes.
    case spaceShort(free: ByteCount, reserve: ByteCount)
    /// The log's disk has room again: this replica votes and may lead.
    case spaceReturned(free: ByteCount)
    /// This replica can't go on, and stops.
    case failed(ReplicaError)
    /// This reader was too slow for so many events.
    case missed(Int)
}
