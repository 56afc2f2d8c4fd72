/// One replica's part in agreeing on the log: event-driven chained HotStuff with a stable leader per view.
///
/// A plain value: `Documentation/Protocol.md` is its specification, and each of its extensions is one section of that
/// page. It is told things by `receive…`, `durable` and `advance`, and leaves what must happen in `outbox`, and what
/// the speculation must know in `decisions`; the engine empties both after each call.
struct Consensus: Sendable {
    /// What the engine's other half, the speculation, is told.
    enum Decision: Sendable {
        /// A block is committed and in the log; oldest first.
        case committed(Block)
        /// A view was entered; what was led before is lost.
        case viewEntered
        /// This replica leads, and the first block of its tenure may be proposed.
        case leading
    }

    let configuration: EngineConfiguration
    var now: Timestamp

    // What is agreed on so far.
    var epoch: EpochStart
    var tree: BlockTree
    var tipProof: CommitProof?

    // What this replica promises (§2), and what it waits for before a promise may leave.
    var record: VotingRecord
    /// The index of this replica among the validators; nil for a listener, or where the store may not vouch for it.
    let me: UInt16?
    /// The newest vote of earlier lives, if the log lacks a block that it speaks for: it is not sent again.
    private(set) var unbackedVote: VotingRecord.Voted?
    var durability = Durability()
    /// The view that others may be told of, as the record that names it is durable, and what opened it.
    var announced: (view: View, entry: ViewEntry?)

    /// What others have said of this replica's past; nil unless it has forgotten and is to ask.
    var recall: Recall?
    /// Those that have forgotten and are answered as soon as the answer is durable.
    var recollecting: [ValidatorKey] = []

    // What others say.
    var votes: VoteCollector
    var timeouts: TimeoutCollector
    var peers = PeerTable()
    /// Newest blocks of signed runs of this view that might still be voted for; at most `candidateLimit`.
    var candidates: [Digest] = []
    /// Certificates on blocks that are not held yet; at most `certificateLimit`, highest ranks kept.
    var unheldCertificates: [QuorumCertificate] = []

    // What this replica does about it.
    var leading: Leading?
    var timer = ViewTimer()
    /// How many nudges have committed since a payload was last seen, in this view.
    var nudgesInARow = 0
    var fetch: Fetch?
    /// Of whom a missing block is asked first; nil for the present leader.
    var fetchSource: ValidatorKey?
    var catchUp: CatchUp?
    /// How many runs of committed blocks, of whichever peer, are not written yet.
    var unwrittenRuns = 0
    /// The lowest height whose committed block this replica's log has.
    var firstHeight: Height
    /// Whether no connected peer has the block above the committed tip.
    var isOutOfReach = false
    /// Damaged blocks of the log, on their way from peers.
    var damaged = Repair()
    /// Whom a listener that heard nothing new has asked last.
    var listenedTo: ValidatorKey?
    /// How far the state machine has got, for reports and for holding votes back.
    var executed: Height
    var backlog = 0
    /// What was last reported beside a vote, and when.
    var lastReport: (room: UInt32, at: Timestamp)?
    var stateDigest: Digest?
    var divergence: DivergenceWatch

    var outbox: [Effect] = []
    var decisions: [Decision] = []
    var isHalted = false
    /// Whether a vote waits for the state machine to come nearer.
    var isVoteHeldBack = false
    /// The newest block whose vote waits for the state machine's verdict, and when the wait for one of them ends.
    var verdictWanted: Digest?
    var verdictDue: Timestamp?

    static let candidateLimit = 4
    static let certificateLimit = 64

    init(configuration: EngineConfiguration, recovered: RecoveredLog, nonce: Nonce?, now: Timestamp) {
        self.configuration = configuration
        self.now = now
        epoch = recovered.epoch
        tipProof = recovered.tipProof
        record =
            recovered.record.epoch == recovered.epoch.epoch
            ? recovered.record
            : .fresh(
                epoch: recovered.epoch.epoch, genesis: recovered.epoch.genesis,
                // What it signed in this epoch it may have forgotten too, whatever it has signed in the last one since.
                forgetting: recovered.record.forgetting == nil ? nil : .asking)
        if configuration.brokenRule == .lastVotedKept { record.lastVoted = nil }
        if configuration.brokenRule == .timedOutViewKept { record.timedOutView = nil }
        announced = (record.view, record.entry)
        let place = recovered.epoch.validators.index(of: configuration.key)
        me = recovered.mayVote ? place.map(UInt16.init) : nil
        tree = BlockTree(
            root: recovered.tipPosition, header: recovered.tip, recent: recovered.recent,
            window: configuration.genesis.maxWindow, windowSize: configuration.genesis.maxWindowSize)
        if let voted = recovered.recent.last(where: { $0.block == recovered.record.lastVoted?.block }) {
            tree.pin(voted)
        }
        votes = VoteCollector(validators: recovered.epoch.validators, brokenRule: configuration.brokenRule)
        timeouts = TimeoutCollector(validators: recovered.epoch.validators)
        if let place, me != nil, let nonce, record.forgetting == .asking {
            recall = Recall(
                nonce: nonce, validators: recovered.epoch.validators, own: place, ownView: record.view,
                brokenRule: configuration.brokenRule)
        }
        divergence = DivergenceWatch(key: configuration.key)
        executed = .genesis  // until the state machine says otherwise
        firstHeight = recovered.firstHeight
        for block in recovered.uncommitted {
            let isCertified = recovered.record.highQC.block == block.hash
            // Above a gap they count as not written: a vote writes down to the first that is, and must fill the gap.
            let isWhole = block.header.parent == tree.root.block || tree[block.header.parent]?.isConnected == true
            _ = tree.insert(block, isWritten: isWhole, isCertified: isCertified)
        }
        if let voted = record.lastVoted, voted.height > tree.root.height, tree[voted.block]?.isConnected != true {
            unbackedVote = voted
        }
    }

    /// Takes up work where the record says it was left.
    mutating func start() {
        restartViewTimer()
        if let proof = tipProof { take(proof.certificate) }
        for height in heightsHeld { for hash in tree.blocks(at: height) { tree.block(hash).map { connected($0) } } }
        take(record.highQC)
        if !keeps(.highQCKept) { record.highQC = .genesis(of: epoch.epoch, at: epoch.genesis) }
        beginRecalling()
        if hasGivenUp, maySign {
            timer.beginRepeating(now: now)
            timer.timedOutWith = record.highQC
            // To itself too: what it has collected is empty, and its own timeout may be the one that makes the quorum.
            emit(.sign(.timeout(epoch: epoch.epoch, view: record.view, highQC: record.highQC), to: allValidators))
        }
        guard isLeader, !hasGivenUp else { return }
        if record.hasLed || record.view > View(0) || !maySign {
            // Its first proposal may have left before the restart, and a second one would contradict it.
            abdicate()
        } else if record.highQC.isGenesis {
            record.hasLed = true
            durability.await(write([.record(record)]), then: .entered(record.view))
        }
    }

    private var heightsHeld: [Height] {
        let lowest = tree.root.height.rawValue
        return (0...UInt64(tree.count)).compactMap { Height(lowest &+ $0 &+ 1) }.filter { !tree.blocks(at: $0).isEmpty }
    }

    // MARK: - Messages

    /// Takes in a message whose signatures and certificates were checked.
    mutating func receive(_ message: Verified<Message>, from peer: ValidatorKey) {
        switch message.value {
        case .hello(let hello): receive(hello, from: peer)
        case .proposal(let proposal): receive(proposal, refused: message.refused, from: peer)
        case .vote(let vote): receive(vote, from: peer)
        case .suspicion(let suspicion): receive(suspicion, from: peer)
        case .timeout(let timeout): receive(timeout, from: peer)
        case .certificate(let certificate): take(certificate)
        case .entry(let entry): take(entry)
        case .entryRequest(let epoch, let view): answerEntryRequest(epoch: epoch, view: view, from: peer)
        case .blockRequest(let request): answer(request, from: peer)
        case .blocks(let answer): receive(answer, refused: message.refused, from: peer)
        case .commitRequest(let request): emit(.serveCommits(request, to: peer))
        case .commits(let answer): receive(answer, from: peer)
        case .evidence(let evidence): receive(evidence)
        case .recallRequest(let request): answer(request, from: peer)
        case .recallAnswer(let answer): receive(answer)
        case .stateDigests(let digests): receive(digests, from: peer)
        }
    }

    /// Does what is due by now; called after every input, so that nothing waits for a wake-up of its own.
    mutating func advance() {
        guard !isHalted else { return }
        advanceView()
        if isVoteHeldBack || verdictDue.map({ $0 <= now }) == true { tryToVote() }
        advanceLeading()
        advanceRecalling()
        requestMissing()
        requestRepairs()
    }

    /// The next time at which something is due; nil if nothing is.
    var nextDue: Timestamp? {
        // A fetch waits while committed blocks are taken over, and where there is nobody to ask.
        let fetchDue = catchUp == nil && !peers.connected.isEmpty ? fetch?.due : nil
        let voteDue = isVoteHeldBack ? timer.heldBackVoteDue : nil
        return .earliest(
            .earliest(.earliest(me == nil ? timer.expiry : timer.due, leading?.due), recall?.due),
            .earliest(
                .earliest(.earliest(fetchDue, verdictDue), .earliest(catchUp?.due, voteDue)),
                peers.connected.isEmpty ? nil : damaged.due))
    }

    // MARK: - What the rest is made of

    /// Who leads the present view.
    var leader: Validator { epoch.leader(of: record.view, by: configuration.genesis.rotation) }

    /// Whether this replica is the present view's leader, whether or not it may still propose in it.
    var isLeader: Bool { me != nil && leader.key == configuration.key }

    /// Whether this replica has given up the present view.
    var hasGivenUp: Bool { record.timedOutView.map { $0 >= record.view } ?? false }

    /// The other validators, in the order of their keys.
    var otherValidators: [ValidatorKey] { epoch.validators.members.map(\.key).filter { $0 != configuration.key } }

    /// All validators, this replica included.
    var allValidators: [ValidatorKey] { epoch.validators.members.map(\.key) }

    /// The other validators, and the listeners that subscribed.
    var audience: [ValidatorKey] {
        otherValidators + peers.subscribers.filter { epoch.validators.index(of: $0) == nil }
    }

    /// Whether a rule is in force; only a test of the tests turns one off.
    func keeps(_ rule: BrokenRule) -> Bool { configuration.brokenRule != rule }

    mutating func emit(_ effect: Effect) { outbox.append(effect) }

    mutating func write(_ writes: [LogWrite]) -> WriteTicket {
        let ticket = durability.nextTicket()
        emit(.write(writes, ticket: ticket))
        return ticket
    }

    mutating func halt(_ reason: HaltReason) {
        isHalted = true
        emit(.halt(reason))
    }
}
