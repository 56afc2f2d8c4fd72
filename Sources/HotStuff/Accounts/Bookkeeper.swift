internal import DequeModule

/// Notes when blocks come how far; owned by the replica's thread, so that nobody waits for it.
///
/// It reads what the engine lets happen and what the state machine's thread reports, with the time of each. It decides
/// nothing, and what it holds is bounded.
struct Bookkeeper {
    /// A proposal that `doPropose()` has not taken, or that is taken and not sent.
    private struct Made {
        let digest: Digest
        let call: Call
    }

    /// A call of the state machine, from its beginning to its return.
    struct Call: Sendable {
        let start: Timestamp
        let end: Timestamp
    }

    /// How many blocks are remembered, the newest.
    private static let remembered = 4_096
    /// How many views are.
    private static let rememberedViews = 64

    private let metrics: ReplicaMetrics
    private var accounts = BlockAccounts()
    private var histograms = [DurationHistogram](repeating: DurationHistogram(), count: BlockSpan.allCases.count)
    /// By height modulo its size.
    private var blocks: [BlockTimes?] = .init(repeating: nil, count: remembered)
    private var highest: UInt64 = 0
    /// Up to where blocks are certified.
    private var certifiedHeight: UInt64 = 0
    /// Proposals that the state machine has made, oldest first.
    private var made: Deque<Made> = []
    private var wait: (for: ProposeWait, since: Timestamp)?

    /// A bookkeeper of empty books, of a replica that begins in `view`.
    init(metrics: ReplicaMetrics, view: View, at now: Timestamp) {
        self.metrics = metrics
        entered(view, at: now)
    }

    // MARK: - What the engine lets happen

    /// The effect happens now.
    mutating func note(_ effect: Effect, at now: Timestamp) {
        switch effect {
        case .write(let writes, _): for write in writes { note(write, at: now) }
        case .sign(.proposal(let run), _): for block in run where !block.isNudge { sent(block, at: now) }
        case .event(let event): note(event, at: now)
        case .machine(.rollBack): made.removeAll()
        default: break
        }
    }

    private mutating func note(_ write: LogWrite, at now: Timestamp) {
        switch write {
        case .block(let block) where !block.isNudge:
            open(block.position, of: block.view, payload: block.payload.count)
            if self[block.position]?[.drained] == nil { reach(.received, block.position, at: now) }
        case .commit(let positions, _): for position in positions { reach(.decided, position, at: now) }
        default: break
        }
    }

    private mutating func note(_ event: EngineEvent, at now: Timestamp) {
        switch event {
        case .proposed(let proposed) where !proposed.isNudge:
            drained(LogPosition(height: proposed.height, block: proposed.block), of: proposed.view, at: now)
            noteView { if $0.proposed == nil { $0.proposed = now } }
        case .certified(let position, _, _): certified(position, at: now)
        case .committed(let position, isNudge: false):
            if let view = self[position]?.view { note(view) { $0.committed += 1 } }
            reach(.committed, position, at: now)
        case .viewEntered(_, let view, _): entered(view, at: now)
        case .viewSuspected: noteView { if $0.suspected == nil { $0.suspected = now } }
        case .viewTimedOut: noteView { if $0.timedOut == nil { $0.timedOut = now } }
        case .leaderStable: noteView { if $0.stable == nil { $0.stable = now } }
        default: break
        }
    }

    /// `doPropose()` has taken a proposal: a block that completes its run is told of only after the run.
    private mutating func drained(_ position: LogPosition, of view: View, at now: Timestamp) {
        open(position, of: view, payload: 0)
        reach(.drained, position, at: now)
    }

    /// A block has left; its proposal is known by its digest.
    private mutating func sent(_ block: Block, at now: Timestamp) {
        guard self[block.position]?[.sent] == nil else { return }  // a run that is repeated
        drained(block.position, of: block.view, at: now)
        reach(.sent, block.position, at: now)
        guard let place = made.firstIndex(where: { $0.digest == block.header.payloadDigest }) else { return }
        let call = made[place].call
        made.removeFirst(place + 1)
        blocks[slot(block.height)]?[.proposing] = call.start
        blocks[slot(block.height)]?[.proposed] = call.end
        blocks[slot(block.height)]?.payloadBytes = block.payload.count
        if let length = self[block.position]?.time(.buffer) { record(.buffer, length) }
    }

    /// A certificate speaks for all blocks below it, too.
    private mutating func certified(_ position: LogPosition, at now: Timestamp) {
        let newest = position.height.rawValue
        let first = max(certifiedHeight, newest - min(newest, UInt64(Self.remembered)))
        for height in first..<max(first, newest) {
            if let below = blocks[slot(Height(height))], below.position.height.rawValue == height {
                reach(.certified, below.position, at: now)
            }
        }
        reach(.certified, position, at: now)
        certifiedHeight = newest
    }

    // MARK: - What the state machine reports

    /// A call of the state machine has returned.
    mutating func note(_ answer: MachineAnswer, call: Call, counters: MachineCounters) {
        if counters.undoneTime != accounts.machine.undoneTime || counters.commits != accounts.machine.commits {
            metrics.show(counters)
        }
        accounts.machine = counters
        switch answer {
        case .proposed(_, let payload, _):
            made.append(Made(digest: payload.digest, call: call))
            record(.propose, call.end - call.start)
        case .executed(let position, _):
            reach(.executing, position, at: call.start)
            reach(.executed, position, at: call.end)
        case .committed(let position, _):
            reach(.finishing, position, at: call.start)
            reach(.finished, position, at: call.end)
        default: break
        }
    }

    // MARK: - What the engine shows

    /// After a batch of inputs: what `doPropose()` waits for, and how deep the speculation is.
    mutating func note(wait now: ProposeWait?, depth: Int, at time: Timestamp) {
        accounts.deepest = max(accounts.deepest, depth)
        guard wait?.for != now else { return }
        if let wait {
            accounts.waits[wait.for, default: .zero] += time - wait.since
            metrics.record(wait.for, time - wait.since)
        }
        wait = now.map { ($0, time) }
    }

    /// The books as they are.
    ///
    /// - Parameter count: how many of the last blocks are wanted.
    func accounts(ofLast count: Int, at now: Timestamp) -> BlockAccounts {
        var accounts = accounts
        for (span, histogram) in zip(BlockSpan.allCases, histograms) { accounts.spans[span] = histogram }
        if let wait { accounts.waits[wait.for, default: .zero] += now - wait.since }
        let newest = highest + 1
        for height in (newest - min(newest, UInt64(Self.remembered)))..<newest {
            guard let times = blocks[slot(Height(height))], times.position.height.rawValue == height else { continue }
            accounts.recent.append(times)
        }
        accounts.recent = accounts.recent.suffix(max(0, count))
        return accounts
    }

    // MARK: - Parts

    private func slot(_ height: Height) -> Int { Int(height.rawValue % UInt64(Self.remembered)) }

    /// What is known of a block; nil if nothing is.
    private subscript(position: LogPosition) -> BlockTimes? {
        let times = blocks[slot(position.height)]
        return times?.position == position ? times : nil
    }

    /// Begins a block's entry, if there is none: what was at its place, of a branch that lost or long ago, goes.
    private mutating func open(_ position: LogPosition, of view: View, payload: Int) {
        let slot = slot(position.height)
        if blocks[slot]?.position != position {
            blocks[slot] = BlockTimes(position, view: view)
            note(view) { $0.taken += 1 }
        }
        if payload > 0 { blocks[slot]?.payloadBytes = payload }
        highest = max(highest, position.height.rawValue)
    }

    /// A block has come to this stage, for the first time, and what ends there is counted.
    private mutating func reach(_ stage: BlockStage, _ position: LogPosition, at time: Timestamp) {
        let slot = slot(position.height)
        guard blocks[slot]?.position == position, blocks[slot]?[stage] == nil else { return }
        blocks[slot]?[stage] = time
        for span in BlockSpan.ending(at: stage) {
            if let length = blocks[slot]?.time(span) { record(span, length) }
        }
    }

    private mutating func record(_ span: BlockSpan, _ length: Duration) {
        histograms[span.place].record(length)
        metrics.record(span, length)
    }

    private mutating func entered(_ view: View, at now: Timestamp) {
        accounts.views.append(ViewTimes(view: view, entered: now))
        if accounts.views.count > Self.rememberedViews { accounts.views.removeFirst() }
    }

    private mutating func noteView(_ change: (inout ViewTimes) -> Void) {
        guard !accounts.views.isEmpty else { return }
        change(&accounts.views[accounts.views.count - 1])
    }

    /// Notes something of a view that may be over.
    private mutating func note(_ view: View, _ change: (inout ViewTimes) -> Void) {
        guard let place = accounts.views.lastIndex(where: { $0.view == view }) else { return }
        change(&accounts.views[place])
    }
}
