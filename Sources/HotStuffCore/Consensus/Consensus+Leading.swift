/// Protocol §3: what the leader of a view proposes, when, and what it does with the votes.
extension Consensus {
    /// This replica has made durable that it leads the view.
    mutating func beginLeading() {
        guard maySign, !hasGivenUp, !timer.hasAbdicated, leading == nil else { return }
        leading = Leading(justify: record.highQC, now: now)
        openTenure()
    }

    /// Proposes the first block of the tenure, or lets the speculation do so, once what it extends is held.
    private mutating func openTenure() {
        guard var tenure = leading, tenure.index == nil, tenure.heartbeatDue == nil else { return }
        // A higher certificate may have been released since the view was entered.
        tenure.justify = record.highQC
        tenure.carried = record.highQC
        tenure.tip = record.highQC.position
        guard let path = tree.path(to: tenure.tip.block) else {
            leading = tenure
            return
        }
        if let newest = path.last { tenure.carried = newest.header.justify }
        tenure.wanted = .init(path.filter { !$0.isNudge }.map(\.height.rawValue))
        tenure.heartbeatDue = now + timer.third
        leading = tenure
        decisions.append(.leading)
        if configuration.genesis.viewLimit == nil {
            _ = propose(.empty)
        } else if !tenure.wanted.isEmpty {
            leading?.pushDue = now
        }
    }

    // MARK: - Proposing

    /// Why a block cannot be proposed now.
    enum Obstacle: Sendable, Hashable {
        /// This replica does not lead the view, or has given it up.
        case notLeading
        /// The tenure has not begun, or has no room for another block.
        case notOpen
        /// As many blocks as may be are uncertified.
        case windowFull
    }

    /// What stands against proposing a block of `size` payload bytes; nil if nothing does.
    func obstacle(toProposing size: Int) -> Obstacle? {
        guard isLeader, !hasGivenUp, !timer.isResigning else { return .notLeading }
        // Not leading yet: the record that says so is on its way to the disk. Its doubts do not keep it from leading
        // once that is durable; having abdicated does.
        guard let tenure = leading else { return timer.hasAbdicated ? .notLeading : .notOpen }
        guard tenure.heartbeatDue != nil else { return .notOpen }
        if let limit = configuration.genesis.viewLimit, let index = tenure.index, index + 1 >= UInt64(limit) {
            return .notOpen
        }
        let ahead = tenure.tip.height.blocks(above: tenure.justify.height)
        guard ahead < UInt64(window) else { return .windowFull }
        let bytes = tree.bytes(above: tenure.justify.position, to: tenure.tip.block)
        guard bytes &+ UInt64(size) <= UInt64(configuration.genesis.maxWindowSize.bytes) else { return .windowFull }
        return nil
    }

    /// How many blocks may be uncertified now.
    var window: Int {
        let most = configuration.genesis.maxWindow
        return min(configuration.window ?? leading?.pace.window ?? most, most)
    }

    /// Makes the next block on the tip and sees that it leaves; nil if something stands against it.
    mutating func propose(_ payload: Payload) -> Proposed? {
        guard obstacle(toProposing: payload.count) == nil, var tenure = leading,
            let height = tenure.tip.height.successor
        else { return nil }
        let isFirst = tenure.index == nil
        let header = BlockHeader(
            chainID: configuration.chainID, epoch: epoch.epoch, view: record.view, height: height,
            index: tenure.index.map { $0 + 1 } ?? 0, parent: tenure.tip.block,
            justify: keeps(.ownChain) ? tenure.justify : record.highQC,
            entry: isFirst ? record.entry : nil, closes: nil, payloadDigest: payload.digest,
            payloadLength: UInt64(payload.count), nextValidators: nil)
        let block = Block(header: header, stored: payload, hash: header.hash)
        guard tree.insert(block, isWritten: false, isCertified: false) == .connected else { return nil }
        tree.update(block.hash) { $0.verdict = .valid }  // it was made on its parent's state

        if !block.isNudge { endIdling() }
        tenure.index = header.index
        tenure.tip = block.position
        tenure.carried = tenure.justify
        if !block.isNudge || isFirst { tenure.wanted.append(height.rawValue) }
        tenure.unsent.append(block)
        if tenure.pushDue != nil { tenure.isRunAwaited = true }
        tenure.pushDue = nil
        tenure.certificateDue = nil
        tenure.pace.sent(height, certified: tenure.justify.height, isPayload: !block.isNudge, now: now)
        if tenure.flushDue == nil { tenure.flushDue = now + Self.longestRunWait }
        leading = tenure
        if isFull(tenure) || !isWorthWaiting(for: tenure.unsent, tenure.pace) { sendRun() }
        let proposed = Proposed(
            block: block.hash, height: height, epoch: epoch.epoch, view: record.view, isNudge: block.isNudge)
        emit(.event(.proposed(proposed)))
        return proposed
    }

    /// Whether a run need not wait for more blocks.
    ///
    /// While payloads are on their way, a run takes in what is proposed within `longestRunWait`: the signatures, votes and
    /// syncs that it costs everybody are the same for one block as for five. With none on its way a block leaves at once.
    private func isFull(_ tenure: Leading) -> Bool {
        guard tenure.unsent.count >= tenure.runLength else { return false }
        guard tenure.hasPayloadUnderWay, let interval = tenure.pace.proposalInterval else { return true }
        let wait = tenure.isRunAwaited ? Self.longestRunWait / 2 : Self.longestRunWait
        let atPace = wait.wholeNanoseconds / max(interval.wholeNanoseconds, 1)
        return tenure.unsent.count >= min(Int(clamping: atPace), longestRun)
    }

    /// How many blocks a run may take in, so that there is always a second one in the window.
    private var longestRun: Int { min(max(1, window / 2), Limits.run) }

    /// Whether another payload may join a run, which is one frame and must not be a long one, and is likely to come in
    /// time.
    private func isWorthWaiting(for run: [Block], _ pace: LeaderPace) -> Bool {
        guard let interval = pace.proposalInterval, interval <= Self.longestRunWait else { return false }
        return run.reduce(0) { $0 + $1.payload.count } < Self.largestRun.bytes
    }

    /// Payload bytes beyond which a run is sent as it is.
    private static let largestRun = ByteCount.kibibytes(256)
    /// How long a block waits for others of its run.
    private static let longestRunWait = Duration.milliseconds(5)

    /// Sends the blocks that were made since the last run; the own vote follows once they are durable.
    private mutating func sendRun() {
        guard let run = leading?.unsent, let tail = run.last else { return }
        leading?.unsent = []
        leading?.isRunAwaited = false
        leading?.flushDue = nil
        leading?.newestRun = run
        leading?.repetitionDue = now + timer.quarter
        let nextSign = now + heartbeat
        leading?.heartbeatDue = nextSign
        emit(.sign(.proposal(run), to: audience))
        consider(tail.hash)
        tryToVote()
    }

    /// Does what is due in this tenure.
    mutating func advanceLeading() {
        guard leading != nil, !hasGivenUp else { return }
        if leading?.heartbeatDue == nil {
            openTenure()
            // Just opened: the speculation is asked first, and comes back here.
            if leading?.heartbeatDue != nil, configuration.genesis.viewLimit != nil { return }
        }
        if let due = leading?.flushDue, due <= now { sendRun() }
        if let due = leading?.pushDue, due <= now {
            leading?.pushDue = nil
            if propose(.empty) != nil { sendRun() }
        }
        if let due = leading?.certificateDue, due <= now, let certificate = leading?.justify {
            leading?.certificateDue = nil
            emit(.send(.certificate(certificate), to: audience))
        }
        if let due = leading?.heartbeatDue, due <= now {
            let nextSign = now + heartbeat
            leading?.heartbeatDue = nextSign
            if propose(.empty) != nil { sendRun() }
        }
        if let due = leading?.repetitionDue, due <= now { repeatNewestRun() }
    }

    /// Sends the newest run again to those whose vote for it has not come.
    private mutating func repeatNewestRun() {
        leading?.repetitionDue = now + timer.quarter
        guard let run = leading?.newestRun, let tail = run.last, let tenure = leading,
            tenure.justify.height < tail.height
        else { return }
        let missing = otherValidators.filter { key in
            guard let signer = epoch.validators.index(of: key), let newest = votes.newestVote(of: signer) else {
                return true
            }
            return newest < tail.header.rank
        }
        emit(.sign(.proposal(run), to: missing))
    }

    /// A peer that connects again is sent what it may have missed.
    mutating func repeatNewestRun(to peer: ValidatorKey) {
        guard let run = leading?.newestRun, !run.isEmpty, !hasGivenUp else { return }
        emit(.sign(.proposal(run), to: [peer]))
    }

    // MARK: - Votes

    /// Takes in a vote, the own one included once it is signed.
    mutating func receive(_ vote: Vote, from peer: ValidatorKey) {
        guard vote.epoch == epoch.epoch else { return }
        if let me, vote.signer == me, peer != configuration.key, !mayHaveForgotten(signing: vote.view),
            record.lastVoted.map({ $0.rank < Rank(view: vote.view, height: vote.height) }) ?? true
        {
            return halt(.unknownOwnSignature(view: vote.view, height: vote.height))
        }
        peers.noteReport(vote.report, at: vote.height, of: peer)
        compare(vote.report, of: peer)
        // Only blocks that are held: nobody can make this replica keep tallies of inventions.
        // And all that was signed must be the block's, the index too: one vote that differs would spoil a certificate,
        // which this replica alone would then believe in.
        guard let header = tree.block(vote.block)?.header, header.index == vote.index,
            header.rank == Rank(view: vote.view, height: vote.height)
        else { return }
        guard tree[vote.block]?.certificate == nil else { return }
        if let certificate = votes.count(vote) {
            take(certificate)
        } else {
            lengthenRunsIfVotesMiss()
        }
    }

    /// A certificate on a held block is known: the leader carries it, and what it helps is pushed on.
    mutating func leaderTook(_ certificate: QuorumCertificate) {
        votes.forget(upTo: certificate.rank)
        guard var tenure = leading, tenure.index != nil, certificate.rank > tenure.justify.rank,
            tree.isAncestor(certificate.position, of: tenure.tip.block)
        else { return }
        tenure.justify = certificate
        tenure.pace.certified(certificate.height, now: now)
        tenure.repetitionDue = now + timer.quarter
        if tenure.runLength > 1, certificate.height.rawValue + UInt64(tenure.runLength) >= tenure.tip.height.rawValue {
            tenure.runLength -= 1  // the votes meet again
        }
        if let interval = tenure.pace.proposalInterval, !tenure.hasPayloadUnderWay {
            tenure.flushDue = .earliest(tenure.flushDue, tenure.flushDue.map { _ in now + interval })
        }
        let soon = tenure.pace.untilNextProposal(now: now).map { $0 < Self.longestPush ? now + Self.longestPush : now }
        if isNearer(with: certificate, in: tenure) {
            tenure.pushDue = tenure.pushDue ?? soon ?? now
        } else if tenure.wants(above: .genesis, upTo: certificate.height) {
            tenure.certificateDue = tenure.certificateDue ?? soon ?? now
        }
        leading = tenure
    }

    /// How long a certificate waits for a payload that is likely to carry it, before a nudge does.
    private static let longestPush = Duration.milliseconds(2)

    /// Whether a block that carried this certificate would take an uncommitted payload one certificate nearer to its
    /// commit than any block proposed already does.
    private func isNearer(with certificate: QuorumCertificate, in tenure: Leading) -> Bool {
        var old = tenure.carried
        var new = certificate
        for _ in 1..<configuration.genesis.commitChainLength {
            if tenure.wants(above: old.height, upTo: new.height) { return true }
            guard let below = tree.block(new.block)?.header.justify else { return false }
            old = tree.block(old.block)?.header.justify ?? QuorumCertificate.genesis(of: epoch.epoch, at: tree.root)
            new = below
        }
        return false
    }

    /// A quorum has voted above the highest certificate, and not for one block: longer runs make votes meet.
    private mutating func lengthenRunsIfVotesMiss() {
        guard let tenure = leading, let reached = votes.quorumReached, reached.view == record.view,
            reached.height.blocks(above: tenure.justify.height) > UInt64(2 * tenure.runLength),
            tenure.justify.view == record.view
        else { return }
        let longer = min(tenure.runLength * 2, longestRun)
        leading?.runLength = longer
    }

    /// The first block of this tenure has committed.
    mutating func becomeStable() {
        guard let view = leading.map({ _ in record.view }), leading?.isStable == false else { return }
        leading?.isStable = true
        emit(.event(.leaderStable(view)))
    }

    /// Hands over the view, if this replica leads it: others need not wait for a timer.
    mutating func resign() {
        // What waits for others of its run is proposed already, as far as the state machine knows.
        sendRun()
        timer.isResigning = true
        if isLeader { abdicate() }
    }

    /// Takes back `resign`, for later views: of this one others may have heard that it is handed over.
    mutating func leadAgain() { timer.isResigning = false }
}
