import Testing

@testable import HotStuffCore

/// Asking for proposals, recovery and what the state machine answers.
struct LedgerCreditTests {
    @Test func bufferedAndUnansweredTogetherAreNeverMoreThanTheDepth() {
        var ledger = SpeculationLedger.recovered(bufferDepth: 2)
        #expect(ledger.leaderStable().texts == ["propose 2 in 0"])
        #expect(ledger.make(7).texts.isEmpty)
        #expect(ledger.make(8).texts.isEmpty)
        #expect(!ledger.isProposalUnanswered)
        #expect(ledger.drain(at: Height(1))?.change.texts == ["propose 1 in 0"])
        #expect(ledger.isProposalUnanswered)
    }

    @Test func nothingToProposeSpendsNoCredit() {
        var ledger = SpeculationLedger.leading([])
        #expect(ledger.take(.nothingToPropose(generation: 0)).texts.isEmpty)
        #expect(ledger.isProposalUnanswered)
    }

    @Test func creditFromBeforeAStopIsNotTakenForNewCredit() {
        var ledger = SpeculationLedger.leading([7], bufferDepth: 3)
        #expect(ledger.viewLost().texts == ["stop in 0"])
        #expect(ledger.leaderStable().texts.isEmpty)  // two may still come from before the stop
        #expect(ledger.make(8).texts.isEmpty)
        #expect(ledger.take(.stopped(generation: 0)).texts == ["propose 1 in 0"])
        #expect(ledger.make(9).texts.isEmpty)
        #expect(!ledger.isProposalUnanswered)
    }

    @Test func withoutCreditThereIsNothingToStop() {
        var ledger = SpeculationLedger.leading([7, 8, 9])
        #expect(ledger.viewLost().texts.isEmpty)
    }

    @Test func aBufferOfNoDepthAsksOnceForEachCommit() {
        var ledger = SpeculationLedger.recovered(bufferDepth: 0)
        #expect(ledger.leaderStable().texts == ["propose 1 in 0"])
        #expect(ledger.make(7).texts.isEmpty)
        #expect(ledger.drain(at: Height(1))?.change.texts == [])
        #expect(ledger.committed(block(7, at: 1)).texts == ["commit 1", "propose 1 in 0"])
    }

    @Test func beforeRecoveryNothingIsExecutedAndThenOnlyWhatItDidNotRead() {
        var ledger = SpeculationLedger(bufferDepth: 3)
        #expect(ledger.committed(block(1, at: 1)).texts.isEmpty)
        #expect(ledger.committedNudge(place(2)).texts.isEmpty)
        #expect(ledger.committed(block(3, at: 3)).texts.isEmpty)
        #expect(ledger.committedNudge(place(4)).texts.isEmpty)
        #expect(ledger.behind == 2)
        let change = ledger.take(.recovered(tip: place(2), readings: .none))
        #expect(change.texts == ["execute 3 at 3", "commit 3"])
        #expect(ledger.behind == 1)
        #expect(ledger.executed == place(2))
        _ = ledger.take(.executed(place(3), readings: .none))
        _ = ledger.take(.committed(place(3), readings: nil))
        #expect(ledger.executed == place(4))
        #expect(ledger.behind == 0)
    }

    @Test func payloadsBeyondTheLimitWaitInTheLog() {
        var ledger = SpeculationLedger.recovered(decidedLimit: .bytes(2))
        #expect(ledger.committed(block(1, at: 1)).texts == ["execute 1 at 1", "commit 1"])
        #expect(ledger.committed(block(2, at: 2)).texts == ["execute 2 at 2", "commit 2"])
        #expect(ledger.committed(block(3, at: 3)).texts == ["execute stored at 3", "commit 3"])
        _ = ledger.take(.executed(place(1), readings: .none))
        #expect(ledger.committed(block(4, at: 4)).texts == ["execute 4 at 4", "commit 4"])
    }

    @Test func readingsAreThoseOfTheBlockWhenItIsFinal() {
        let first = StateReadings(digest: Digest(of: [1]), wish: nil)
        let second = StateReadings(digest: Digest(of: [2]), wish: nil)
        var ledger = SpeculationLedger.leading([])
        _ = ledger.take(.proposed(generation: 0, payload: payload(1), readings: first))
        _ = ledger.take(.proposed(generation: 0, payload: payload(2), readings: second))
        _ = ledger.committed(block(1, at: 1))
        #expect(ledger.readings == .none)
        _ = ledger.take(.committed(place(1), readings: nil))
        #expect(ledger.readings == first)
        _ = ledger.committed(block(2, at: 2))
        _ = ledger.committedNudge(place(3))
        _ = ledger.take(.committed(place(2), readings: nil))
        #expect(ledger.readings == second)
        #expect(ledger.executed == place(3))
    }

    @Test func readingsOfAMachineThatDoesNotSpeculateComeWithTheCommit() {
        let late = StateReadings(digest: Digest(of: [1]), wish: nil)
        var ledger = SpeculationLedger.recovered()
        _ = ledger.committed(block(1, at: 1))
        _ = ledger.take(.executed(place(1), readings: .none))
        _ = ledger.take(.committed(place(1), readings: late))
        #expect(ledger.readings == late)
    }
}
