/// What the engine is told (architecture: *the one idea*): everything that it knows of the world.
public enum Input: Sendable {
    /// What time it is; given before the inputs that came at that time, and when a wake-up is due. Never goes back.
    case clock(Timestamp)
    /// A message whose signatures and certificates were checked; also this replica's own, once signed.
    case message(Verified<Message>, from: ValidatorKey)
    /// A peer can be sent to; it has been told nothing yet on this connection.
    case connected(ValidatorKey)
    /// A peer can no longer be sent to.
    case disconnected(ValidatorKey)
    /// All writes up to this ticket have been synced.
    case durable(WriteTicket)
    /// A committed block in the log is not what was written: it is to be had from a peer again. The driver bounds how
    /// many it tells of and are not written again yet.
    case damaged(LogPosition)
    /// The log no longer has committed blocks below this height.
    case pruned(below: Height)
    /// What the state machine's thread did.
    case machine(MachineAnswer)
    /// `doPropose()` or `doEmptyPropose()` was called.
    case propose(ProposeRequest)
    /// The caller of this request no longer waits.
    case cancelProposal(ProposeRequest.ID)
    /// This replica is to hand over its view if it leads: a clean stop, or on request.
    case resign
    /// This replica may lead again, after `resign`, from its next view on.
    case leadAgain
}

/// A call of `doPropose()` that waits for its answer.
public struct ProposeRequest: Sendable, Hashable {
    /// Numbers the calls of one life.
    public struct ID: Sendable, Hashable {
        /// The call's number.
        public let number: UInt64
        /// The call with this number.
        public init(number: UInt64) { self.number = number }
    }

    /// What is to be proposed.
    public enum Content: Sendable, Hashable {
        /// The buffer's oldest proposal; at the limit with an empty buffer, a nudge or nothing.
        case payload(ifEmpty: EmptyBufferPolicy)
        /// A nudge, whatever the buffer holds.
        case nudge
    }

    /// Which call it is.
    public let id: ID
    /// What is to be proposed.
    public let content: Content
    /// Until when the caller waits; nil: as long as this replica leads the view.
    public let deadline: Timestamp?

    /// A call with these parts.
    public init(id: ID, content: Content, deadline: Timestamp?) {
        self.id = id
        self.content = content
        self.deadline = deadline
    }
}

/// What `doPropose` does if the window had room and no proposal came within the limit: proposes a nudge, or throws
/// `ProposeError.nothingToPropose`.
public enum EmptyBufferPolicy: Sendable, Hashable { case nudge, refuse }

/// What was proposed.
public struct Proposed: Sendable, Hashable {
    /// The block's hash.
    public let block: Digest
    /// The block's height.
    public let height: Height
    /// The epoch of the view.
    public let epoch: Epoch
    /// The view in which it was proposed.
    public let view: View
    /// Whether it has no payload.
    public let isNudge: Bool

    /// A proposed block.
    public init(block: Digest, height: Height, epoch: Epoch, view: View, isNudge: Bool) {
        self.block = block
        self.height = height
        self.epoch = epoch
        self.view = view
        self.isNudge = isNudge
    }
}

/// Why nothing was proposed; closed, since a pacemaker branches on it.
public enum ProposeError: Error, Sendable, Hashable {
    /// Another replica leads, or this one lost its view while the caller waited.
    case notLeader(leader: ValidatorKey, view: View)
    /// The limit came with no room in the window, or before the leader was stable.
    case windowFull
    /// The limit came with an empty buffer, and the caller wanted no nudge.
    case nothingToPropose
    /// The replica is not started, or is stopping.
    case notRunning
}
