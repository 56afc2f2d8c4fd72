import Testing

@testable import HotStuffCore

/// The table *The ledger* of speculation.md, row by row.
struct LedgerTableTests {
    @Test("Row 'replica started': empty, generation 0, not proposing")
    func started() {
        let ledger = SpeculationLedger(bufferDepth: 3)
        #expect(ledger.isEmpty)
        #expect(ledger.generation == 0)
        #expect(!ledger.isProposing)
        #expect(!ledger.isRecovered)
    }

    @Test("Row 'proposal made': appended, unbound")
    func proposalMade() {
        var ledger = SpeculationLedger.leading([])
        #expect(ledger.make(7).texts.isEmpty)
        #expect(ledger.buffered == 1)
        #expect(ledger.firstBuffered == payload(7))
        #expect(ledger.entries[0].height == nil)
    }

    @Test("Row 'proposal made': also if the view was lost meanwhile")
    func proposalMadeAfterTheView() {
        var ledger = SpeculationLedger.leading([])
        #expect(ledger.viewLost().texts == ["stop in 0"])
        #expect(ledger.make(7).texts.isEmpty)
        #expect(ledger.buffered == 1)
    }

    @Test("Row 'proposal drained by doPropose()': the first unbound entry is bound to its height")
    func drained() {
        var ledger = SpeculationLedger.leading([7, 8])
        let first = ledger.drain(at: Height(5))
        #expect(first?.payload == payload(7))
        #expect(first?.change.texts == ["propose 1 in 0"])
        #expect(ledger.entries.map(\.height) == [Height(5), nil])
        #expect(ledger.drain(at: Height(6))?.payload == payload(8))
        #expect(ledger.drain(at: Height(7)) == nil)
    }

    @Test("Row 'block committed, no payload': nothing to apply")
    func nudgeCommitted() {
        var ledger = SpeculationLedger.leading([7], drained: 1)
        #expect(ledger.committedNudge(place(1)).texts.isEmpty)
        #expect(ledger.count == 1)
        #expect(ledger.executed == place(1))
    }

    @Test("Row 'block committed, digest = the first entry's': the entry is dropped and committed, nothing is executed")
    func ownCommitted() {
        var ledger = SpeculationLedger.leading([7, 8, 9], drained: 2)
        let change = ledger.committed(block(7, at: 1))
        #expect(change.texts == ["commit 1"])
        #expect(change.rolledBack == nil)
        #expect(ledger.count == 2)
        #expect(ledger.buffered == 1)
        #expect(ledger.isProposing)
    }

    @Test("Row 'block committed, digest = the first entry's': it leaves the buffer too, if unbound")
    func equalToTheBuffersFirst() {
        var ledger = SpeculationLedger.leading([7, 8])
        _ = ledger.viewLost()
        #expect(ledger.committed(block(7, at: 1, branch: 9)).texts == ["commit 1"])
        #expect(ledger.firstBuffered == payload(8))
        #expect(ledger.buffered == 1)
    }

    @Test("Row 'block committed, ledger empty and no propose() unanswered': executed, then committed")
    func othersCommitted() {
        var ledger = SpeculationLedger.recovered()
        let change = ledger.committed(block(7, at: 1))
        #expect(change.texts == ["execute 7 at 1", "commit 1"])
        #expect(change.rolledBack == nil)
        #expect(ledger.generation == 0)
    }

    @Test("Row 'digest ≠ the first entry's': all is rolled back and cleared, the mode left, the block executed")
    func anotherBlockCommitted() {
        var ledger = SpeculationLedger.leading([7, 8, 9], drained: 2)
        let change = ledger.committed(block(6, at: 1, branch: 1))
        #expect(change.texts == ["rollBack to 0 in 1", "execute 6 at 1", "commit 1"])
        #expect(change.rolledBack == RolledBack(kept: 0, undone: 3, cause: .anotherBlockCommitted))
        #expect(ledger.isEmpty)
        #expect(ledger.buffered == 0)
        #expect(ledger.generation == 1)
        #expect(!ledger.isProposing)
        #expect(!ledger.isProposalUnanswered)
    }

    @Test("Row 'or that is still unknown': a proposal in the making is rolled back, and discarded when it comes out")
    func unknownFirstEntry() {
        var ledger = SpeculationLedger.leading([])
        _ = ledger.viewLost()
        #expect(ledger.isProposalUnanswered)
        #expect(ledger.committed(block(6, at: 1)).texts == ["rollBack to 0 in 1", "execute 6 at 1", "commit 1"])
        let late = ledger.take(.proposed(generation: 0, payload: payload(7), readings: .none))
        #expect(late.texts.isEmpty)
        #expect(ledger.isEmpty)
        _ = ledger.take(.stopped(generation: 0))
        #expect(!ledger.isProposalUnanswered)
    }

    @Test("Row 'view lost': proposing stops, the entries are kept")
    func viewLost() {
        var ledger = SpeculationLedger.leading([7, 8], drained: 1)
        #expect(ledger.viewLost().texts == ["stop in 0"])
        #expect(!ledger.isProposing)
        #expect(ledger.count == 2)
        _ = ledger.take(.stopped(generation: 0))
        #expect(ledger.committed(block(7, at: 1)).texts == ["commit 1"])
        #expect(ledger.count == 1)
    }

    @Test("Row 'view begun as leader': entries bound to a height are dead, and so is all that builds on them")
    func stableWithBoundEntries() {
        var ledger = SpeculationLedger.leading([7, 8], drained: 1)
        _ = ledger.viewLost()
        let change = ledger.leaderStable()
        #expect(change.texts == ["rollBack to 0 in 1", "propose 3 in 1"])
        #expect(change.rolledBack == RolledBack(kept: 0, undone: 2, cause: .newView))
        #expect(ledger.isEmpty)
    }

    @Test("Row 'view begun as leader': if none was bound, the entries stand; then proposer mode is entered")
    func stableWithUnboundEntries() {
        var ledger = SpeculationLedger.leading([7])
        _ = ledger.viewLost()
        _ = ledger.take(.stopped(generation: 0))
        let change = ledger.leaderStable()
        #expect(change.texts == ["propose 2 in 0"])
        #expect(change.rolledBack == nil)
        #expect(ledger.firstBuffered == payload(7))
        #expect(ledger.isProposing)
    }

    @Test("Row 'view of at most K blocks begun': what is missing of the chain is executed, then proposer mode entered")
    func limitedViewExecutesWhatIsMissing() {
        var ledger = SpeculationLedger.leading([7], drained: 1)
        _ = ledger.viewLost()
        _ = ledger.take(.stopped(generation: 0))
        let change = ledger.limitedViewBegun(on: [block(7, at: 1), block(6, at: 3)])
        #expect(change.texts == ["execute 6 at 3", "propose 3 in 0"])
        #expect(ledger.entries.map(\.height) == [Height(1), Height(3)])
        #expect(ledger.entries.map(\.origin) == [.proposed, .executed])
        #expect(ledger.buffered == 0)
        #expect(ledger.committed(block(7, at: 1)).texts == ["commit 1"])
        #expect(ledger.committed(block(6, at: 3)).texts == ["commit 3"])
    }

    @Test("Row 'view of at most K blocks begun': from the first that differs on, it is rolled back")
    func limitedViewRollsBackWhatDiffers() {
        var ledger = SpeculationLedger.leading([7, 8, 9], drained: 3)
        _ = ledger.viewLost()
        let change = ledger.limitedViewBegun(on: [block(7, at: 1), block(6, at: 2, branch: 1)])
        #expect(change.texts == ["rollBack to 1 in 1", "execute 6 at 2", "propose 3 in 1"])
        #expect(change.rolledBack == RolledBack(kept: 1, undone: 2, cause: .newView))
        #expect(ledger.count == 2)
    }

    @Test("Row 'view of at most K blocks begun': what is bound above the chain is dead, and rolled back")
    func limitedViewRollsBackWhatIsLeftOut() {
        var ledger = SpeculationLedger.leading([7, 8, 9], drained: 2)
        _ = ledger.viewLost()
        #expect(ledger.limitedViewBegun(on: [block(7, at: 1)]).texts == ["rollBack to 1 in 1", "propose 3 in 1"])
        #expect(ledger.count == 1)
    }

    @Test("Row 'view of at most K blocks begun': what nobody has seen yet stands on an unchanged chain")
    func limitedViewKeepsTheBuffer() {
        var ledger = SpeculationLedger.leading([7, 8], drained: 1)
        _ = ledger.viewLost()
        _ = ledger.take(.stopped(generation: 0))
        #expect(ledger.limitedViewBegun(on: [block(7, at: 1)]).texts == ["propose 2 in 0"])
        #expect(ledger.firstBuffered == payload(8))
    }

    @Test("Row 'view of at most K blocks begun': a proposal in the making must not come before what is missing")
    func limitedViewDiscardsWhatIsInTheMaking() {
        var ledger = SpeculationLedger.leading([])
        _ = ledger.viewLost()
        let change = ledger.limitedViewBegun(on: [block(6, at: 1)])
        #expect(change.texts == ["rollBack to 0 in 1", "execute 6 at 1", "propose 3 in 1"])
        #expect(change.rolledBack == nil)
    }
}
