internal import DequeModule

/// Everything that decides, in one plain value: consensus and the speculation ledger.
///
/// It has no threads, clocks, sockets, files or randomness. A driver tells it what happened by `step` and does what it
/// answers, in order (`Effect` is the contract); so the same value runs in a replica, in a simulator and in a test.
public struct Engine: Sendable {
    let configuration: EngineConfiguration
    var consensus: Consensus
    var ledger: SpeculationLedger
    /// How far the state machine follows other leaders' uncommitted blocks.
    var followed = FollowedBranch()
    /// How many blocks are committed at once.
    var decisions = RecentDecisions()
    /// Calls of `doPropose()` that wait, oldest first.
    private var waiting: Deque<ProposeRequest> = []
    /// The committed tip as far as it is in the log.
    private var durableTip: LogPosition
    private var lastWake: Timestamp?
    /// When something is due next; nil if nothing is.
    private var nextDue: Timestamp?

    /// The engine of a replica that starts with what its log holds.
    ///
    /// - Parameter nonce: drawn at random for this life. A replica that has forgotten asks by it; without one it asks
    ///   nobody, and signs nothing.
    public init(
        configuration: EngineConfiguration, recovered: RecoveredLog, nonce: Nonce? = nil, now: Timestamp
    ) {
        self.configuration = configuration
        consensus = Consensus(configuration: configuration, recovered: recovered, nonce: nonce, now: now)
        ledger = SpeculationLedger(
            bufferDepth: configuration.bufferDepth, adaptsBuffer: configuration.adaptsBuffer,
            decidedLimit: configuration.decidedSize,
            entryLimit: configuration.appliedBlockLimit, brokenRule: configuration.brokenRule)
        durableTip = recovered.tipPosition
    }

    /// What is to be done first; called once, before the first `step`.
    public mutating func start() -> [Effect] {
        consensus.start()
        return finishStep()
    }

    /// Takes in one input and answers with what must happen, in order.
    public mutating func step(_ input: Input) -> [Effect] {
        guard !consensus.isHalted else { return [] }
        switch input {
        case .clock(let time):
            consensus.now = max(consensus.now, time)
            // Most readings of the clock come before a message and find nothing due.
            guard let nextDue, nextDue <= consensus.now else { return [] }
        case .message(let message, let peer): consensus.receive(message, from: peer)
        case .connected(let peer): consensus.connect(peer)
        case .disconnected(let peer): consensus.disconnect(peer)
        case .durable(let ticket): consensus.durable(ticket)
        case .damaged(let position): consensus.repair(position)
        case .pruned(let height): consensus.pruned(below: height)
        case .machine(let answer): take(answer)
        case .propose(let request): waiting.append(request)
        case .cancelProposal(let id): waiting.removeAll { $0.id == id }
        case .resign: consensus.resign()
        case .leadAgain: consensus.leadAgain()
        }
        return finishStep()
    }

    /// A moment's picture.
    public var status: EngineStatus {
        let tenure = consensus.leading
        return EngineStatus(
            epoch: consensus.epoch.epoch, view: consensus.record.view, leader: consensus.leader.key,
            isValidator: consensus.me != nil, isStableLeader: tenure?.isStable ?? false, committed: durableTip,
            executed: consensus.executed, bufferedProposals: ledger.buffered,
            uncertifiedBlocks: tenure.map { Int(clamping: $0.tip.height.blocks(above: $0.justify.height)) } ?? 0,
            uncommittedBlocks: consensus.tree.count, isCatchingUp: consensus.catchUp != nil || consensus.isOutOfReach,
            hasForgotten: consensus.hasForgotten, appliedBlocks: ledger.count)
    }

    /// What the oldest call of `doPropose()` waits for; nil if none waits, or if this replica does not lead.
    public var proposeWait: ProposeWait? {
        guard let request = waiting.first, case .payload = request.content else { return nil }
        switch consensus.obstacle(toProposing: ledger.firstBuffered?.count ?? 0) {
        case .notLeading: return nil
        case .notOpen: return .stableLeader
        case .windowFull: return .window
        case nil: break
        }
        guard consensus.leading?.isStable == true else { return .stableLeader }
        guard hasRoomAtQuorum else { return .quorum }
        return ledger.firstBuffered == nil ? .proposal : nil
    }

    /// The height up to which the state machines of a quorum have made blocks final, as far as they have told.
    public var executedAtQuorum: Height {
        reached(by: { $0?.executed ?? .genesis }, own: consensus.executed, isBetter: >) ?? .genesis
    }

    /// How many decided blocks wait at most for the state machines of the quorum where fewest do, those being executed
    /// included, as far as they have told.
    public var backlogAtQuorum: Int {
        let limit = configuration.decidedBlocks
        return reached(by: { max(0, limit - Int($0?.room ?? 0)) }, own: consensus.backlog, isBetter: <) ?? limit
    }

    /// What the best quorum's members have reached or do better than.
    private func reached<Value>(
        by reported: (VoteReport?) -> Value, own: Value, isBetter: (Value, Value) -> Bool
    ) -> Value? {
        let members = consensus.epoch.validators.members.map { member in
            let value = member.key == configuration.key ? own : reported(consensus.peers[member.key]?.report)
            return (value: value, power: member.power)
        }
        var power: UInt64 = 0
        for member in members.sorted(by: { isBetter($0.value, $1.value) }) {
            power += member.power
            if consensus.epoch.validators.isQuorum(power: power) { return member.value }
        }
        return nil
    }

    /// What it holds at this moment.
    package var holdings: EngineHoldings { EngineHoldings(consensus, buffered: ledger.buffered) }

    // MARK: - One step

    /// Lets consensus and the speculation work on what the input changed until neither has more to say.
    private mutating func finishStep() -> [Effect] {
        takeDecisions()
        serveProposeRequests()
        consensus.advance()
        takeDecisions()
        followOthers()
        serveProposeRequests()

        var effects = consensus.outbox
        consensus.outbox.removeAll(keepingCapacity: true)
        let due = Timestamp?.earliest(consensus.nextDue, waiting.lazy.compactMap(\.deadline).min())
        nextDue = due
        if let due, due != lastWake, !consensus.isHalted {
            lastWake = due
            effects.append(.wake(at: due))
        }
        return effects
    }

    /// What consensus decided, as the ledger's inputs: what committed first, as a new tenure builds on it.
    private mutating func takeDecisions() {
        while !consensus.decisions.isEmpty {
            let decisions = consensus.decisions
            consensus.decisions.removeAll()
            var payloads = 0
            for case .committed(let block) in decisions {
                committed(block)
                if !block.isNudge { payloads += 1 }
            }
            if payloads > 0 { self.decisions.add(payloads) }
            for decision in decisions {
                switch decision {
                case .committed: break
                case .viewEntered: perform(ledger.viewLost())
                case .leading:
                    beginLimitedView()
                    if configuration.brokenRule == .stableBeforeAsking { becomeStable() }
                }
            }
        }
    }

    private mutating func committed(_ block: Block) {
        durableTip = block.position
        if let payload = PayloadBlock(block) {
            perform(ledger.committed(payload))
        } else {
            perform(ledger.committedNudge(block.position))
        }
        noteProgress()
        if block.view == consensus.record.view, block.header.epoch == consensus.epoch.epoch { becomeStable() }
    }

    /// A block of the tenure has committed: what other leaders proposed can no longer come between.
    private mutating func becomeStable() {
        guard configuration.genesis.viewLimit == nil, consensus.leading?.isStable == false, ledger.isRecovered else {
            return
        }
        consensus.becomeStable()
        perform(ledger.leaderStable())
    }

    /// A tenure of a few blocks has no time to become stable: the ledger takes over the chain that it extends.
    private mutating func beginLimitedView() {
        guard configuration.genesis.viewLimit != nil, let tenure = consensus.leading, tenure.index == nil,
            !tenure.isStable, ledger.isRecovered, let path = consensus.tree.path(to: tenure.tip.block)
        else { return }
        // What is decided and on its way to the log has not reached the ledger yet.
        let chain = consensus.durability.undelivered + path
        perform(ledger.limitedViewBegun(on: chain.compactMap(PayloadBlock.init)))
        consensus.becomeStable()
    }

    /// What the state machine's thread reports.
    private mutating func take(_ answer: MachineAnswer) {
        let before = ledger.executed
        perform(ledger.take(answer))
        noteDigest(answer)
        noteProgress()
        switch answer {
        case .proposed: consensus.emit(.event(.proposalMade(buffered: ledger.buffered)))
        case .committed(let position, _): consensus.emit(.event(.executed(position)))
        case .validated(let position, let verdict): consensus.take(verdict, on: position)
        case .recovered: if before == nil { recovered() }
        default: break
        }
    }

    /// The state machine is ready: a tenure whose first block committed before that can begin to ask it.
    ///
    /// An epoch's genesis is of no view of it, though its header names view 0.
    private mutating func recovered() {
        beginLimitedView()
        guard consensus.leading != nil, consensus.tree.rootHeader.view == consensus.record.view,
            consensus.tree.rootHeader.epoch == consensus.epoch.epoch, durableTip == consensus.tree.root,
            durableTip != consensus.epoch.genesis
        else { return }
        becomeStable()
    }

    mutating func perform(_ change: LedgerChange) {
        for instruction in change.instructions { consensus.emit(.machine(instruction)) }
        if let rolledBack = change.rolledBack { consensus.emit(.event(.rolledBack(rolledBack))) }
    }

    /// Keeps the digest of the state after a block that is final.
    private mutating func noteDigest(_ answer: MachineAnswer) {
        guard let digest = ledger.readings.digest else { return }
        switch answer {
        case .committed(let position, _), .recovered(let position, _): consensus.divergence.note(digest, at: position)
        default: break
        }
    }

    /// Tells consensus how far the state machine is, for reports and for holding votes back.
    private mutating func noteProgress() {
        if let executed = ledger.executed { consensus.executed = executed.height }
        consensus.backlog = ledger.isRecovered ? ledger.behind : 0
        consensus.stateDigest = ledger.readings.digest
        consensus.compareReports()
        consensus.reportRoomIfAwaited()
    }

    // MARK: - doPropose

    /// Answers the calls of `doPropose()` that can be answered, oldest first.
    private mutating func serveProposeRequests() {
        while let request = waiting.first {
            guard let result = serve(request) else { return serveOutOfTurn() }
            waiting.removeFirst()
            consensus.emit(.answer(request.id, result))
        }
    }

    /// The answer to a call; nil if it has to wait.
    private mutating func serve(_ request: ProposeRequest) -> Result<Proposed, ProposeError>? {
        let isDue = request.deadline.map { $0 <= consensus.now } ?? false
        guard case .payload(let ifEmpty) = request.content else { return proposeNudge(isDue: isDue) }
        if case .notLeading = consensus.obstacle(toProposing: 0) { return notLeader() }
        guard isDue || ledger.firstBuffered != nil else {
            if consensus.leading?.isStable == true { perform(ledger.starved()) }
            return nil
        }
        guard consensus.leading?.isStable == true, hasRoomAtQuorum else {
            return isDue ? .failure(.windowFull) : nil
        }
        guard let next = ledger.firstBuffered else {
            guard isDue else { return nil }
            return ifEmpty == .nudge ? proposeNudge(isDue: true) : .failure(.nothingToPropose)
        }
        guard consensus.obstacle(toProposing: next.count) == nil,
            let height = consensus.leading?.tip.height.successor, let drained = ledger.drain(at: height)
        else { return isDue ? .failure(.windowFull) : nil }
        perform(drained.change)
        return consensus.propose(drained.payload).map { .success($0) } ?? notLeader()
    }

    private mutating func proposeNudge(isDue: Bool) -> Result<Proposed, ProposeError>? {
        switch consensus.obstacle(toProposing: 0) {
        case .notLeading: notLeader()
        case .notOpen, .windowFull: isDue ? .failure(.windowFull) : nil
        case nil: consensus.propose(.empty).map { .success($0) } ?? notLeader()
        }
    }

    private func notLeader() -> Result<Proposed, ProposeError> {
        // A leader that has given its view up names the next one: asking again here would not help.
        let isOver = consensus.isLeader
        let view = isOver ? consensus.record.view.next : consensus.record.view
        let leader = consensus.epoch.leader(of: view, by: configuration.genesis.rotation).key
        return .failure(.notLeader(leader: leader, view: view))
    }

    /// Whether the slowest member of the best quorum has room for another payload: one slow replica slows nobody, a
    /// slow quorum slows the leader (speculation: *back-pressure*).
    ///
    /// A report is old by half a round trip, and what is under way takes up room too. Without that a leader with a large
    /// window would overrun the quorum by a window, wait, and overrun it again.
    private var hasRoomAtQuorum: Bool {
        guard let tenure = consensus.leading else { return true }
        var power: UInt64 = 0
        for member in consensus.epoch.validators.members {
            let hasRoom: Bool
            if member.key == configuration.key {
                hasRoom = consensus.backlog < configuration.decidedBlocks
            } else {
                hasRoom = consensus.peers[member.key].map { $0.hasRoom(beyond: tenure) } ?? true
            }
            if hasRoom { power += member.power }
        }
        return consensus.epoch.validators.isQuorum(power: power)
    }

    /// Answers those whose limit has come, or who ask for a nudge, though others wait before them for a payload.
    private mutating func serveOutOfTurn() {
        let now = consensus.now
        func mayPass(_ request: ProposeRequest) -> Bool {
            request.content == .nudge || request.deadline.map { $0 <= now } ?? false
        }
        guard waiting.contains(where: mayPass) else { return }
        var still: Deque<ProposeRequest> = []
        for request in waiting {
            if mayPass(request), let result = serve(request) {
                consensus.emit(.answer(request.id, result))
            } else {
                still.append(request)
            }
        }
        waiting = still
    }
}

extension PeerTable.Peer {
    /// Whether it has room for another payload when all that is under way has come.
    ///
    /// That is what has not committed, and what has since it reported: about as much as was proposed since.
    fileprivate func hasRoom(beyond tenure: Leading) -> Bool {
        guard let report else { return true }
        return Int(report.room) > tenure.wanted.count + tenure.wantedCount(above: reportedAt)
    }
}
