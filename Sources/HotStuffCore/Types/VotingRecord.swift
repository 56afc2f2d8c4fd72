/// What a replica remembers of its own promises (protocol §2): durable before the vote, timeout or entry that depends
/// on it leaves, and of one epoch; in any other epoch each part counts as none.
public struct VotingRecord: Sendable, Hashable {
    /// A block that this replica voted for.
    public struct Voted: Sendable, Hashable {
        /// The block's view.
        public let view: View
        /// The block's height.
        public let height: Height
        /// The block's place in its view.
        public let index: UInt64
        /// The block's hash.
        public let block: Digest

        /// The block at these places.
        public init(view: View, height: Height, index: UInt64, block: Digest) {
            self.view = view
            self.height = height
            self.index = index
            self.block = block
        }

        /// The block's rank among those of its epoch.
        public var rank: Rank { Rank(view: view, height: height) }
    }

    /// The epoch of all the rest.
    public var epoch: Epoch
    /// The newest block voted for in this epoch.
    public var lastVoted: Voted?
    /// The highest view given up in this epoch; nil (−1 in the protocol) if none.
    public var timedOutView: View?
    /// The highest certificate seen, taken in with every vote.
    public var highQC: QuorumCertificate
    /// The view that this replica is in.
    public var view: View
    /// What opened that view, if it needed anything.
    public var entry: ViewEntry?
    /// Whether this replica led in that view; then it does not propose there again after a restart.
    public var hasLed: Bool
    /// Whether this replica may have signed what its record does not say, and what it does about that; nil if it has lost
    /// nothing.
    public var forgetting: Forgetting?

    /// A record with these parts.
    public init(
        epoch: Epoch, lastVoted: Voted?, timedOutView: View?, highQC: QuorumCertificate, view: View,
        entry: ViewEntry?, hasLed: Bool, forgetting: Forgetting? = nil
    ) {
        self.epoch = epoch
        self.lastVoted = lastVoted
        self.timedOutView = timedOutView
        self.highQC = highQC
        self.view = view
        self.entry = entry
        self.hasLed = hasLed
        self.forgetting = forgetting
    }

    /// The record of a replica that has promised nothing since `epoch` began at `genesis`, or has forgotten all that it did.
    public static func fresh(
        epoch: Epoch, genesis: LogPosition, forgetting: Forgetting? = nil
    ) -> VotingRecord {
        VotingRecord(
            epoch: epoch, lastVoted: nil, timedOutView: nil, highQC: .genesis(of: epoch, at: genesis), view: View(0),
            entry: nil, hasLed: false, forgetting: forgetting)
    }
}
