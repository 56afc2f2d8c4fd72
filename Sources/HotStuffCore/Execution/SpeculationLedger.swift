internal import DequeModule

/// What the state machine has applied and not committed, and what it is to do next (`Documentation/Speculation.md`,
/// *The ledger*).
///
/// A plain value with no threads. Each input has a method, named after its row of the table there, that answers with
/// instructions for the state machine's thread; that thread does them in order, so whatever was instructed counts as
/// done here. What it answers comes back through `take`, in the order in which it was done.
///
/// **Asking for proposals.** `propose` gives the machine's thread a credit, so that it need not wait for the replica's
/// between two proposals. Buffered proposals and unanswered credit together are never more than the buffer's depth.
/// While credit is unanswered a proposal may be in the making, or made and on its way here: it counts as a last entry
/// of unknown digest.
struct SpeculationLedger: Sendable {
    /// How many proposals the state machine may be ahead of `drain`; a limit of 0 turns speculation off: it is asked for
    /// one proposal, and only when nothing that it applied is uncommitted.
    private(set) var depth: BufferDepth
    /// How many payload bytes may be on their way to `execute`; what is decided beyond them waits in the log.
    let decidedLimit: ByteCount
    /// How many blocks may be applied and not committed where others' blocks are executed early.
    let entryLimit: Int
    private let brokenRule: BrokenRule?

    /// Goes up by one with every roll back; answers of an older one are void.
    private(set) var generation: UInt64 = 0
    /// Proposer mode: whether the state machine is asked for proposals.
    private(set) var isProposing = false
    /// Where the state machine's final state stands, nudges counted; nil until it has recovered.
    private(set) var executed: LogPosition?
    /// What the state machine said of its state as of `executed`.
    private(set) var readings = StateReadings.none

    /// What is applied and not committed, oldest first: those bound to a height, then the buffer.
    private(set) var entries: Deque<LedgerEntry> = []
    /// How many entries, from the first on, are bound to a height.
    private var bound = 0
    /// How many payload blocks are decided and not yet final in the state machine.
    private(set) var behind = 0
    /// Blocks that were decided and that the state machine has not made final yet, oldest first.
    private var decided: Deque<DecidedBlock> = []
    /// Payload bytes that `execute` instructions hold in memory.
    private var decidedBytes = 0
    /// What was decided before the state machine recovered; nil for a nudge.
    private var unrecovered: Deque<(position: LogPosition, block: PayloadBlock?)> = []
    /// Unanswered credit of this generation: the last may grow; a `stopProposing` is under way for each of the others.
    private var credits = [0]

    /// A ledger that runs at most `bufferDepth` proposals ahead, or only as many as are needed where that adapts.
    init(
        bufferDepth: Int, adaptsBuffer: Bool = false, decidedLimit: ByteCount = .mebibytes(256), entryLimit: Int = .max,
        brokenRule: BrokenRule? = nil
    ) {
        depth = BufferDepth(limit: bufferDepth, adapts: adaptsBuffer)
        self.entryLimit = entryLimit
        self.decidedLimit = decidedLimit
        self.brokenRule = brokenRule
    }

    /// How many proposals the state machine may be ahead of `drain` at most.
    var bufferDepth: Int { depth.limit }
    /// How many blocks are applied and not committed.
    var count: Int { entries.count }
    /// Whether nothing is applied and not committed, as far as is known here.
    var isEmpty: Bool { entries.isEmpty }
    /// How many proposals wait in the buffer.
    var buffered: Int { entries.count - bound }
    /// The proposal that `drain` would take.
    var firstBuffered: Payload? { bound < entries.count ? entries[bound].payload : nil }
    /// Whether `recover` has returned; before, the state machine is given nothing to do.
    var isRecovered: Bool { executed != nil }
    /// How many proposals were asked for and are not yet answered.
    var unanswered: Int { credits.reduce(0, +) }
    /// Whether a `propose()` was asked for and is not yet answered.
    var isProposalUnanswered: Bool { unanswered > 0 }

    // MARK: - Proposals

    /// *Proposal drained by `doPropose()`*: binds the first unbound entry to its height; nil if there is none.
    mutating func drain(at height: Height) -> (payload: Payload, change: LedgerChange)? {
        guard let payload = firstBuffered else { return nil }
        depth.isDrained(found: buffered)
        entries[bound].height = height
        entries[bound].payload = nil  // the block has it from here on
        bound += 1
        return (payload, finish(LedgerChange()))
    }

    /// `doPropose()` waits for a proposal, and for nothing else.
    mutating func starved() -> LedgerChange {
        depth.isStarved()
        return finish(LedgerChange())
    }

    /// *Proposal made*: appends it, unbound, also if the view was lost meanwhile.
    private mutating func proposalMade(_ payload: Payload, _ readings: StateReadings) {
        precondition(credits[0] > 0, "the state machine's thread made a proposal that it was not asked for")
        credits[0] -= 1
        entries.append(
            LedgerEntry(
                payload: payload, digest: payload.digest, origin: .proposed, height: nil, block: nil,
                readings: readings))
    }

    // MARK: - Commits

    /// *Block committed, no payload*: there is nothing to apply.
    mutating func committedNudge(_ position: LogPosition) -> LedgerChange {
        guard isRecovered else {
            unrecovered.append((position, nil))
            return LedgerChange()
        }
        if decided.isEmpty {
            executed = position
        } else {
            decided.append(DecidedBlock(position: position, isNudge: true))
        }
        return LedgerChange()
    }

    /// *Block committed*: the three rows for one with a payload, which is in the log by now.
    mutating func committed(_ block: PayloadBlock) -> LedgerChange {
        guard isRecovered else {
            unrecovered.append((block.position, heldInMemory(block)))
            behind += 1
            return LedgerChange()
        }
        var change = LedgerChange()
        commit(block, &change)
        return finish(change)
    }

    private mutating func commit(_ block: PayloadBlock, _ change: inout LedgerChange) {
        behind += 1
        if let first = entries.first, first.digest == block.digest {
            dropFirst()
            decided.append(
                DecidedBlock(
                    position: block.position, readings: first.readings,
                    executedAs: first.readings == nil ? first.block : nil))
            if brokenRule == .executedOnce {
                let payload = DecidedPayload(position: block.position, payload: block.payload)
                change.instructions.append(.execute(payload))
            }
            change.instructions.append(.commit(block.position))
            return
        }
        if !entries.isEmpty || isProposalUnanswered {
            rollBack(keeping: 0, cause: .anotherBlockCommitted, &change)
            isProposing = false
        }
        let held = heldInMemory(block)
        decided.append(DecidedBlock(position: block.position, bytes: held.payload?.count ?? 0))
        change.instructions += [
            .execute(DecidedPayload(position: block.position, payload: held.payload)), .commit(block.position),
        ]
    }

    // MARK: - Views

    /// *View lost, or epoch ended*: stops proposing; the entries stay, as a later certificate may still pick them up.
    mutating func viewLost() -> LedgerChange {
        var change = LedgerChange()
        isProposing = false
        if credits[credits.count - 1] > 0 {
            credits.append(0)
            change.instructions.append(.stopProposing(generation: generation))
        }
        return change
    }

    /// *View begun as leader*, once a nudge of this view has committed: enters proposer mode.
    ///
    /// Entries bound to a height are dead then, and so is all that builds on them; the unbound stand if none was bound.
    /// Not to be called again in the same view.
    mutating func leaderStable() -> LedgerChange {
        var change = LedgerChange()
        if bound > 0, brokenRule != .deadEntries { rollBack(keeping: 0, cause: .newView, &change) }
        isProposing = true
        return finish(change)
    }

    /// *View of at most `K` blocks begun, first justify's block held*: enters proposer mode on that block's branch.
    ///
    /// The payload blocks of `chain`, which leads from the last block given to `committed` to that block, become the
    /// head of the ledger. Rolled back is from the first entry on that differs, or that is bound to a height and not
    /// on the chain: no certificate can pick it up in this view. Proposals that nobody has seen yet stand if the chain
    /// ends below them. Before the state machine has recovered this does nothing, and is to be called again.
    mutating func limitedViewBegun(on chain: [PayloadBlock]) -> LedgerChange {
        guard isRecovered else { return LedgerChange() }
        var change = LedgerChange()
        var shared = 0
        while shared < entries.count, shared < chain.count, entries[shared].digest == chain[shared].digest {
            entries[shared].height = chain[shared].position.height
            shared += 1
        }
        bound = max(bound, shared)
        let missing = chain[shared...]
        let mustRollBack =
            missing.isEmpty ? bound > shared : entries.count > shared || isProposalUnanswered
        if mustRollBack { rollBack(keeping: shared, cause: .newView, &change) }
        for block in missing { apply(block, &change) }
        isProposing = true
        return finish(change)
    }

    // MARK: - Others' blocks

    /// Whether all that is applied and not committed lies on a branch that is followed, so that `extend` may go on.
    var isFollowing: Bool { !isProposing && bound == entries.count && !isProposalUnanswered }

    /// *Another's uncommitted block, where early execution is on*: executes what is missing of its branch.
    ///
    /// If something applied stands where the branch has something else, that is rolled back where the branch prevails,
    /// and where it does not the branch waits.
    ///
    /// - Parameters:
    ///   - branch: its payload blocks, from the last block given to `committed` to the newest.
    ///   - prevailing: up to which height the branch prevails, as it is certified or of a newer view.
    ///   - limit: how many blocks are to be applied and not committed at most.
    mutating func follow(
        _ branch: [PayloadBlock], prevailingUpTo prevailing: Height, upTo limit: Int = .max
    ) -> LedgerChange {
        var change = LedgerChange()
        guard isRecovered, !isProposing else { return change }
        var shared = 0
        while shared < entries.count, shared < branch.count, entries[shared].digest == branch[shared].digest {
            shared += 1
        }
        if entries.count > shared || isProposalUnanswered {
            // The first place at which the two differ: the branch's block there, or an entry bound where it has none.
            let difference =
                shared < branch.count
                ? branch[shared].position.height : shared < bound ? entries[shared].height : nil
            guard let difference, difference <= prevailing else {
                change.reach = shared == branch.count ? .beyond : .behind
                return change
            }
            rollBack(keeping: shared, cause: .conflictingBranch, &change)
        }
        for place in 0..<shared {
            entries[place].height = branch[place].position.height
            if entries[place].origin == .proposed { change.own.append(branch[place].position) }
        }
        bound = max(bound, shared)
        if shared > 0, bound == entries.count { change.newest = branch[shared - 1].position.block }
        apply(branch[shared...], upTo: limit, &change)
        return change
    }

    /// The same for a branch that goes on where the last entry, or the last committed block, stands.
    mutating func extend(by branch: [PayloadBlock], upTo limit: Int = .max) -> LedgerChange {
        var change = LedgerChange()
        guard isRecovered, isFollowing else { return change }
        apply(branch[...], upTo: limit, &change)
        return change
    }

    private mutating func apply(
        _ branch: ArraySlice<PayloadBlock>, upTo limit: Int, _ change: inout LedgerChange
    ) {
        for block in branch {
            guard entries.count < min(entryLimit, limit) else {
                change.reach = .behind
                return
            }
            apply(block, &change)
            change.newest = block.position.block
        }
    }

    private mutating func apply(_ block: PayloadBlock, _ change: inout LedgerChange) {
        entries.append(
            LedgerEntry(
                payload: nil, digest: block.digest, origin: .executed, height: block.position.height,
                block: block.position.block, readings: nil))
        bound += 1
        let payload = DecidedPayload(position: block.position, payload: block.payload)
        if block.isToBeValidated { change.instructions.append(.validate(payload)) }
        change.instructions.append(.execute(payload))
    }

    // MARK: - Answers

    /// What the state machine's thread reports, in the order in which it did it.
    mutating func take(_ answer: MachineAnswer) -> LedgerChange {
        var change = LedgerChange()
        switch answer {
        case .recovered(let tip, let readings): recovered(tip, readings, &change)
        case .proposed(let generation, let payload, let readings):
            if generation == self.generation { proposalMade(payload, readings) }
        case .stopped(let generation):
            if generation == self.generation { stopped() }
        case .executed(let position, let readings): executed(position, readings)
        case .committed(let position, let readings): committed(position, readings)
        case .validated: break  // consensus asked
        case .nothingToPropose: break  // its credit stands: the machine is asked again when it has work
        case .rolledBack: break  // what was to be kept is applied, the machine's host saw to that
        }
        return finish(change)
    }

    private mutating func recovered(_ tip: LogPosition, _ readings: StateReadings, _ change: inout LedgerChange) {
        precondition(!isRecovered, "the state machine recovered twice")
        executed = tip
        self.readings = readings
        decidedBytes = 0
        behind = 0
        while let (position, block) = unrecovered.popFirst() {
            guard position.height > tip.height else { continue }  // recover has read it from the log
            if let block { commit(block, &change) } else { _ = committedNudge(position) }
        }
    }

    private mutating func stopped() {
        precondition(credits.count > 1, "the state machine's thread stopped without having been told to")
        credits.removeFirst()
    }

    private mutating func executed(_ position: LogPosition, _ readings: StateReadings) {
        let isAnswered = { (block: DecidedBlock) in block.position == position || block.executedAs == position.block }
        if let place = decided.firstIndex(where: isAnswered) {
            decided[place].executedAs = nil
            decided[place].readings = readings
            decidedBytes -= decided[place].bytes
            decided[place].bytes = 0
        } else if let place = entries.firstIndex(where: { $0.block == position.block }) {
            entries[place].readings = readings
        }
    }

    private mutating func committed(_ position: LogPosition, _ readings: StateReadings?) {
        guard let first = decided.popFirst(), first.position == position else {
            preconditionFailure("the state machine's thread committed \(position) out of turn")
        }
        behind -= 1
        executed = position
        self.readings = readings ?? first.readings ?? .none
        while let next = decided.first, next.isNudge {
            executed = next.position
            decided.removeFirst()
        }
    }

    // MARK: - Parts

    private mutating func dropFirst() {
        entries.removeFirst()
        bound = max(0, bound - 1)
    }

    /// Undoes all entries but the `kept` oldest, and with them whatever is in the making.
    private mutating func rollBack(keeping kept: Int, cause: RolledBack.Cause, _ change: inout LedgerChange) {
        generation += 1
        credits = [0]
        let undone = entries.count - kept
        if entries.count > kept {
            change.rolledBack = RolledBack(kept: kept, undone: entries.count - kept, cause: cause)
        }
        entries.removeLast(entries.count - kept)
        bound = min(bound, kept)
        let applied = brokenRule == .rollBack ? undone + kept : kept
        change.instructions.append(.rollBack(generation: generation, keepingOldest: applied))
    }

    /// `block` with its payload if that still fits into memory, else without.
    private mutating func heldInMemory(_ block: PayloadBlock) -> PayloadBlock {
        let bytes = block.payload?.count ?? 0
        guard decidedBytes + bytes <= decidedLimit.bytes else {
            return PayloadBlock(position: block.position, digest: block.digest, payload: nil)
        }
        decidedBytes += bytes
        return block
    }

    /// Tops up the credit for proposals: the last thing that every input does.
    private mutating func finish(_ change: LedgerChange) -> LedgerChange {
        guard isProposing, isRecovered else { return change }
        let unanswered = unanswered
        let room =
            bufferDepth > 0 ? depth.value - buffered - unanswered : entries.isEmpty && unanswered == 0 ? 1 : 0
        if buffered >= depth.value, unanswered == 0 { depth.isFull() }
        guard room > 0 else { return change }
        credits[credits.count - 1] += room
        var change = change
        change.instructions.append(.propose(generation: generation, allowance: room))
        return change
    }
}
