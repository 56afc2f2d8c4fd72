import Testing

@testable import HotStuffCore

/// Replicas whose states differ (Documentation/Speculation.md, *Divergence*).
struct DivergenceTests {
    @Test func aMinorityThatLiesRaisesAnAlarmAboutItselfOnly() throws {
        var watch = try Watched()
        #expect(watch.hears([10: 1, 11: 9], from: 1).isEmpty, "no quorum has spoken")
        #expect(watch.hears([10: 1, 11: 2, 12: 3], from: 2).isEmpty)
        let findings = watch.hears([10: 1, 11: 2, 12: 3], from: 3)
        #expect(findings.map(\.replica) == [watch.keys[1]])
        #expect(findings.map(\.position) == [place(11)])
        #expect(findings.map(\.digest) == [digest(9)])
        #expect(findings.map(\.quorum) == [digest(2)])
        watch.now = watch.now + .seconds(10)
        #expect(watch.hears([10: 7, 12: 7], from: 1).isEmpty, "it has been named")
    }

    @Test func heightsThatAreNotKnownHereCountForNothing() throws {
        var watch = try Watched()
        #expect(watch.hears([1: 7, 99: 7], from: 1).isEmpty)
        #expect(watch.hears([1: 7, 99: 7], from: 2).isEmpty)
        #expect(watch.hears([1: 7, 99: 7], from: 3).isEmpty)
        #expect(!watch.watch.differs(report(7, at: 13), of: watch.keys[1]), "not executed here yet")
        #expect(!watch.watch.differs(report(7, at: 9), of: watch.keys[1]), "before what is kept")
        #expect(!watch.watch.differs(report(nil, at: 12), of: watch.keys[1]))
        #expect(watch.watch.differs(report(7, at: 12), of: watch.keys[1]))
        #expect(!watch.watch.differs(report(3, at: 12), of: watch.keys[1]))
    }

    @Test func whatOthersToldCountsOnceThisReplicaHasGotThere() throws {
        var watch = try Watched()
        #expect(watch.hears([12: 3, 13: 4], from: 1).isEmpty)
        #expect(watch.hears([12: 3, 13: 4], from: 2).isEmpty)
        #expect(watch.hears([12: 3, 13: 9], from: 3).isEmpty, "not executed here yet")
        watch.watch.note(digest(4), at: place(13))
        var findings = watch.watch.catchUp(among: watch.validators)
        #expect(findings.map(\.replica) == [watch.keys[3]])
        #expect(findings.map(\.position) == [place(13)])
        watch.watch.note(digest(5), at: place(14))
        findings = watch.watch.catchUp(among: watch.validators)
        #expect(findings.isEmpty)
    }

    @Test func whoToldIsToldOnceThisReplicaHasGotAsFar() throws {
        var watch = try Watched()
        watch.watch.owe(for: StateDigests([StateDigest(height: Height(13), digest: digest(4))]))
        watch.watch.owe(for: StateDigests([StateDigest(height: Height(.max), digest: digest(4))]))
        func isOwed() -> Bool { watch.watch.takeOwed() }
        #expect(!isOwed(), "what it told now would lack height 13")
        watch.watch.advance(to: Height(13))
        #expect(isOwed(), "who claims to be far ahead puts nothing off")
        #expect(!isOwed(), "once")
        watch.watch.owe(for: StateDigests([StateDigest(height: Height(5), digest: digest(4))]))
        #expect(isOwed())
    }

    @Test func whoConnectsIsToldWhatAllWereTold() throws {
        var watch = try Watched()
        #expect(watch.watch.repetition == nil, "as long as all agree it costs no message")
        _ = watch.watch.tell(at: watch.now)
        #expect(watch.watch.repetition?.digests.map(\.height) == [Height(10), Height(11), Height(12)])
    }

    @Test func digestsAreToldNotOftenerThanThePauseAllows() throws {
        var watch = try Watched()
        #expect(watch.watch.tell(at: watch.now)?.digests.map(\.height) == [Height(10), Height(11), Height(12)])
        #expect(watch.watch.tell(at: watch.now + .seconds(4)) == nil)
        #expect(watch.watch.tell(at: watch.now + .seconds(5)) != nil)
        for height: UInt64 in 13...1_000 { watch.watch.note(digest(1), at: place(height)) }
        #expect(watch.watch.tell(at: watch.now + .seconds(10))?.digests.count == Limits.stateDigests)
    }
}

/// The watch of the first of four validators, with states 1, 2, 3 after blocks 10, 11, 12.
private struct Watched {
    let keys: [ValidatorKey]
    let validators: ValidatorSet
    var watch: DivergenceWatch
    var now = Timestamp.zero

    init() throws {
        keys = (0..<4).compactMap { ValidatorKey(bytes: [UInt8($0)] + Array(repeating: UInt8(7), count: 31)) }
        validators = try ValidatorSet(keys.map { Validator(key: $0, power: 1) })
        watch = DivergenceWatch(key: keys[0])
        for height: UInt64 in 10...12 { watch.note(digest(UInt8(height - 9)), at: place(height)) }
        watch.advance(to: Height(12))
    }

    mutating func hears(_ states: KeyValuePairs<UInt64, UInt8>, from member: Int) -> [DivergenceWatch.Finding] {
        let digests = states.map { StateDigest(height: Height($0.key), digest: digest($0.value)) }
        return watch.take(StateDigests(digests), of: keys[member], at: now, among: validators)
    }
}

private func digest(_ number: UInt8) -> Digest { Digest(of: [number]) }

private func report(_ state: UInt8?, at height: UInt64) -> VoteReport {
    VoteReport(executed: Height(height), room: 1, stateDigest: state.map(digest))
}
