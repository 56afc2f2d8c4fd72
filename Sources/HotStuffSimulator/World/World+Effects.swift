internal import HotStuffCore

/// Doing what an engine answers.
extension World {
    /// Performs effects in order, up to the one at which the node crashes, if it does.
    func perform(_ effects: [Effect], of node: Node) {
        let life = node.life
        for effect in effects {
            guard node.isUp, node.life == life else { return }
            guard !countDownToCrash(node) else { return }
            perform(effect, of: node)
        }
    }

    private func perform(_ effect: Effect, of node: Node) {
        switch effect {
        case .write(let writes, let ticket):
            note(.writes, node.index, ticket.number, UInt64(writes.count))
            if node.disk.add(writes, ticket) { beginWriting(node) }
        case .send(let message, let keys):
            checks.mayLeave(message, node, self)
            leave(message, from: node, to: keys)
        case .sign(let unsigned, let keys): sign(unsigned, node, to: keys)
        case .serveCommits(let request, let key): serve(request, node, to: key)
        case .serveBlocks(let held, let others, let key): serve(held, others, node, to: key)
        case .machine(let instruction): give(instruction, to: node)
        case .answer(_, let result): answered(result, node)
        case .wake(let time): wake(node, at: time.nanoseconds)
        case .event(let event): happened(event, at: node)
        case .halt(let reason): halt(node, reason)
        }
    }

    /// Counts one more place at which a node may crash; true if it has crashed.
    func countDownToCrash(_ node: Node) -> Bool {
        guard let countdown = node.crashCountdown else { return false }
        guard countdown > 0 else {
            node.crashCountdown = nil
            crash(node, restartAfter: .milliseconds(50))
            return true
        }
        node.crashCountdown = countdown - 1
        return false
    }

    private func wake(_ node: Node, at local: UInt64) {
        let isEarlier = node.wakeAt.map { local < $0 } ?? true
        node.wakeAt = local
        // A wake-up that was put off is asked for anew when the earlier one comes.
        if isEarlier { scheduleWake(node) }
    }

    /// Puts a node's wake-up on the calendar, instead of the one that is there.
    func scheduleWake(_ node: Node) {
        guard let due = node.wakeAt else { return }
        node.wakeNumber += 1
        schedule(.wake(node: node.index, number: node.wakeNumber), at: node.clock.moment(showing: due))
    }

    // MARK: - Disk

    private func beginWriting(_ node: Node) {
        guard node.disk.begin() else { return }
        let time = settings.writeTime.draw(&diskRandom) * UInt64(node.disk.slowness)
        schedule(.written(node: node.index, life: node.life), after: time)
    }

    /// The disk has written a group, or failed to.
    func written(_ node: Node) {
        if countDownToCrash(node) { return }
        if let failure = node.disk.isFull ? .absent : node.disk.nextFailure {
            note(.diskFailed, node.index, failure == .present ? 1 : 0)
            crash(node, restartAfter: .milliseconds(300), keepingGroup: failure == .present)
            return
        }
        guard let ticket = node.disk.finish() else { return }
        note(.durable, node.index, ticket.number, node.disk.image.tip.height.rawValue)
        checks.committed(node, self)
        if countDownToCrash(node) { return }
        beginWriting(node)
        tell(node, .durable(ticket))
    }

    // MARK: - Signing

    private func sign(_ unsigned: Unsigned, _ node: Node, to keys: [ValidatorKey]) {
        checks.mayBeSigned(unsigned, node, self)
        guard !keys.isEmpty, let message = try? node.signer.sign(unsigned) else { return }
        leave(message.value, from: node, to: keys.filter { $0 != node.key })
        if keys.contains(node.key) {
            schedule(.own(OwnMessage(message), node: node.index, life: node.life), after: 0)
        }
    }

    /// A Byzantine replica has signed something; kept for those checks that look at all signatures.
    func noteSignature(of statement: Statement, by number: Int) { tally.forgedStatements += 1 }

    // MARK: - Answers from the log

    private func serve(_ request: CommitRequest, _ node: Node, to key: ValidatorKey) {
        do {
            let answer = try CommitsAnswer(
                to: request, from: node.disk.image, commitChainLength: genesis.commitChainLength)
            leave(.commits(answer), from: node, to: [key])
        } catch {
            report(.damagedLog, node, "the log of replica \(node.index) cannot be read: \(error)")
        }
    }

    private func serve(_ held: [Block], _ others: [Digest], _ node: Node, to key: ValidatorKey) {
        let found = others.compactMap { node.disk.image.block(with: $0) }
        let unknown = others.filter { hash in !found.contains { $0.hash == hash } }
        guard !(held + found).isEmpty || !unknown.isEmpty else { return }
        leave(.blocks(BlocksAnswer(blocks: held + found, unknown: unknown)), from: node, to: [key])
    }

    // MARK: - Pacing

    /// The pacemaker calls `doPropose()`.
    func propose(_ node: Node) {
        guard settings.isPaced else { return }
        node.pacing.requests += 1
        node.pacing.isWaiting = true
        let id = ProposeRequest.ID(number: node.pacing.requests)
        tell(node, .propose(ProposeRequest(id: id, content: .payload(ifEmpty: .refuse), deadline: nil)))
    }

    private func answered(_ result: Result<Proposed, ProposeError>, _ node: Node) {
        node.pacing.isWaiting = false
        guard case .success = result else {
            node.pacing.refused += 1
            return
        }
        node.pacing.succeeded += 1
        node.pacing.isWaiting = true
        schedule(.pace(node: node.index, life: node.life), after: settings.paceInterval.wholeNanoseconds)
    }

    // MARK: - Events

    private func happened(_ event: EngineEvent, at node: Node) {
        tally.count(event, isHonest: node.isHonest)
        listener?(event, node)
        switch event {
        case .committed(let position, let isNudge):
            note(
                .committed, node.index, position.height.rawValue, position.block.firstWord, text: isNudge ? "nudge" : ""
            )
        case .certified(let position, _, let view):
            note(.certified, node.index, position.height.rawValue, view.rawValue)
            checks.certified(position, view, node, self)
        case .proposed(let proposed):
            note(.proposed, node.index, proposed.height.rawValue, proposed.view.rawValue)
            if !proposed.isNudge { node.proposed.insert(proposed.block) }
        case .voted(let position, let view): note(.voted, node.index, position.height.rawValue, view.rawValue)
        case .viewEntered(_, let view, let leader):
            note(.viewEntered, node.index, view.rawValue)
            node.proposed = []
            if leader == node.key, !node.pacing.isWaiting {
                node.pacing.isWaiting = true
                schedule(.pace(node: node.index, life: node.life), after: 0)
            }
        case .viewSuspected(let view): note(.viewSuspected, node.index, view.rawValue)
        case .viewTimedOut(let view): note(.viewTimedOut, node.index, view.rawValue)
        case .leaderStable(let view): note(.leaderStable, node.index, view.rawValue)
        case .rolledBack(let rolledBack): note(.rolledBack, node.index, UInt64(rolledBack.undone))
        case .refusedToVote(let position, let reason):
            note(.refusedToVote, node.index, position.height.rawValue, text: reason)
            checks.refused(position, reason, node, self)
        case .foundInvalid(let position, let reason):
            note(.refusedToVote, node.index, position.height.rawValue, text: "invalid: " + reason)
        case .abstained(let position):
            note(.refusedToVote, node.index, position.height.rawValue, text: "no verdict in time")
        case .equivocation(_, let view): note(.equivocation, node.index, view.rawValue)
        case .caughtUp(let position): note(.caughtUp, node.index, position.height.rawValue)
        case .forgetting(let state):
            node.forgetting = state
            note(.forgetting, node.index, text: "\(state)")
        case .tooManyForgot(let power, let total):
            node.saysTooManyForgot = true
            note(.forgetting, node.index, power, total, text: "only power \(power) of \(total) may remember")
        case .diverged(let replica, let position, _, _):
            note(.diverged, node.index, position.height.rawValue, text: "\(replica) differs from a quorum")
        case .proposalMade, .executed, .peerPruned, .outOfReach, .repairWaits: break
        }
    }

    private func halt(_ node: Node, _ reason: HaltReason) {
        note(.halted, node.index, text: "\(reason)")
        checks.halted(node, reason, self)
        // A Byzantine validator, which may well meet what it has forged itself, is not stopped by that.
        if node.isHonest { node.halt = reason }
        crash(node, restartAfter: node.isHonest ? nil : .milliseconds(200))
    }
}
