/// Protocol §6: when a replica doubts its view, gives it up, and enters another.
extension Consensus {
    // MARK: - Certificates

    /// Takes in a certificate, wherever it was found.
    mutating func take(_ certificate: QuorumCertificate, raisesHighest: Bool = true) {
        guard certificate.epoch == epoch.epoch, !certificate.isGenesis, !isHalted else { return }
        guard knowsOwnSignature(in: certificate) else {
            halt(.unknownOwnSignature(view: certificate.view, height: certificate.height))
            return
        }
        if certificate.rank > record.highQC.rank, raisesHighest, !hasForgotten || keeps(.recallCertificate) {
            record.highQC = certificate
            restartViewTimer()
            if certificate.view <= record.view { suspectIfLeaderDoes() }
        }
        if certificate.view > record.view, keeps(.certificateEntersView) { enter(certificate.view, by: nil) }
        if let limit = configuration.genesis.viewLimit, certificate.view == record.view,
            certificate.index == UInt64(limit - 1)
        {
            enter(certificate.view.next, by: .rotation(certificate))
        }
        guard certificate.height > tree.root.height else { return }
        guard let node = tree[certificate.block] else {
            remember(unheld: certificate)
            return
        }
        guard node.certificate == nil else { return }
        tree.update(certificate.block) { $0.certificate = certificate }
        guard node.isConnected else { return }
        spreadCertificate(from: certificate.block)
        emit(.event(.certified(certificate.position, certificate.epoch, certificate.view)))
        leaderTook(certificate)
        commit(by: certificate)
    }

    /// Marks a certified block and its ancestors: a quorum has found them valid.
    mutating func spreadCertificate(from hash: Digest) {
        var current = hash
        while let node = tree[current], !node.isCertified {
            tree.update(current) { $0.isCertified = true }
            current = node.block.header.parent
        }
    }

    /// Whether this replica's signature in a certificate, if there is one, is one that its record knows of.
    private func knowsOwnSignature(in certificate: QuorumCertificate) -> Bool {
        guard let me, !mayHaveForgotten(signing: certificate.view),
            certificate.signatures.contains(where: { $0.signer == me })
        else { return true }
        guard let voted = record.lastVoted else { return false }
        return certificate.rank <= voted.rank
    }

    private mutating func remember(unheld certificate: QuorumCertificate) {
        guard !unheldCertificates.contains(where: { $0.block == certificate.block }) else { return }
        let place = unheldCertificates.firstIndex { $0.rank < certificate.rank } ?? unheldCertificates.count
        unheldCertificates.insert(certificate, at: place)
        if unheldCertificates.count > Self.certificateLimit { unheldCertificates.removeLast() }
    }

    /// Takes in what opens a view.
    mutating func take(_ entry: ViewEntry) {
        guard entry.epoch == epoch.epoch else { return }
        take(entry.certificate)
        if entry.view > record.view { enter(entry.view, by: entry) }
    }

    /// Enters a higher view: by its entry, or by a certificate of it (nil).
    mutating func enter(_ view: View, by entry: ViewEntry?) {
        record.view = view
        record.entry = entry
        signAgainIfDue()
        // Durable before the first proposal leaves; after a restart this replica then does not propose here again.
        record.hasLed = isLeader
        leading = nil
        candidates.removeAll()
        fetchSource = nil
        (verdictWanted, verdictDue) = (nil, nil)
        timeouts.forget(below: view)
        // Where one leader had to be missed, the next is not to be waited for as long again.
        nudgesInARow = 0
        timer.enterView()
        restartViewTimer()
        decisions.append(.viewEntered)
        emit(.event(.viewEntered(epoch.epoch, view, leader: leader.key)))
        durability.await(write([.record(record)]), then: .entered(view))
        // A certificate of a view that this replica should lead says that it did so before; it must not again.
        if isLeader, entry == nil || timer.isResigning || !maySign { abdicate() }
    }

    /// The view's entry is durable: pass it on, or lead.
    mutating func entered(_ view: View) {
        guard view == record.view else { return }
        announced = (view, record.entry)
        if isLeader, record.entry != nil || view == View(0) {
            beginLeading()
        } else if !isLeader {
            emit(.send(record.entry.map(Message.entry) ?? .certificate(record.highQC), to: [leader.key]))
        }
    }

    // MARK: - Timer

    mutating func restartViewTimer() {
        let duration = configuration.viewDuration.duration(
            of: record.view, timeoutsSinceCommit: timer.timeoutsSinceCommit)
        timer.restart(
            now: now, duration: max(duration, .milliseconds(1)),
            times: nudgesInARow >= Self.idleNudges ? idleFactor : 1)
    }

    /// How often a leader that has nothing to propose shows that it is there.
    ///
    /// It is sure of being idle later than its followers are, who may lag by what is on its way: their timers are longer
    /// before its signs come more seldom.
    var heartbeat: Duration { timer.third * (nudgesInARow >= 2 * Self.idleNudges ? idleFactor : 1) }

    /// A payload is on its way: the chain is idle no longer.
    mutating func endIdling() {
        nudgesInARow = 0
        timer.endIdling(now: now)
    }

    private var idleFactor: Int { min(max(configuration.viewDuration.idleFactor, 1), 100) }
    /// So many nudges in a row make the chain idle.
    private static let idleNudges = 8

    mutating func advanceView() {
        guard me != nil else { return listenElsewhere() }
        if let expiry = timer.expiry, expiry <= now {
            timer.clearExpiry()
            suspect()
        }
        if timer.takeRepetition(now: now) {
            if let highest = timer.timedOutWith {
                emit(.sign(.timeout(epoch: epoch.epoch, view: record.view, highQC: highest), to: otherValidators))
            } else if timer.isSuspecting {
                emit(.sign(suspicion, to: otherValidators))
            }
        }
    }

    // MARK: - Suspecting

    private var suspicion: Unsigned {
        .suspicion(epoch: epoch.epoch, view: record.view, rank: record.highQC.rank)
    }

    /// Says that this view makes no progress; binds to nothing.
    mutating func suspect() {
        // A leader that abdicates gives its view up too; where its disk takes nothing, its word is all that the others get.
        guard me != nil, !timer.isSuspecting, !hasGivenUp || hasAbdicated && timer.timedOutWith == nil else { return }
        timer.isSuspecting = true
        timer.beginRepeating(now: now)
        emit(.event(.viewSuspected(record.view)))
        emit(.sign(suspicion, to: allValidators))
    }

    /// Takes in another's suspicion, or the own once signed.
    mutating func receive(_ suspicion: Suspicion, from peer: ValidatorKey) {
        guard suspicion.epoch == epoch.epoch else { return }
        guard suspicion.view >= record.view else { return sendEntry(to: peer) }
        guard suspicion.view == record.view else { return requestEntry(of: suspicion.view, from: peer) }
        timeouts.add(suspicion)
        sendHighest(to: peer, above: suspicion.rank)
        suspectIfLeaderDoes()
        if epoch.validators.isOneThird(power: suspectingPower) { suspect() }
        giveUpIfDue()
    }

    /// Doubts a view whose leader does so itself: it need not be waited for.
    ///
    /// Asked again at each higher certificate, as that lapses what was said before: a leader that abdicates says so
    /// again then, and the two may come in either order.
    private mutating func suspectIfLeaderDoes() {
        if hasAbdicated || timeouts.suspects(leader.key, record.view, highest: record.highQC.rank) { suspect() }
    }

    /// This replica leads no more in this view, and tells the others until they have left it.
    ///
    /// Its suspicion leaves at once, and does where nothing can be signed or written. Its timeout follows as soon as it is
    /// durable: with that the others need not ask each other, which saves them half a round trip.
    mutating func abdicate() {
        timer.hasAbdicated = true
        suspect()
        if maySign, !hasGivenUp { giveUp() }
    }

    private var hasAbdicated: Bool { isLeader && (timer.hasAbdicated || timer.isResigning) }

    /// The power of those who suspect this view: only what this replica's highest certificate does not outrank counts.
    private var suspectingPower: UInt64 {
        let highest = keeps(.lapsingSuspicions) ? record.highQC.rank : Rank(view: View(0), height: .genesis)
        return timeouts.suspectingPower(of: record.view, highest: highest)
    }

    // MARK: - Giving up

    private mutating func giveUpIfDue() {
        guard maySign, !hasGivenUp else { return }
        let timedOut = timeouts.timedOutPower(of: record.view)
        guard
            epoch.validators.isQuorum(power: suspectingPower) || epoch.validators.isOneThird(power: timedOut)
                || timeouts.hasTimedOut(leader.key, record.view)
        else { return }
        giveUp()
    }

    private mutating func giveUp() {
        record.timedOutView = record.view
        timer.timeoutsSinceCommit += 1
        timer.beginRepeating(now: now)
        if leading != nil {
            leading = nil
            decisions.append(.viewEntered)
        }
        emit(.event(.viewTimedOut(record.view)))
        let consequence = Durability.Consequence.timeout(record.view, highQC: record.highQC)
        durability.await(write([.record(record)]), then: consequence)
    }

    /// The record says that the view is given up: now others may know.
    mutating func timedOut(_ view: View, with highest: QuorumCertificate) {
        guard view == record.view else { return }
        timer.timedOutWith = highest
        timer.beginRepeating(now: now)
        passNewestVoteOn()
        emit(.sign(.timeout(epoch: epoch.epoch, view: view, highQC: highest), to: allValidators))
    }

    /// Sends the newest vote of a view that is given up to the next view's leader, ahead of the timeout.
    ///
    /// So that leader can certify what the old one had under way as its view began, and build on it: otherwise those votes
    /// would be with a leader that has gone, and up to a round trip's blocks would be lost with it.
    private mutating func passNewestVoteOn() {
        let next = epoch.leader(of: record.view.next, by: configuration.genesis.rotation).key
        guard let voted = repeatableVote, next != leader.key else { return }
        emit(.sign(.vote(voted, epoch: epoch.epoch, report: report), to: [next]))
    }

    /// Takes in another's timeout, or the own once signed.
    mutating func receive(_ timeout: Timeout, from peer: ValidatorKey) {
        guard timeout.epoch == epoch.epoch else { return }
        take(timeout.highQC)
        // Nobody honest gives up a view below that of its own highest certificate.
        guard timeout.highQC.view <= timeout.view else { return }
        guard timeout.view >= record.view else { return sendEntry(to: peer) }
        timeouts.add(timeout)
        if timeout.view > record.view {
            requestEntry(of: timeout.view, from: peer)
        } else {
            // Who gives up a view alone has nobody else to tell it how the view goes on, if the leader does not.
            sendHighest(to: peer, above: timeout.highQC.rank)
        }
        if let certificate = timeouts.certificate(of: timeout.view, epoch: epoch.epoch) {
            take(.timeout(certificate))
        } else {
            giveUpIfDue()
        }
    }

    /// Shows a peer that knows less what the view has come to.
    private mutating func sendHighest(to peer: ValidatorKey, above rank: Rank) {
        guard record.highQC.rank > rank, peer != configuration.key else { return }
        emit(.send(.certificate(record.highQC), to: [peer]))
    }

    // MARK: - Entries

    /// Helps a peer that is in a lower view.
    private mutating func sendEntry(to peer: ValidatorKey) {
        guard peer != configuration.key else { return }
        emit(.send(announced.entry.map(Message.entry) ?? .certificate(record.highQC), to: [peer]))
    }

    /// Asks for what opened a higher view.
    mutating func requestEntry(of view: View, from peer: ValidatorKey) {
        guard view > record.view, peer != configuration.key else { return }
        emit(.send(.entryRequest(epoch: epoch.epoch, view: view), to: [peer]))
    }

    mutating func answerEntryRequest(epoch asked: Epoch, view: View, from peer: ValidatorKey) {
        guard asked == epoch.epoch, announced.view >= view else { return }
        sendEntry(to: peer)
    }

    // MARK: - Evidence

    /// Tells of a leader that signed two blocks for one height of its view, and doubts its view.
    mutating func reportEquivocation(with run: BlockTree.SignedRun, at block: Block) {
        // Once a view: one frame of its leader must not become hundreds of this replica's.
        guard block.view == record.view, !timer.hasSentEvidence else { return }
        for hash in tree.blocks(at: block.height) where hash != block.hash {
            guard let other = tree[hash], let otherRun = other.run, other.block.view == block.view,
                other.block.header.epoch == block.header.epoch
            else { continue }
            let evidence = Evidence(first: otherRun.headers, second: run.headers)
            timer.hasSentEvidence = true
            receive(evidence)
            emit(.send(.evidence(evidence), to: otherValidators))
            return
        }
    }

    mutating func receive(_ evidence: Evidence) {
        guard let view = evidence.first.headers.last?.view, evidence.first.headers.last?.epoch == epoch.epoch,
            view == record.view
        else { return }
        emit(.event(.equivocation(leader.key, view)))
        suspect()
    }
}
