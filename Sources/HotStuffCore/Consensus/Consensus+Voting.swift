/// Protocol §4: which blocks a replica holds, and which of them it votes for.
extension Consensus {
    /// Takes in a signed run of blocks.
    mutating func receive(_ proposal: Proposal, refused: [Digest], from peer: ValidatorKey) {
        guard let first = proposal.blocks.first?.header, let tail = proposal.blocks.last,
            first.epoch == epoch.epoch
        else { return }
        take(first.justify, raisesHighest: keeps(.highQCAtVote))
        if let entry = first.entry { take(entry) }
        if !keeps(.entry), first.view > record.view { enter(first.view, by: nil) }
        guard first.view <= record.view else {
            requestEntry(of: first.view, from: peer)
            return
        }
        let run = BlockTree.SignedRun(blocks: proposal.blocks, signature: proposal.signature)
        for block in proposal.blocks {
            // A block of a view that is over can only matter if it is certified, and is fetched then.
            guard first.view == record.view || tree.reaches(block.header.parent) else { return }
            hold(block, isRefused: refused.contains(block.hash), run: run)
        }
        guard first.view == record.view else { return }
        consider(tail.hash)
        voteAgain(ifAncestor: tail.position)
        tryToVote()
    }

    /// Holds a block, and whatever it connects.
    mutating func hold(_ block: Block, isRefused: Bool, run: BlockTree.SignedRun?) {
        let certificate = unheldCertificates.first { $0.block == block.hash }
        // Rule 3 bounds an uncertified chain whatever its leader signs, before it is held rather than at the vote.
        let lead = block.height.blocks(above: block.header.justify.height)
        guard lead <= UInt64(configuration.genesis.maxWindow) || !keeps(.maxWindow) || certificate != nil || run == nil
        else { return }
        let outcome = tree.insert(block, isWritten: false, isCertified: certificate != nil)
        guard outcome != .refused else { return }
        tree.update(block.hash) { node in
            if node.run == nil { node.run = run }
            if isRefused, node.certificate == nil { node.isRefused = true }
            if let certificate { node.certificate = certificate }
        }
        unheldCertificates.removeAll { $0.block == block.hash }
        if let run { reportEquivocation(with: run, at: block) }
        guard outcome == .connected else { return }
        connected(block)
        for descendant in tree.connectDescendants(of: block.position) { connected(descendant) }
    }

    /// A block's ancestors are all held now: what it carries and what certifies it counts.
    mutating func connected(_ block: Block) {
        if !block.isNudge { endIdling() }
        if let certificate = tree[block.hash]?.certificate {
            spreadCertificate(from: block.hash)
            commit(by: certificate)
        }
        take(block.header.justify, raisesHighest: keeps(.highQCAtVote))
    }

    /// Remembers the newest block of a run as one that may be voted for.
    mutating func consider(_ hash: Digest) {
        guard !candidates.contains(hash), let height = tree.block(hash)?.height else { return }
        if let voted = record.lastVoted, voted.view == record.view, height <= voted.height, keeps(.descent) { return }
        candidates.append(hash)
        if candidates.count > Self.candidateLimit { candidates.removeFirst() }
    }

    /// Votes for the highest block that may be voted for, if there is one.
    mutating func tryToVote() {
        isVoteHeldBack = false
        (verdictWanted, verdictDue) = (nil, nil)
        guard maySign, !hasGivenUp || !keeps(.givenUpView), !candidates.isEmpty else { return }
        let ordered = candidates.compactMap { tree.block($0) }.sorted { $0.height > $1.height }
        for block in ordered {
            guard block.view == record.view, tree[block.hash]?.isConnected == true else { continue }
            guard descendsFromLastVote(block) else { continue }
            if let reason = objection(to: block) {
                candidates.removeAll { $0 == block.hash }
                emit(.event(.refusedToVote(block.position, reason: reason)))
                continue
            }
            guard hasVerdict(on: block) else { continue }
            isVoteHeldBack = !hasRoom(for: block)
            guard !isVoteHeldBack else { return }
            vote(for: block)
            candidates.removeAll { hash in (tree.block(hash)?.height ?? .genesis) <= block.height }
            return
        }
        candidates.removeAll { tree.block($0) == nil }
    }

    /// Rule 5: of one view, only strict descendants of what was voted for; never of a lower view.
    private func descendsFromLastVote(_ block: Block) -> Bool {
        guard let voted = record.lastVoted else { return true }
        guard voted.view == block.view else { return voted.view < block.view }
        guard keeps(.descent) else { return block.hash != voted.block }
        guard keeps(.descentByHeight) else { return block.height > voted.height }
        return block.height > voted.height
            && tree.isAncestor(LogPosition(height: voted.height, block: voted.block), of: block.hash)
    }

    /// What speaks against a vote for a connected block: nil if it and all its uncommitted ancestors are valid.
    private mutating func objection(to block: Block) -> String? {
        var unchecked: [Block] = []
        var current = block
        while true {
            guard let node = tree[current.hash] else { break }
            if node.isCertified || node.isValid == true { break }
            if node.isValid == false { return "an ancestor at height \(current.height) is not valid" }
            unchecked.append(current)
            guard let parent = tree.block(current.header.parent) else { break }
            current = parent
        }
        for block in unchecked.reversed() {
            let violation = violation(by: block)
            tree.update(block.hash) { $0.isValid = violation == nil }
            if let violation { return violation }
        }
        return nil
    }

    /// The rule that a block breaks whose parent is valid; nil if it keeps rules 3, 4, 6 and 7.
    private func violation(by block: Block) -> String? {
        let header = block.header
        let parent = tree.block(header.parent)?.header ?? tree.rootHeader
        let parentPosition =
            tree.block(header.parent)?.position ?? tree.root
        let follows = header.parent != epoch.genesis.block && parent.epoch == header.epoch
        let sameView = follows && parent.view == header.view

        guard header.chainID == configuration.chainID, header.epoch == epoch.epoch else {
            return "it is of another chain or epoch"
        }
        guard parentPosition.height.successor == header.height else { return "its height is not its parent's plus 1" }

        // Rule 3.
        let justify = header.justify
        guard justify.height < header.height,
            tree.isAncestor(justify.position, of: header.parent) || !keeps(.justifyOnAncestor)
        else {
            return "its certificate is not on an ancestor"
        }
        guard !sameView || justify.rank >= parent.justify.rank else {
            return "its certificate ranks below its parent's"
        }
        guard
            header.height.blocks(above: justify.height) <= UInt64(configuration.genesis.maxWindow)
                || !keeps(.maxWindow)
        else {
            return "it lies more than \(configuration.genesis.maxWindow) blocks above what it certifies"
        }
        guard
            tree.bytes(above: justify.position, to: block.hash) <= UInt64(configuration.genesis.maxWindowSize.bytes)
        else { return "more than \(configuration.genesis.maxWindowSize) lie between it and what it certifies" }

        // Rule 4.
        if header.index == 0 {
            guard header.parent == justify.block else { return "the first of a view, but not on what it certifies" }
            guard justify.isGenesis || justify.view < header.view else { return "its certificate is of its own view" }
            guard opens(header) else { return "nothing in it opens its view" }
        } else {
            guard sameView, parent.index.addingReportingOverflow(1) == (header.index, false) else {
                return "its index does not follow from its parent's"
            }
            guard header.entry == nil else { return "it opens a view that is open" }
            if let limit = configuration.genesis.viewLimit {
                guard header.index < UInt64(limit) else { return "its view has no room for it" }
            }
        }

        // Rule 6.
        if tree[block.hash]?.isRefused == true { return "the state machine does not accept its payload" }

        // Rule 7, as far as no change of validators is wished for.
        let closes = follows ? (parent.nextValidators == nil ? parent.closes : parentPosition) : nil
        guard header.closes == closes else { return "it does not name the change of validators before it" }
        guard header.closes == nil || block.isNudge else { return "a payload behind a change of validators" }
        guard header.nextValidators == nil else { return "a change of validators that is not wished for" }
        return nil
    }

    /// Rule 4: whether the first block of a view carries what opens the view.
    ///
    /// Signatures were checked on arrival.
    private func opens(_ header: BlockHeader) -> Bool {
        switch header.entry {
        case nil:
            return header.view == View(0) && header.justify.isGenesis || !keeps(.entry)
        case .timeout(let certificate):
            return certificate.epoch == header.epoch && certificate.view == header.view.previous
                && (certificate.reports.allSatisfy { $0.rank <= header.justify.rank } || !keeps(.reportedRanks))
        case .rotation(let certificate):
            guard let limit = configuration.genesis.viewLimit else { return false }
            let justify = header.justify
            return certificate.position == justify.position && justify.view == header.view.previous
                && (justify.index == UInt64(limit - 1) || !keeps(.rotationIndex))
        }
    }

    /// Whether the state machine is near enough for a vote: a replica that is too far behind holds its votes back, but
    /// for one in each quarter of the view timer, so that it cannot stop a quorum that needs it.
    private mutating func hasRoom(for block: Block) -> Bool {
        guard !block.isNudge, backlog >= configuration.decidedBlocks else { return true }
        return timer.takeHeldBackVote(now: now)
    }

    /// Promises a vote: it leaves once the block, its ancestors and the record are durable.
    private mutating func vote(for block: Block) {
        var writes: [LogWrite] = []
        var current = block
        while let node = tree[current.hash], !node.isWritten {
            tree.update(current.hash) { $0.isWritten = true }
            writes.append(.block(current))
            guard let parent = tree.block(current.header.parent), keeps(.durableAncestors) else { break }
            current = parent
        }
        writes.reverse()
        let voted = VotingRecord.Voted(
            view: block.view, height: block.height, index: block.header.index, block: block.hash)
        record.lastVoted = voted
        if block.header.justify.rank > record.highQC.rank, keeps(.highQCAtVote) {
            record.highQC = block.header.justify
        }
        writes.append(.record(record))
        let ticket = write(writes)
        if keeps(.voteAfterWrite) { durability.await(ticket, then: .vote(voted)) } else { send(voted) }
    }

    /// Signs and sends a vote that is durable: to its view's leader, and to the next one's if it completes a view.
    mutating func send(_ voted: VotingRecord.Voted) {
        var addressees = [epoch.leader(of: voted.view, by: configuration.genesis.rotation).key]
        if let limit = configuration.genesis.viewLimit, voted.index == UInt64(limit - 1) {
            let next = epoch.leader(of: voted.view.next, by: configuration.genesis.rotation).key
            if !addressees.contains(next) { addressees.append(next) }
        }
        let report = report
        lastReport = (report.room, now)
        emit(.sign(.vote(voted, epoch: epoch.epoch, report: report), to: addressees))
        emit(.event(.voted(LogPosition(height: voted.height, block: voted.block), view: voted.view)))
    }

    /// The newest vote of this view, if it may be sent again: it is durable, and so is all that it speaks for.
    var repeatableVote: VotingRecord.Voted? {
        guard maySign, let voted = record.lastVoted, voted.view == record.view, durability.isReleased(voted),
            voted != unbackedVote
        else { return nil }
        return voted
    }

    /// Sends the newest vote again to a leader that repeats a block which that vote covers: the vote was lost.
    private mutating func voteAgain(ifAncestor position: LogPosition) {
        guard let voted = repeatableVote, keeps(.repeatedVotes) else { return }
        guard position.block == voted.block || tree.isAncestor(position, of: voted.block) else { return }
        if timer.mayRepeatVote(now: now) { send(voted) }
    }

    /// The state machine has got on: a leader that may be waiting for room is told by the newest vote, said again.
    ///
    /// Otherwise it would learn of that with its next nudge, a third of the view timer later, and go on by fits and starts.
    mutating func reportRoomIfAwaited() {
        guard !isLeader, !hasGivenUp, let last = lastReport, last.at + Self.reportInterval <= now,
            last.room < UInt32(clamping: max(1, configuration.decidedBlocks / 4)), report.room > last.room,
            let voted = repeatableVote
        else { return }
        send(voted)
    }

    /// The time between two reports that no new vote carries.
    private static let reportInterval = Duration.milliseconds(5)

    /// What is said beside a vote.
    var report: VoteReport {
        VoteReport(
            executed: executed, room: UInt32(clamping: max(0, configuration.decidedBlocks - backlog)),
            stateDigest: stateDigest)
    }
}
