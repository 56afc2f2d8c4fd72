/// A rule that an engine breaks on purpose, so that a simulation can show that it would notice (protocol §11).
///
/// Only this package can set one, in tests: nothing public leads here.
package enum BrokenRule: String, Sendable, Hashable, CaseIterable {
    // Safety of consensus.
    /// Rule 5 is not asked at all.
    case descent
    /// Rule 5 asks for a greater height only.
    case descentByHeight
    /// A view that was given up is voted in.
    case givenUpView
    /// A vote does not raise the highest certificate.
    case highQCAtVote
    /// A first block may lie below what the timeout certificate reports.
    case reportedRanks
    /// A first block needs nothing that opens its view.
    case entry
    /// A third of the votes makes a quorum certificate.
    case quorum
    /// A third of the timeouts makes a timeout certificate.
    case timeoutQuorum
    /// A member that signed twice counts twice.
    case distinctSigners
    /// The newest vote is forgotten at a restart.
    case lastVotedKept
    /// What was given up is forgotten at a restart.
    case timedOutViewKept
    /// The highest certificate is forgotten at a restart, as the record and the blocks held name it.
    case highQCKept
    /// A vote leaves before its write is durable.
    case voteAfterWrite
    /// One certificate commits.
    case commitChain
    /// A chain may skip a view.
    case consecutiveViews
    /// A certificate may be on a block that is no ancestor.
    case justifyOnAncestor
    /// A certificate on any index of a limited view opens the next.
    case rotationIndex
    /// A replica that has forgotten signs again as soon as it is answered, in views up to `m + 1` too.
    case forgottenViews
    /// Answers of one-third are enough for a replica that has forgotten.
    case recallQuorum
    /// A replica that has forgotten counts itself among those that answer.
    case recallOthers
    /// Answers of replicas that have themselves forgotten count.
    case recallFromForgetful
    /// Answers to another request count.
    case recallNonce
    /// A replica that has forgotten does not take into its highest certificate what ends that.
    case recallCertificate

    // Liveness of consensus.
    /// A leader carries its highest certificate even if it is not on its own chain.
    case ownChain
    /// Ancestors of what was voted for are not written.
    case durableAncestors
    /// A suspicion counts for ever.
    case lapsingSuspicions
    /// A lost vote is not sent again.
    case repeatedVotes
    /// A certificate of a higher view does not take its receiver there.
    case certificateEntersView
    /// An uncertified chain may have any length.
    case maxWindow

    // Speculation.
    /// A commit reaches the state machine before it is in the log.
    case commitAfterLog
    /// What will not commit is not rolled back.
    case rollBack
    /// What a lost view left behind stays in the ledger.
    case deadEntries
    /// A leader executes its own blocks again.
    case executedOnce
    /// The state machine is asked for proposals before the leader is stable.
    case stableBeforeAsking
}
