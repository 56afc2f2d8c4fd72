/// A moment's picture of a replica; every field is consistent with the others.
public struct ReplicaStatus: Sendable {
    /// How far in its life it is.
    public var phase: Phase
    /// What it is to the others at present.
    public var role: Role
    /// The span of one validator set.
    public var epoch: Epoch
    /// The view that it is in.
    public var view: View
    /// The leader of that view.
    public var leader: ValidatorKey
    /// Durable in the log.
    public var committed: LogPosition
    /// Final in the state machine.
    public var executed: Height
    /// Made by the state machine, and not yet drained by `doPropose()`.
    public var bufferedProposals: Int
    /// Proposed here, and not yet certified.
    public var uncertifiedBlocks: Int
    /// Held here, and not yet committed.
    public var uncommittedBlocks: Int
    /// The port that it accepts peers at; 0 before it listens.
    public var listeningPort: UInt16
    /// The peers that it is connected to, in the order of their keys.
    public var connectedPeers: [ValidatorKey]

    /// Where a replica is in its life.
    public enum Phase: String, Sendable, Hashable {
        /// Made, and not started.
        case idle
        /// Opening its log, or its state machine is recovering from it; it votes already.
        case recovering
        /// Fetching committed blocks from a peer.
        case catchingUp
        /// Up to date, as far as it knows.
        case running
        /// Without room on the log's disk: it neither votes nor proposes until there is some.
        case waitingForSpace
        /// Asked to stop, and draining.
        case stopping
        /// At its end; it does not start again.
        case stopped
    }

    /// What a replica is to the others.
    public enum Role: String, Sendable, Hashable {
        /// It leads the view, and a block of the view has committed.
        case leader
        /// It votes.
        case validator
        /// It may have lost records of what it signed, and does not vote until it knows how far that reaches.
        case forgetful
        /// It follows without a vote.
        case listener
    }
}
