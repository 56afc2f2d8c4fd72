import Testing

@testable import HotStuffCore

struct StateMachineHostTests {
    @Test func itMakesAsManyProposalsAsItIsAskedFor() throws {
        var host = Script.host()
        #expect(host.asking == .never)
        #expect(try host.perform(.propose(generation: 0, allowance: 2)) == nil)
        #expect(host.asking == .now)
        #expect(try host.proposeIfAsked()?.text == "proposed 1")
        #expect(try host.proposeIfAsked()?.text == "proposed 2")
        #expect(host.asking == .never)
        #expect(try host.proposeIfAsked() == nil)
        #expect(host.counters.proposals == 2)
    }

    @Test func afterNothingToProposeItAsksAgainOnASignal() throws {
        let script = Script()
        script.answers = [nil, 5]
        var host = Script.host(script)
        _ = try host.perform(.propose(generation: 0, allowance: 1))
        #expect(try host.proposeIfAsked()?.text == "nothing")
        #expect(host.asking == .onSignal(orAfter: nil))
        #expect(try host.proposeIfAsked() == nil)
        script.signals.signalWork()
        #expect(host.asking == .now)
        #expect(try host.proposeIfAsked()?.text == "proposed 5")
    }

    @Test func aSignalGivenWhileItProposesCounts() throws {
        let script = Script()
        script.answers = [nil]
        script.duringPropose = { script.signals.signalWork() }
        var host = Script.host(script)
        _ = try host.perform(.propose(generation: 0, allowance: 1))
        #expect(try host.proposeIfAsked()?.text == "nothing")
        #expect(host.asking == .now)
    }

    @Test func afterThePauseThatTheMachineNamesItAsksAgain() throws {
        let script = Script()
        script.answers = [nil, 5]
        script.retry = .milliseconds(3)
        var host = Script.host(script)
        _ = try host.perform(.propose(generation: 0, allowance: 1))
        _ = try host.proposeIfAsked()
        #expect(host.asking == .onSignal(orAfter: .milliseconds(3)))
        host.retryIsDue()
        #expect(try host.proposeIfAsked()?.text == "proposed 5")
    }

    @Test func theCountersTellWhatWasSparedAndWhatWasUndone() throws {
        let readings = Counted()
        let script = Script()
        script.keeps = 1
        var host = StateMachineHost(
            ScriptedMachine(script: script), signals: script.signals, payloadLimit: .bytes(4),
            clock: {
                readings.add()
                return Timestamp(nanoseconds: UInt64(readings.count) * 10)
            })
        _ = try host.perform(.propose(generation: 0, allowance: 3))
        for _ in 0..<3 { _ = try host.proposeIfAsked() }
        _ = try host.perform(.commit(place(1)))
        #expect(host.counters.avoidedExecutions == 1)
        #expect(host.counters.undoneBlocks == 0)
        script.signals.announce(.rollBack(generation: 1, keepingOldest: 1))
        _ = try host.perform(.rollBack(generation: 1, keepingOldest: 1))
        #expect(host.counters.undoneBlocks == 1)
        #expect(host.counters.undoneTime == .nanoseconds(10))
        _ = try host.perform(.commit(place(2)))
        _ = try host.perform(.execute(DecidedPayload(position: place(3), payload: Payload(bytes: [9]))))
        _ = try host.perform(.commit(place(3)))
        #expect(host.counters.commits == 3)
        #expect(host.counters.avoidedExecutions == 2)
    }

    @Test func signalsWakeOnceUntilTheyAreTaken() {
        let woken = Counted()
        let signals = MachineSignals { woken.add() }
        signals.signalWork()
        signals.signalWork()
        #expect(woken.count == 1)
        #expect(signals.takeWork())
        signals.signalWork()
        #expect(woken.count == 2)
    }

    @Test func aProposalThatIsNotWantedAnyMoreIsFollowedByARollBack() throws {
        let script = Script()
        script.answers = [nil]
        let rollBack = MachineInstruction.rollBack(generation: 1, keepingOldest: 0)
        script.duringPropose = { script.signals.announce(rollBack) }
        var host = Script.host(script)
        _ = try host.perform(.propose(generation: 0, allowance: 2))
        #expect(try host.proposeIfAsked() == nil)
        #expect(host.asking == .never)
        #expect(script.calls == ["propose nil"])
        #expect(try host.perform(rollBack)?.text == "rolled back 0 in 1")
        #expect(script.calls == ["propose nil", "rollBack"])
        #expect(script.signals.isProposalWanted)
    }

    @Test func onlyAFullRollBackMeetsAStateHalfMade() throws {
        let script = Script()
        script.answers = [nil]
        script.keeps = 1
        let rollBack = MachineInstruction.rollBack(generation: 1, keepingOldest: 1)
        script.duringPropose = { script.signals.announce(rollBack) }
        var host = Script.host(script)
        _ = try host.perform(.execute(DecidedPayload(position: place(1), payload: payload(7))))
        _ = try host.perform(.propose(generation: 0, allowance: 1))
        _ = try host.proposeIfAsked()
        _ = try host.perform(rollBack)
        #expect(script.calls == ["execute 7", "propose nil", "rollBack", "execute 7"])
    }

    @Test func aCommitQueuedBeforeTheRollBackDoesNotMeetAStateHalfMade() throws {
        let script = Script()
        script.answers = [nil]
        let rollBack = MachineInstruction.rollBack(generation: 1, keepingOldest: 0)
        script.duringPropose = { script.signals.announce(rollBack) }
        var host = Script.host(script)
        _ = try host.perform(.execute(DecidedPayload(position: place(1), payload: payload(7))))
        _ = try host.perform(.execute(DecidedPayload(position: place(2), payload: payload(8))))
        _ = try host.perform(.propose(generation: 0, allowance: 1))
        _ = try host.proposeIfAsked()
        script.calls = []
        _ = try host.perform(.commit(place(1)))
        _ = try host.perform(rollBack)
        #expect(script.calls == ["rollBack", "execute 7", "commit 1"])
    }

    @Test func nothingIsExecutedOnAStateHalfMade() throws {
        let script = Script()
        script.answers = [nil]
        script.duringPropose = { script.signals.end() }
        var host = Script.host(script)
        _ = try host.perform(.execute(DecidedPayload(position: place(1), payload: payload(7))))
        _ = try host.perform(.propose(generation: 0, allowance: 1))
        _ = try host.proposeIfAsked()
        _ = try host.perform(.execute(DecidedPayload(position: place(2), payload: payload(8))))
        #expect(script.calls == ["execute 7", "propose nil", "rollBack", "execute 7", "execute 8"])
    }

    @Test func aRollBackOfNothingDoesNotReachTheMachine() throws {
        let script = Script()
        var host = Script.host(script)
        #expect(try host.perform(.rollBack(generation: 1, keepingOldest: 0))?.text == "rolled back 0 in 1")
        #expect(script.calls.isEmpty)
    }

    @Test func whatDoesNotDecodeIsSkippedWithItsCommit() throws {
        let script = Script()
        var host = Script.host(script)
        for (byte, height) in [(0xFF, 1), (7, 2)] as [(UInt8, UInt64)] {
            let decided = DecidedPayload(position: place(height), payload: payload(byte))
            #expect(try host.perform(.execute(decided))?.text == "executed \(height)")
            #expect(try host.perform(.commit(place(height)))?.text == "committed \(height)")
        }
        #expect(script.calls == ["execute 7", "commit 2"])
        #expect(host.counters.skips == 1)
    }

    @Test func aPayloadThatWaitsInTheLogIsLoaded() throws {
        let script = Script()
        var host = Script.host(script)
        let decided = DecidedPayload(position: place(4), payload: nil)
        _ = try host.perform(.execute(decided)) { position in
            #expect(position == place(4))
            return payload(9)
        }
        #expect(script.calls == ["execute 9"])
    }

    @Test func whatARollBackDidNotKeepIsExecutedAgain() throws {
        let script = Script()
        script.keeps = 1
        var host = Script.host(script)
        for (place, byte) in ([3, 0xFF, 4, 5] as [UInt8]).enumerated() {
            let position = HotStuffCoreTests.place(UInt64(place) + 1)
            _ = try host.perform(.execute(DecidedPayload(position: position, payload: payload(byte))))
        }
        script.calls = []
        _ = try host.perform(.rollBack(generation: 1, keepingOldest: 3))
        #expect(script.calls == ["rollBack to 2", "execute 4"])
        script.calls = []
        for height in 1...3 { _ = try host.perform(.commit(place(UInt64(height)))) }
        #expect(script.calls == ["commit 1", "commit 3"])
    }

    @Test func aMachineThatSaysItKeptTooManyIsAtFault() throws {
        let script = Script()
        script.keeps = 9
        var host = Script.host(script)
        for byte in [3, 4] as [UInt8] {
            _ = try host.perform(.execute(DecidedPayload(position: place(UInt64(byte)), payload: payload(byte))))
        }
        let fault = faultOf { _ = try host.perform(.rollBack(generation: 1, keepingOldest: 1)) }
        #expect(fault?.call == .rollBack)
        #expect(fault?.cause as? StateMachineFault.BrokenContract == .kept(9, of: 1))
    }

    @Test(
        arguments: [
            ([], StateMachineFault.BrokenContract.emptyPayload),
            ([0xFF], .undecodable),
            ([1, 2, 3, 4, 5], .tooLong(.bytes(5), limit: .bytes(4))),
        ] as [([UInt8], StateMachineFault.BrokenContract)])
    func anUnusableOwnProposalIsAFaultOfEncode(bytes: [UInt8], expected: StateMachineFault.BrokenContract) throws {
        let script = Script()
        script.encoded = bytes
        var host = Script.host(script)
        _ = try host.perform(.propose(generation: 0, allowance: 1))
        let fault = faultOf { _ = try host.proposeIfAsked() }
        #expect(fault?.call == .encode)
        #expect(fault?.cause as? StateMachineFault.BrokenContract == expected)
    }

    @Test func whatTheMachineThrowsNamesCallAndPlace() throws {
        let script = Script()
        script.failing = "commit 1"
        var host = Script.host(script)
        _ = try host.perform(.execute(DecidedPayload(position: place(1), payload: payload(7))))
        let fault = faultOf { _ = try host.perform(.commit(place(1))) }
        #expect(fault?.call == .commit)
        #expect(fault?.position == place(1))
        #expect(fault?.cause is Script.Failure)
    }

    @Test func itRecoversByReplayingTheLogAboveTheDurablePosition() throws {
        var blocks = LogInMemory()
        blocks.append(payload(1), at: place(1))
        blocks.append(.empty, at: place(2))
        blocks.append(payload(3), at: place(3))
        let script = Script()
        script.durable = place(1)
        var host = Script.host(script)
        let answer = try host.recover(from: CommittedLog(blocks, applicationData: []))
        #expect(answer.text == "recovered 3")
        #expect(script.calls == ["execute 3", "commit 3"])
    }

    @Test func tablesOfAnotherLogAreRefused() throws {
        let script = Script()
        script.durable = place(1)
        var host = Script.host(script)
        let fault = faultOf { _ = try host.recover(from: CommittedLog(LogInMemory(), applicationData: [])) }
        #expect(fault?.call == .recover)
        #expect(
            fault?.cause as? StateMachineFault.BrokenContract == .foreignTables(durable: place(1), log: nil))
    }

    @Test func aPrunedLogIsNotTakenForAWholeOne() throws {
        var blocks = LogInMemory()
        blocks.append(payload(1), at: place(1))
        blocks.append(payload(2), at: place(2))
        blocks.firstHeight = Height(2)
        var host = Script.host()
        let fault = faultOf { _ = try host.recover(from: CommittedLog(blocks, applicationData: [])) }
        #expect(
            fault?.cause as? CommittedLog.Unreadable == .pruned(asked: Height(1), firstHeight: Height(2)))
    }
}

private func faultOf(_ body: () throws -> Void) -> StateMachineFault? {
    do { try body() } catch { return error as? StateMachineFault }
    return nil
}

/// What a scripted machine does, and what it was called for; of one thread.
private final class Script {
    struct Failure: Error {}

    let signals = MachineSignals {}
    var answers: [UInt8?] = [1, 2, 3, 4]
    var duringPropose: () -> Void = {}
    var retry: Duration?
    var keeps = 0
    var encoded: [UInt8]?
    var failing: String?
    var durable: LogPosition?
    var calls: [String] = []

    func call(_ text: String) throws {
        calls.append(text)
        if text == failing { throw Failure() }
    }

    static func host(_ script: Script = Script()) -> StateMachineHost<ScriptedMachine> {
        StateMachineHost(ScriptedMachine(script: script), signals: script.signals, payloadLimit: .bytes(4))
    }
}

private struct ScriptedMachine: StateMachine, ~Copyable {
    let script: Script

    mutating func propose() throws -> [UInt8]? {
        script.duringPropose()
        let byte = script.answers.removeFirst()
        try script.call("propose \(byte.map { "\($0)" } ?? "nil")")
        return byte.map { script.encoded ?? [$0] }
    }

    static func encode(_ block: [UInt8]) -> Payload { Payload(bytes: block) }

    static func decode(_ payload: Payload) -> [UInt8]? {
        let bytes = payload.withUnsafeBytes { Array($0) }
        return bytes.first == 0xFF ? nil : bytes
    }

    mutating func execute(_ block: [UInt8]) throws { try script.call("execute \(block[0])") }
    mutating func commit(_ position: LogPosition) throws { try script.call("commit \(position.height)") }
    mutating func rollBack() throws { try script.call("rollBack") }
    mutating func rollBack(keepingOldest count: Int) throws -> Int {
        try script.call("rollBack to \(count)")
        return script.keeps
    }
    var durablePosition: LogPosition? { script.durable }
    var proposalRetryInterval: Duration? { script.retry }
}

extension StateMachineHost where Machine: ~Copyable {
    fileprivate mutating func perform(_ instruction: MachineInstruction) throws -> MachineAnswer? {
        try perform(instruction) { _ in .empty }
    }
}

extension MachineAnswer {
    fileprivate var text: String {
        switch self {
        case .recovered(let tip, _): "recovered \(tip.height)"
        case .proposed(_, let payload, _): "proposed \(payload.withUnsafeBytes { $0[0] })"
        case .nothingToPropose: "nothing"
        case .stopped(let generation): "stopped in \(generation)"
        case .validated(let position, let verdict): "\(verdict == .valid ? "valid" : "invalid") \(position.height)"
        case .executed(let position, _): "executed \(position.height)"
        case .committed(let position, _): "committed \(position.height)"
        case .rolledBack(let generation, let kept): "rolled back \(kept) in \(generation)"
        }
    }
}
