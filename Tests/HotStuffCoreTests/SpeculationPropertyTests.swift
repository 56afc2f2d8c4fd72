import Testing

@testable import HotStuffCore

/// Issue 2: under random decisions the state machine's committed state always equals that of a machine that just
/// executed the committed blocks in order, and on the leader no committed block is executed twice.
struct SpeculationPropertyTests {
    @Test(arguments: [false, true], [false, true])
    func theCommittedStateIsThatOfTheCommittedBlocksInOrder(viewsAreLimited: Bool, followsEarly: Bool) throws {
        var seen = SpeculationRun.Seen()
        for seed in 0..<800 as Range<UInt64> {
            var run = try SpeculationRun(seed: seed, viewsAreLimited: viewsAreLimited, followsEarly: followsEarly)
            do {
                for _ in 0..<400 { try run.step() }
                try run.settle()
            } catch {
                Issue.record("seed \(seed), limited views \(viewsAreLimited), early \(followsEarly): \(error)")
                return
            }
            seen.add(run.seen)
        }
        // That the runs reach what they are to test.
        #expect(seen.rollBacks > 500)
        #expect(seen.ownCommits > 1_000)
        #expect(seen.othersCommits > 1_000)
        #expect(seen.adopted > 100)
        #expect(seen.halfMade > 50)
        #expect(seen.executedAhead > 100 || !viewsAreLimited)
        #expect((seen.followed > 1_000 && seen.conflicts > 100) == followsEarly)
    }
}

/// What a run found that must not be.
private struct Violation: Error, CustomStringConvertible {
    let description: String
}

private func require(_ holds: Bool, _ text: @autoclosure () -> String) throws {
    if !holds { throw Violation(description: text()) }
}

/// One replica's ledger and state machine under decisions drawn from a seed; everything between them arrives late.
private struct SpeculationRun: ~Copyable {
    private static let window = 6

    private var random: SeededGenerator
    private let viewsAreLimited: Bool
    private let followsEarly: Bool
    /// How many of the branch's blocks are certified.
    private var certified = 0
    private var ledger: SpeculationLedger
    private var host: StateMachineHost<MixingMachine>
    private let record: MixingMachine.Record
    private var instructions: [MachineInstruction] = []
    private var answers: [MachineAnswer] = []

    /// What is proposed on the branch that this replica follows, and not committed.
    private var chain: [Proposed] = []
    private var log = LogInMemory()
    private var role = Role.following
    private var tenure = 0
    private var branch: UInt8 = 0
    private var isRecovered = false
    /// The reference: the state after each committed block, by height.
    private var states: [UInt64] = [0]
    /// The payload blocks that the state machine is to commit, from `checked` on.
    private var due: [LogPosition] = []
    private var checked = 0
    private var lostPayloads: [Payload] = []
    private(set) var seen = Seen()

    private enum Role: Equatable {
        case following
        case entering(LogPosition)
        case leading
    }

    private struct Proposed {
        let position: LogPosition
        let payload: Payload
        /// The own tenure in which it was proposed here.
        let tenure: Int?
    }

    /// What happened, to know that a run tests something.
    struct Seen {
        var rollBacks = 0
        var ownCommits = 0
        var othersCommits = 0
        /// Blocks of other leaders that were taken for own ones, as their payloads are equal.
        var adopted = 0
        var executedAhead = 0
        /// Blocks of other leaders that were executed before they committed, while following.
        var followed = 0
        /// Roll backs that a certified branch asked for.
        var conflicts = 0
        /// Proposals that were given up in the middle.
        var halfMade = 0

        mutating func add(_ other: Seen) {
            rollBacks += other.rollBacks
            ownCommits += other.ownCommits
            othersCommits += other.othersCommits
            adopted += other.adopted
            executedAhead += other.executedAhead
            halfMade += other.halfMade
            followed += other.followed
            conflicts += other.conflicts
        }
    }

    init(seed: UInt64, viewsAreLimited: Bool, followsEarly: Bool) throws {
        random = SeededGenerator(seed: seed)
        self.viewsAreLimited = viewsAreLimited
        self.followsEarly = followsEarly
        ledger = SpeculationLedger(
            bufferDepth: Int.random(in: 0...4, using: &random), adaptsBuffer: Bool.random(using: &random),
            decidedLimit: .bytes(Int.random(in: 0...80, using: &random)),
            entryLimit: Self.window + 4 + 1)
        record = MixingMachine.Record(seed: seed)
        host = StateMachineHost(
            MixingMachine(record: record), signals: record.signals, payloadLimit: .bytes(100))
    }

    mutating func step() throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: try runMachine()
        case 6..<11: deliverAnswer()
        case 11..<14: try drain()
        case 14..<17: try commit()
        case 17: othersPropose()
        case 18: record.signals.signalWork()
        default: if random.oneIn(2) { changeView() }
        }
        if followsEarly, random.oneIn(3) { try follow() }
        try require(ledger.buffered + ledger.unanswered <= max(1, ledger.bufferDepth), "the buffer is over its depth")
        try require(ledger.count <= Self.window + ledger.bufferDepth + 1, "\(ledger.count) entries")
        try checkCommits()
    }

    /// Lets everything that is under way arrive, and compares at the end.
    mutating func settle() throws {
        while !isRecovered || !instructions.isEmpty || !answers.isEmpty {
            if isRecovered && instructions.isEmpty { deliverAnswer() } else { try runMachine() }
        }
        try checkCommits()
        try require(checked == due.count, "\(due.count - checked) blocks were not committed")
        try require(ledger.executed == log.tip, "executed is \(String(describing: ledger.executed)), not \(log.tip)")
        let final = ledger.readings.digest
        let expected = MixingMachine.digest(of: states[states.count - 1])
        try require(final == expected || ledger.readings == .none, "the digest is not that of the last block")
        seen.halfMade = record.halfMade
        try require(ledger.behind == 0, "\(ledger.behind) blocks seem undone")
    }

    // MARK: - The machine's thread

    private mutating func runMachine() throws {
        guard isRecovered else {
            let answer = try host.recover(from: CommittedLog(log, applicationData: []))
            isRecovered = true
            due.removeAll { $0.height <= log.tip.height }
            answers.append(answer)
            return
        }
        // What is not announced yet may have been queued while the machine was in `propose()` already.
        if instructions.isEmpty || (!record.unannounced.isEmpty && random.oneIn(2)) {
            if let answer = try host.proposeIfAsked() { answers.append(answer) }
        } else {
            record.announceAll()
            let log = log
            let answer = try host.perform(instructions.removeFirst()) { position in
                guard let block = log.block(at: position.height), block.position == position else {
                    throw Violation(description: "\(position) is to be loaded, and not in the log")
                }
                return block.payload
            }
            if let answer { answers.append(answer) }
        }
    }

    private mutating func deliverAnswer() {
        guard !answers.isEmpty else { return }
        take(ledger.take(answers.removeFirst()))
    }

    private mutating func take(_ change: LedgerChange) {
        if change.rolledBack != nil { seen.rollBacks += 1 }
        instructions += change.instructions
        record.unannounced += change.instructions
    }

    private mutating func checkCommits() throws {
        while checked < record.commits.count {
            let (position, state) = record.commits[checked]
            try require(checked < due.count, "\(position) was committed, and nothing is due")
            try require(position == due[checked], "\(position) was committed instead of \(due[checked])")
            try require(state == states[Int(position.height.rawValue)], "the state at \(position) is another one")
            checked += 1
        }
    }

    // MARK: - Consensus

    private var tip: Height { chain.last?.position.height ?? log.tip.height }

    private mutating func append(_ payload: Payload, tenure: Int?) {
        let position = place(tip.rawValue + 1, branch: branch)
        chain.append(Proposed(position: position, payload: payload, tenure: tenure))
    }

    private mutating func drain() throws {
        guard role == .leading, chain.count < Self.window else { return }
        guard let drained = ledger.drain(at: Height(tip.rawValue + 1)) else { return take(ledger.starved()) }
        let ancestors = chain.filter { !$0.payload.isEmpty }.map(\.payload.digest)
        let before = ledger.entries.prefix(ledger.count - ledger.buffered - 1).map(\.digest)
        try require(before == ancestors, "a proposal does not build on the payloads of its ancestors")
        append(drained.payload, tenure: tenure)
        take(drained.change)
    }

    private mutating func commit() throws {
        guard !chain.isEmpty else { return }
        let block = chain.removeFirst()
        certified = max(0, certified - 1)
        log.append(block.payload, at: block.position)
        let before = states[states.count - 1]
        let decoded = MixingMachine.decode(block.payload)
        states.append(decoded.map { MixingMachine.apply($0, to: before) } ?? before)
        if decoded != nil { due.append(block.position) }
        if block.payload.isEmpty {
            take(ledger.committedNudge(block.position))
        } else {
            try commitPayload(block)
        }
        if case .entering(block.position) = role {
            role = .leading
            take(ledger.leaderStable())
        }
    }

    private mutating func commitPayload(_ block: Proposed) throws {
        let change = ledger.committed(
            PayloadBlock(position: block.position, digest: block.payload.digest, payload: block.payload))
        let isExecuted = change.instructions.contains { if case .execute = $0 { true } else { false } }
        if role == .leading, block.tenure == tenure {
            try require(!isExecuted, "an own block of a view that still is led was executed")
        }
        if block.tenure != nil { seen.ownCommits += 1 } else { seen.othersCommits += 1 }
        if block.tenure == nil, isRecovered, !isExecuted { seen.adopted += 1 }
        take(change)
    }

    /// Executes what is new on the branch, a part of which is certified.
    private mutating func follow() throws {
        guard role == .following, ledger.isRecovered, !ledger.isProposing else { return }
        certified = Int.random(in: min(certified, chain.count)...chain.count, using: &random)
        let isReceived = random.oneIn(2)
        let branch = chain.prefix(isReceived ? chain.count : certified)
        let height = certified > 0 ? chain[certified - 1].position.height : log.tip.height
        let payloads = branch.filter { !$0.payload.isEmpty }.map {
            PayloadBlock(position: $0.position, digest: $0.payload.digest, payload: $0.payload)
        }
        let change = ledger.follow(payloads, prevailingUpTo: height)
        seen.followed += change.instructions.count { if case .execute = $0 { true } else { false } }
        if change.rolledBack?.cause == .conflictingBranch { seen.conflicts += 1 }
        take(change)
        let applied = ledger.entries.map(\.digest)
        let wanted = payloads.map(\.digest)
        switch change.reach {
        case .exact: try require(applied == wanted, "not just the branch is applied")
        case .beyond: try require(applied.starts(with: wanted), "the branch is not applied")
        case .behind:
            let isFull = ledger.count == ledger.entryLimit
            let isCertified = payloads.allSatisfy { $0.position.height <= height }
            try require(isFull || !isCertified, "a certified branch waits though there is room")
        }
    }

    private mutating func othersPropose() {
        guard role == .following, chain.count < Self.window else { return }
        appendOthers()
    }

    private mutating func appendOthers() {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<2: append(.empty, tenure: nil)
        case 2: append(Payload(bytes: [0xFF, UInt8.random(in: 0...3, using: &random)]), tenure: nil)
        case 3..<6: append(lostPayloads.last ?? ledger.firstBuffered ?? .empty, tenure: nil)
        default: append(MixingMachine.encode(random.next() % 1_000), tenure: nil)
        }
    }

    /// Some of what was not committed stays on the branch that the new leader takes up, the rest is lost.
    private mutating func changeView() {
        if role == .leading { take(ledger.viewLost()) }
        role = .following
        branch &+= 1
        let kept = Int.random(in: 0...chain.count, using: &random)
        lostPayloads = chain.dropFirst(kept).map(\.payload).filter { !$0.isEmpty }.reversed()
        chain.removeLast(chain.count - kept)
        certified = min(certified, kept)
        guard ledger.isRecovered, random.oneIn(2) else { return }
        while chain.count < Self.window, random.oneIn(3) { appendOthers() }  // by others that led meanwhile
        tenure += 1
        if viewsAreLimited {
            let blocks = chain.filter { !$0.payload.isEmpty }.map {
                PayloadBlock(position: $0.position, digest: $0.payload.digest, payload: $0.payload)
            }
            role = .leading
            let change = ledger.limitedViewBegun(on: blocks)
            seen.executedAhead += change.instructions.count { if case .execute = $0 { true } else { false } }
            take(change)
        } else {
            append(.empty, tenure: tenure)
            role = .entering(chain[chain.count - 1].position)
        }
    }
}

/// A machine whose state depends on the order of its steps; it often has nothing to propose, and often keeps less
/// than it might when it rolls back.
private struct MixingMachine: StateMachine, ~Copyable {
    /// What it did, for whoever runs it; of one thread.
    final class Record {
        let signals = MachineSignals {}
        var random: SeededGenerator
        /// Each commit, and the state as of it.
        var commits: [(LogPosition, UInt64)] = []
        /// What was queued and not announced.
        var unannounced: [MachineInstruction] = []
        /// How often a proposal was left half made.
        var halfMade = 0

        func announceAll() {
            for instruction in unannounced { signals.announce(instruction) }
            unannounced = []
        }

        init(seed: UInt64) { random = SeededGenerator(seed: ~seed) }
    }

    private let record: Record
    private var state: UInt64 = 0
    private var committed: UInt64 = 0
    private var undo: [UInt64] = []
    private var isRecovering = false

    init(record: Record) { self.record = record }

    mutating func propose() -> UInt64? {
        record.announceAll()
        guard record.signals.isProposalWanted else {
            state = .max
            record.halfMade += 1
            return nil
        }
        guard !record.random.oneIn(4) else { return nil }
        let step = state % 1_000 + 1_000
        execute(step)
        return step
    }

    static func encode(_ step: UInt64) -> Payload { Payload { $0.append(step) } }

    static func decode(_ payload: Payload) -> UInt64? {
        var reader = payload.reader
        guard let step = reader.read(UInt64.self), reader.isAtEnd else { return nil }
        return step
    }

    static func apply(_ step: UInt64, to state: UInt64) -> UInt64 { (state ^ step) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    static func digest(of state: UInt64) -> Digest { withUnsafeBytes(of: state) { Digest(of: $0.bytes) } }

    mutating func execute(_ step: UInt64) {
        undo.append(state)
        state = Self.apply(step, to: state)
    }

    mutating func commit(_ position: LogPosition) {
        undo.removeFirst()
        committed = undo.first ?? state
        if !isRecovering { record.commits.append((position, committed)) }
    }

    mutating func rollBack() {
        state = committed
        undo = []
    }

    mutating func rollBack(keepingOldest count: Int) -> Int {
        let kept = Int.random(in: 0...count, using: &record.random)
        if kept < undo.count { state = undo[kept] }
        undo.removeLast(undo.count - kept)
        return kept
    }

    mutating func recover(from log: borrowing CommittedLog) throws {
        isRecovering = true
        try log.forEachPayload(after: nil) { position, payload in
            guard let step = Self.decode(payload) else { return }
            execute(step)
            commit(position)
        }
        isRecovering = false
    }

    var stateDigest: Digest? { Self.digest(of: state) }
    var proposalRetryInterval: Duration? { nil }
}
