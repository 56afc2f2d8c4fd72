import Synchronization
import Testing

@testable import HotStuffCore

struct CommandBlocksTests {
    @Test func aBatchIsAppliedAtItsCommitAndItsSubmittersAreAnswered() throws {
        var replica = CommandReplica()
        let first = try replica.submit("a", 1)
        let second = try replica.submit("b", 2)
        let batch = try replica.proposed()
        #expect(first.outcome == nil)
        #expect(replica.applied.isEmpty)
        try replica.commit(place(1))
        #expect(replica.applied == ["a", "b"])
        #expect(first.outcome == .replied("1 a".payload, at: place(1)))
        #expect(second.outcome == .replied("2 b".payload, at: place(1)))
        #expect(CommandBlocks<Appending>.accepts(batch))
        #expect(replica.queue.count == 0)
    }

    @Test func aCommandThatComesAgainIsAnsweredAndNotAppliedAgain() throws {
        var replica = CommandReplica()
        _ = try replica.submit("a", 1)
        _ = try replica.submit("b", 2)
        _ = replica.propose()
        try replica.commit(place(1))
        #expect(try replica.submit("b", 2).outcome == .replied("2 b".payload, at: place(1)))
        #expect(try replica.submit("a", 1).outcome == .alreadyApplied)
        #expect(replica.propose() == nil)
    }

    @Test func aCommandThatTwoBlocksCarryIsAppliedOnce() throws {
        var replica = CommandReplica()
        let batch = CommandReplica.batch([("a", 1)])
        replica.execute(batch)
        replica.execute(batch)
        try replica.commit(place(1))
        try replica.commit(place(2))
        #expect(replica.applied == ["a"])
    }

    @Test func drawnCommandsReturnInOrderWhenTheyAreRolledBack() throws {
        var replica = CommandReplica(maximumCommands: 2)
        for (place, text) in ["a", "b", "c", "d", "e"].enumerated() {
            _ = try replica.submit(text, UInt64(place) + 1)
        }
        let first = replica.propose()
        let second = replica.propose()
        replica.rollBack(keepingOldest: 1)
        #expect(replica.propose() == second)
        replica.rollBack(keepingOldest: 0)
        #expect(replica.propose() == first)
        #expect(replica.propose() == second)
        #expect(replica.propose() == CommandReplica.batch([("e", 5)]))
    }

    @Test func aSubmitterIsAnsweredAlsoIfAnotherLeadersBlockCommitsItsCommand() throws {
        var replica = CommandReplica()
        let drawn = try replica.submit("a", 1)
        _ = replica.propose()
        let waiting = try replica.submit("b", 2)
        replica.rollBack(keepingOldest: 0)
        replica.execute(CommandReplica.batch([("a", 1), ("b", 2)]))
        try replica.commit(place(7))
        #expect(drawn.outcome == .replied("1 a".payload, at: place(7)))
        #expect(waiting.outcome == .replied("2 b".payload, at: place(7)))
        #expect(replica.propose() == nil)
    }

    @Test func aCommandThatCommittedWhileItWasDrawnDoesNotReturn() throws {
        var replica = CommandReplica()
        replica.execute(CommandReplica.batch([("a", 1)]))
        _ = try replica.submit("a", 1)
        _ = replica.propose()
        try replica.commit(place(1))
        replica.rollBack(keepingOldest: 0)
        #expect(replica.queue.waiting.count == 0)
        #expect(replica.propose() == nil)
    }

    @Test func aCommandSubmittedTwiceAnswersBoth() throws {
        var replica = CommandReplica()
        let first = try replica.submit("a", 1)
        let second = try replica.submit("a", 1)
        #expect(replica.queue.count == 1)
        _ = replica.propose()
        try replica.commit(place(1))
        #expect(first.outcome != nil)
        #expect(first.outcome == second.outcome)
    }

    @Test func aFullQueueRefusesWithAHint() throws {
        var limits = CommandQueue.Limits()
        limits.commands = 2
        limits.payload = .bytes(30)
        limits.retryAfter = .milliseconds(7)
        let replica = CommandReplica(limits: limits)
        _ = try replica.submit("a", 1)
        _ = try replica.submit("b", 2)
        #expect(throws: CommandQueue.Refused.full(retryAfter: .milliseconds(7))) { try replica.submit("c", 3) }
        #expect(throws: CommandQueue.Refused.tooLong(.bytes(11), limit: .bytes(10))) {
            try replica.submit("seven b", 4)
        }
    }

    @Test func aQueueIsBoundedInBytesToo() throws {
        var limits = CommandQueue.Limits()
        limits.size = .bytes(60)
        let replica = CommandReplica(limits: limits)
        _ = try replica.submit("a", 1)
        _ = try replica.submit("b", 2)
        #expect(throws: CommandQueue.Refused.full(retryAfter: .milliseconds(20))) { try replica.submit("c", 3) }
    }

    @Test func aSmallBatchWaitsForMoreButNotLongerThanThePolicySays() throws {
        var replica = CommandReplica(minimumCommands: 2)
        #expect(replica.retryInterval == nil)
        _ = try replica.submit("a", 1)
        #expect(replica.propose() == nil)
        #expect(replica.retryInterval == .milliseconds(2))
        replica.clock.advance(by: .milliseconds(1))
        #expect(replica.propose() == nil)
        #expect(replica.retryInterval == .milliseconds(1))
        replica.clock.advance(by: .milliseconds(1))
        #expect(replica.propose() == CommandReplica.batch([("a", 1)]))
        _ = try replica.submit("b", 2)
        _ = try replica.submit("c", 3)
        #expect(replica.propose() == CommandReplica.batch([("b", 2), ("c", 3)]))
    }

    @Test func aBatchHasNoMoreBytesThanAPayloadMay() throws {
        var replica = CommandReplica(payloadLimit: 60)
        for sequence in 1...3 as ClosedRange<UInt64> { _ = try replica.submit("a", sequence) }
        #expect(replica.propose() == CommandReplica.batch([("a", 1), ("a", 2)]))
        #expect(replica.propose() == CommandReplica.batch([("a", 3)]))
    }

    @Test func aCommandThatIsNoneOfTheMachinesIsAnsweredSoAndLeftOut() throws {
        var replica = CommandReplica()
        let unreadable = Answer()
        try replica.queue.submit(Payload(bytes: [9]), id: CommandID(client: 2, sequence: 1)) { unreadable.take($0) }
        _ = try replica.submit("a", 1)
        #expect(replica.propose() == CommandReplica.batch([("a", 1)]))
        #expect(unreadable.outcome == .unreadable)
    }

    @Test(arguments: [0, 1, 19, 20, 24, 26])
    func whatIsNotWholeCommandsDoesNotDecode(count: Int) throws {
        let batch = CommandReplica.batch([("ab", 1)])
        #expect(batch.count == 26)
        let part = try #require(batch[0..<count])
        #expect(CommandBlocks<Appending>.accepts(part) == (count == 26))
    }

    @Test func aLengthBeyondThePayloadDoesNotDecode() {
        let hostile = Payload {
            $0.append(UInt64(1))
            $0.append(UInt64(1))
            $0.append(UInt32.max)
        }
        #expect(!CommandBlocks<Appending>.accepts(hostile))
    }

    @Test func theDigestDependsOnWhatWasAppliedAndNotOnWhoProposedIt() throws {
        var leader = CommandReplica()
        var follower = CommandReplica()
        _ = try leader.submit("a", 1)
        let batch = try leader.proposed()
        follower.execute(batch)
        try leader.commit(place(1))
        try follower.commit(place(1))
        #expect(leader.digest == follower.digest)
        let before = leader.digest
        leader.execute(CommandReplica.batch([("a", 1)]))
        try leader.commit(place(2))
        #expect(leader.digest == before)
    }

    @Test func theDigestCoversWhoWasAppliedWhat() throws {
        var one = CommandReplica()
        var other = CommandReplica()
        one.execute(CommandReplica.batch([("a", 1)]))
        other.execute(CommandReplica.batch([("a", 2)]))
        try one.commit(place(1))
        try other.commit(place(1))
        #expect(one.applied == other.applied)
        #expect(one.digest != other.digest)
    }

    @Test func recoveryKnowsAgainWhoWasAnsweredWhat() throws {
        var log = LogInMemory()
        log.append(CommandReplica.batch([("a", 1)]), at: place(1))
        log.append(.empty, at: place(2))
        log.append(Payload(bytes: [1, 2, 3]), at: place(3))
        log.append(CommandReplica.batch([("a", 1), ("b", 2)]), at: place(4))
        var replica = CommandReplica()
        try replica.recover(log)
        #expect(replica.applied == ["a", "b"])
        #expect(try replica.submit("b", 2).outcome == .replied("2 b".payload, at: place(4)))
    }

    @Test func recoveryGivesAMachineOnlyWhatItsOwnTablesLack() throws {
        var log = LogInMemory()
        log.append(CommandReplica.batch([("a", 1)]), at: place(1))
        log.append(CommandReplica.batch([("a", 1), ("b", 2)]), at: place(2))
        var replica = CommandReplica(durable: place(1))
        try replica.recover(log)
        #expect(replica.applied == ["b"])
    }

    @Test func sessionsForgetTheClientWhoseLastCommandIsLongestAgo() {
        var sessions = CommandSessions(limit: 2)
        func id(_ client: UInt64, _ sequence: UInt64) -> CommandID { CommandID(client: client, sequence: sequence) }
        sessions.applied(id(1, 5), reply: .empty, at: place(1))
        sessions.applied(id(2, 5), reply: .empty, at: place(1))
        sessions.applied(id(1, 6), reply: .empty, at: place(2))
        sessions.applied(id(3, 5), reply: .empty, at: place(3))
        #expect(sessions.outcome(of: id(1, 6)) == .replied(.empty, at: place(2)))
        #expect(sessions.outcome(of: id(2, 5)) == nil)
        #expect(sessions.outcome(of: id(3, 5)) == .replied(.empty, at: place(3)))
        sessions.applied(id(2, 5), reply: .empty, at: place(4))
        #expect(sessions.outcome(of: id(1, 6)) == nil)
        #expect(sessions.outcome(of: id(3, 4)) == .alreadyApplied)
    }

    @Test func sessionsAreTheSameAgainAfterTheirRecordsWereKept() throws {
        var sessions = CommandSessions(limit: 3)
        var kept: [UInt32: Payload] = [:]
        func id(_ client: UInt64, _ sequence: UInt64) -> CommandID { CommandID(client: client, sequence: sequence) }
        for (height, client) in ([1, 2, 3, 1, 4, 4, 5, 1] as [UInt64]).enumerated() {
            sessions.applied(id(client, UInt64(height)), reply: "\(height)".payload, at: place(UInt64(height)))
            sessions.endBlock()
            for (number, record) in sessions.takeChangedRecords() { kept[number] = record }
        }
        #expect(kept.count == 4)
        var restored = try CommandSessions(records: kept, limit: 3)
        for client: UInt64 in 1...5 {
            #expect(restored.outcome(of: id(client, 7)) == sessions.outcome(of: id(client, 7)))
        }
        // Both forget the same client next.
        for client: UInt64 in [6, 7] {
            sessions.applied(id(client, 9), reply: nil, at: place(9))
            restored.applied(id(client, 9), reply: nil, at: place(9))
        }
        sessions.endBlock()
        restored.endBlock()
        #expect(restored.digest == sessions.digest)
        for client: UInt64 in 1...7 {
            #expect(restored.outcome(of: id(client, 1)) == sessions.outcome(of: id(client, 1)))
        }
        kept[2] = nil
        #expect(throws: CommandSessions.DamagedRecord.self) { try CommandSessions(records: kept, limit: 3) }
    }

    @Test func aReplyThatIsTooLongIsNotRemembered() {
        var sessions = CommandSessions()
        let id = CommandID(client: 1, sequence: 1)
        let long = Payload(bytes: Array(repeating: 1, count: CommandSessions.rememberedReply + 1))
        sessions.applied(id, reply: long, at: place(1))
        #expect(sessions.outcome(of: id) == .alreadyApplied)
    }

    @Test func closingTellsThoseWhoWait() throws {
        let replica = CommandReplica()
        let waiting = try replica.submit("a", 1)
        replica.queue.close()
        #expect(waiting.outcome == .stopped)
        #expect(throws: CommandQueue.Refused.stopped) { try replica.submit("b", 2) }
    }

    @Test func submittingSignalsWork() throws {
        let signalled = Counted()
        let queue = CommandQueue(clock: { .zero }, signalWork: { signalled.add() })
        try queue.submit("a".payload, id: CommandID(client: 1, sequence: 1)) { _ in }
        #expect(signalled.count == 1)
    }

    @Test func aFollowersLineDoesNotGrowWithCommandsThatOthersCommitted() {
        var queued = QueuedCommands()
        func id(_ sequence: UInt64) -> CommandID { CommandID(client: 1, sequence: sequence) }
        for sequence in 0..<1_000 as Range<UInt64> {
            queued.append(
                QueuedCommand(id: id(sequence), command: .empty, arrival: .zero, number: 0, answers: []))
        }
        for sequence in 1..<1_000 as Range<UInt64> { _ = queued.remove(id(sequence)) }
        #expect(queued.lineLength < 100)
        #expect(queued.first?.id == id(0))
        #expect(queued.waiting == 1)
    }
}

/// A command machine under `CommandBlocks`, with its queue and clock; client 1 submits.
private struct CommandReplica: ~Copyable {
    let queue: CommandQueue
    let clock = ManualClock()
    private let record: Appending.Record
    private var blocks: CommandBlocks<Appending>

    init(
        limits: CommandQueue.Limits = CommandQueue.Limits(), minimumCommands: Int = 1,
        maximumCommands: Int = 10_000, payloadLimit: Int = 1 << 20, durable: LogPosition? = nil
    ) {
        queue = CommandQueue(limits: limits, clock: { [clock] in clock.now }, signalWork: {})
        record = Appending.Record()
        var policy = BatchPolicy()
        policy.minimumCommands = minimumCommands
        policy.maximumCommands = maximumCommands
        blocks = CommandBlocks(
            Appending(record: record, durablePosition: durable),
            context: .forTests(payloadLimit: payloadLimit, commands: queue), batch: policy)
    }

    static func batch(_ commands: [(String, UInt64)]) -> Payload {
        Payload {
            for (text, sequence) in commands {
                $0.append(UInt64(1))
                $0.append(sequence)
                $0.append(UInt32(text.payload.count))
                $0.append(text.payload)
            }
        }
    }

    @discardableResult
    func submit(_ text: String, _ sequence: UInt64) throws -> Answer {
        let answer = Answer()
        try queue.submit(text.payload, id: CommandID(client: 1, sequence: sequence)) { answer.take($0) }
        return answer
    }

    var applied: [String] { record.applied }
    var digest: Digest? { blocks.stateDigest }
    var retryInterval: Duration? { blocks.proposalRetryInterval }
    mutating func propose() -> Payload? { blocks.propose() }
    mutating func proposed() throws -> Payload {
        let payload = propose()
        return try #require(payload)
    }
    mutating func execute(_ payload: Payload) { blocks.execute(payload) }
    mutating func commit(_ position: LogPosition) throws { try blocks.commit(position) }
    mutating func rollBack(keepingOldest count: Int) { blocks.rollBack(keepingOldest: count) }
    mutating func recover(_ log: LogInMemory) throws {
        try blocks.recover(from: CommittedLog(log, applicationData: []))
    }
}

/// Appends its commands to a list, and replies with the length and the command.
private struct Appending: CommandStateMachine, ~Copyable {
    final class Record {
        var applied: [String] = []
    }

    let record: Record
    let durablePosition: LogPosition?

    mutating func apply(_ command: String) -> String {
        record.applied.append(command)
        return "\(record.applied.count) \(command)"
    }

    var stateDigest: Digest? { record.applied.joined(separator: ",").payload.digest }
}

/// What a submitter was answered; it must be answered once.
private final class Answer: Sendable {
    private let taken = Mutex<CommandOutcome?>(nil)
    var outcome: CommandOutcome? { taken.withLock { $0 } }
    func take(_ outcome: CommandOutcome) {
        taken.withLock {
            precondition($0 == nil, "answered twice")
            $0 = outcome
        }
    }
}

/// A clock that a test moves.
private final class ManualClock: Sendable {
    private let time = Mutex(Timestamp.zero)
    var now: Timestamp { time.withLock { $0 } }
    func advance(by interval: Duration) { time.withLock { $0 = $0 + interval } }
}
