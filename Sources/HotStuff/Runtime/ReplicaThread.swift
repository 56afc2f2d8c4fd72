import Logging

/// What the replica's own thread does: gives the engine its inputs in batches, and performs its effects in order.
///
/// It alone touches the engine, and waits for nothing but its inbox: not for the disk, the network, the state machine
/// or a signature check.
struct ReplicaThread {
    /// What the inbox holds.
    enum Item: Sendable {
        /// For the engine.
        case input(Input)
        /// What the state machine's thread did, for the engine, and what it took, for the accounts.
        case machine(AnswerLane.Report)
        /// Asks for the accounts.
        case accounts(AccountsRequest)
        /// Called once everything before it is done.
        case barrier(@Sendable () -> Void)
    }

    let core: ReplicaCore
    var engine: Engine
    var signer: MessageSigner
    /// When the engine wants to know what time it is.
    private var wakeAt: Timestamp?
    /// This replica's own messages, signed and not yet given back.
    private var own: [Verified<Message>] = []
    /// The epoch and view that the engine is in.
    private var tenure: Tenure
    private var books: Bookkeeper
    /// Up to where a quorum's state machines have made blocks final, as far as this replica leads and knows.
    private var finishedAtQuorum = Height.genesis

    /// A thread for an engine that has not started.
    init(core: ReplicaCore, engine: Engine, signer: MessageSigner) {
        self.core = core
        self.engine = engine
        self.signer = signer
        tenure = Tenure(epoch: engine.status.epoch, view: engine.status.view)
        books = Bookkeeper(metrics: core.metrics, view: engine.status.view, at: core.clock.now)
        // Before the thread begins: whoever submits a command right after the start must find out who leads.
        let status = engine.status
        let isMe = status.leader == core.configuration.identity.key
        core.board.update { [tenure] in $0.entered(tenure) }
        core.submissions.entered(status.view, leader: status.leader, isMe: isMe)
    }

    /// Works until the inbox is closed and empty, or until the replica can't go on.
    mutating func run() {
        perform(engine.start())
        takeOwn()
        while let items = core.inbox.take(waitingUpTo: wakeAt.map { $0 - core.clock.now }) {
            let now = core.clock.now
            if let time = wakeAt, time <= now { wakeAt = nil }
            step(.clock(now))
            for item in items {
                switch item {
                case .input(let input): step(input)
                case .machine(let report):
                    books.note(report.answer, call: report.call, counters: report.counters)
                    step(.machine(report.answer))
                case .accounts(let request):
                    request.answer(books.accounts(ofLast: request.count, at: core.clock.now))
                case .barrier(let passed): passed()
                }
                if core.hasFailed { return }
            }
            let status = engine.status
            core.metrics.show(status)
            books.note(wait: engine.proposeWait, depth: status.appliedBlocks, at: now)
            if status.isStableLeader { noteQuorum(engine.executedAtQuorum, at: now) }
        }
    }

    private mutating func step(_ input: Input) {
        perform(engine.step(input))
        takeOwn()
    }

    /// Gives the engine what this replica itself has signed.
    private mutating func takeOwn() {
        while !own.isEmpty {
            let messages = own
            own = []
            for message in messages {
                perform(engine.step(.message(message, from: core.configuration.identity.key)))
            }
        }
    }

    private mutating func perform(_ effects: [Effect]) {
        // Before the effects: who learns of something by an event or an answer finds the status up to date.
        if !effects.isEmpty { core.show(engine.status) }
        for effect in effects {
            // After a failed write nothing may leave, not even what was decided before it (architecture).
            guard !core.hasFailed else { return }
            perform(effect)
            books.note(effect, at: core.clock.now)
        }
    }

    private mutating func perform(_ effect: Effect) {
        switch effect {
        case .write(let writes, let ticket): core.writes.post(WriterThread.Request(writes: writes, ticket: ticket))
        case .send(let message, let addressees): core.peers.send(message, to: addressees)
        case .sign(let unsigned, let addressees): sign(unsigned, for: addressees)
        case .serveCommits(let request, let peer):
            _ = core.logFeed.requests.offer(.commits(request, peer: peer), bytes: Limits.answeredBytes)
        case .serveBlocks(let held, let others, let peer):
            let bytes = held.reduce(0) { $0 + $1.payload.count }
            _ = core.logFeed.requests.offer(.blocks(held: held, others: others, peer: peer), bytes: bytes)
        case .machine(let instruction): core.machine.give(instruction)
        case .answer(let id, let result): core.calls.answer(id, result)
        case .wake(let time): wakeAt = time
        case .event(let event): tell(event)
        case .halt(let reason): core.fail(ReplicaError(reason))
        }
    }

    /// A quorum may have gone on: those who wait for that learn of it.
    private mutating func noteQuorum(_ height: Height, at now: Timestamp) {
        guard height > finishedAtQuorum else { return }
        finishedAtQuorum = height
        let isBehind = engine.backlogAtQuorum > 1  // one is being executed
        core.lead.update { $0.finished(upTo: height, isBehind: isBehind, at: now) }
    }

    private mutating func sign(_ unsigned: Unsigned, for addressees: [ValidatorKey]) {
        guard !addressees.isEmpty else { return }
        if case .proposal(let run) = unsigned {
            core.lead.update { lead in
                for block in run where !block.isNudge { lead.proposed(block.height, bytes: block.payload.count) }
            }
        }
        do {
            let message = try signer.sign(unsigned)
            let own = core.configuration.identity.key
            core.peers.send(message.value, to: addressees.filter { $0 != own })
            if addressees.contains(own) { self.own.append(message) }
        } catch {
            // What is not signed is not said; votes and views are repeated, so the next try may succeed.
            core.logger.error("cannot sign", metadata: ["cause": "\(error)"])
        }
    }

    // MARK: - Events

    private mutating func tell(_ event: EngineEvent) {
        let logger = core.logger
        switch event {
        case .committed(let position, let isNudge):
            if !isNudge { core.metrics.committedBlocks.increment() }
            core.events.tell(.committed(position, isNudge: isNudge))
        case .certified(let position, let epoch, let view):
            core.board.update { $0.certified(position.height, in: Tenure(epoch: epoch, view: view)) }
            core.events.tell(.certified(position, view))
        case .proposed(let proposed):
            core.board.update { [tenure] in $0.proposed(in: tenure) }
            core.events.tell(.proposed(proposed))
        case .voted(let position, let view): core.events.tell(.voted(position, view))
        case .viewEntered(let epoch, let view, let leader):
            logger.info("entered a view", metadata: ["view": "\(view)", "leader": "\(leader)"])
            tenure = Tenure(epoch: epoch, view: view)
            core.metrics.views.increment()
            core.board.update { [tenure] in $0.entered(tenure) }
            core.lead.update { $0.forget() }
            core.submissions.entered(view, leader: leader, isMe: leader == core.configuration.identity.key)
            core.events.tell(.viewEntered(view, leader: leader))
        case .viewSuspected(let view):
            logger.info("suspects its view", metadata: ["view": "\(view)"])
            core.events.tell(.viewSuspected(view))
        case .viewTimedOut(let view):
            logger.notice("gives its view up", metadata: ["view": "\(view)"])
            core.board.update { $0.gaveUp(view) }
            core.events.tell(.viewTimedOut(view))
        case .leaderStable(let view):
            logger.info("leads", metadata: ["view": "\(view)"])
            core.board.update { [tenure] in $0.leads(tenure) }
            core.events.tell(.leading(view))
        case .proposalMade(let buffered): core.events.tell(.proposalMade(buffered: buffered))
        case .rolledBack(let rolledBack):
            core.metrics.rollBacks.increment()
            core.events.tell(.rolledBack(rolledBack))
        case .executed(let position): core.events.tell(.executed(position))
        case .refusedToVote(let position, let reason): core.events.tell(.refusedToVote(position, reason: reason))
        case .foundInvalid(let position, let reason):
            logger.warning("finds a block invalid", metadata: ["block": "\(position)", "reason": "\(reason)"])
            core.events.tell(.foundInvalid(position, reason: reason))
        case .abstained(let position):
            logger.warning(
                "abstains: the state machine has not said in time whether a block is valid",
                metadata: ["block": "\(position)"])
            core.events.tell(.abstained(position))
        case .equivocation(let key, let view):
            logger.warning("a leader signed two conflicting blocks", metadata: ["leader": "\(key)", "view": "\(view)"])
            core.events.tell(.equivocation(key, view))
        case .caughtUp(let position): core.events.tell(.caughtUp(position))
        case .diverged(let replica, let position, let digest, let quorum):
            let divergence = Divergence(replica: replica, position: position, digest: digest, quorum: quorum)
            logger.error(
                "a replica's state differs from a quorum's",
                metadata: [
                    "differs": "\(replica)", "block": "\(position)", "digest": "\(digest)", "quorum": "\(quorum)",
                ])
            core.events.tell(.diverged(divergence))
            if replica == core.configuration.identity.key { core.logFeed.requests.post(.divergence(divergence)) }
        case .peerPruned(let peer, let height):
            logger.warning("a peer has pruned what is needed", metadata: ["peer": "\(peer)", "below": "\(height)"])
            core.events.tell(.peerPruned(peer, below: height))
        case .outOfReach(let needed, let lowest):
            logger.error(
                """
                no connected peer keeps the block that is needed next: connect one that does, or stop this replica and \
                put back a newer backup, or one of another replica's log (hotstuff log restore)
                """,
                metadata: ["needed": "\(needed)", "lowest kept": "\(lowest)"])
            core.events.tell(.outOfReach(needed: needed, lowest: lowest))
        case .repairWaits(let position):
            logger.warning("no connected peer has given a damaged block", metadata: ["block": "\(position)"])
            core.events.tell(.repairWaits(position))
        case .forgetting(let state):
            logger.notice("may have lost records of what it signed", metadata: ["now": "\(state)"])
            core.events.tell(.forgetting(state))
        case .tooManyForgot(let remembering, let total):
            logger.error(
                "too many validators have forgotten: as things stand, none of them will sign again",
                metadata: ["power that may remember": "\(remembering)", "of": "\(total)"])
            core.events.tell(.tooManyForgot(remembering: remembering, total: total))
        }
    }
}

extension ReplicaError {
    /// Why the engine stopped itself.
    init(_ reason: HaltReason) {
        let remedy =
            switch reason {
            case .conflictingCommit: "stop all replicas, and find out which validators signed what they must not"
            case .unknownOwnSignature:
                "make sure that the key is in one place only; if the log is an older copy, run hotstuff forget"
            }
        self.init(.safetyViolated, "\(reason)", remedy: remedy, cause: reason)
    }
}
