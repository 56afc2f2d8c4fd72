import Testing

@testable import HotStuffCore

/// The last row of the table *The ledger* of Documentation/Speculation.md: *another's uncommitted block, where early
/// execution is on*.
struct LedgerFollowingTests {
    @Test("What is missing of a branch is executed, in order, and committed later without being executed again")
    func missingPart() {
        var ledger = SpeculationLedger.recovered()
        #expect(ledger.follow([block(7, at: 1)], prevailingUpTo: Height(1)).texts == ["execute 7 at 1"])
        let change = ledger.follow([block(7, at: 1), block(8, at: 3)], prevailingUpTo: Height(3))
        #expect(change.texts == ["execute 8 at 3"])
        #expect(change.reach == .exact)
        #expect(ledger.committed(block(7, at: 1)).texts == ["commit 1"])
        #expect(ledger.extend(by: [block(9, at: 4)]).texts == ["execute 9 at 4"])
    }

    @Test("A branch that does not prevail waits where something else is applied")
    func uncertifiedConflict() {
        var ledger = SpeculationLedger.recovered()
        _ = ledger.follow([block(7, at: 1)], prevailingUpTo: .genesis)
        let change = ledger.follow([block(8, at: 1, branch: 1)], prevailingUpTo: .genesis)
        #expect(change.texts.isEmpty)
        #expect(change.reach == .behind)
    }

    @Test("A branch that prevails: what is shared stays, the rest is rolled back")
    func certifiedConflict() {
        var ledger = SpeculationLedger.recovered()
        _ = ledger.follow([block(7, at: 1), block(8, at: 2)], prevailingUpTo: .genesis)
        let change = ledger.follow([block(7, at: 1), block(9, at: 2, branch: 1)], prevailingUpTo: Height(2))
        #expect(change.texts == ["rollBack to 1 in 1", "execute 9 at 2"])
        #expect(change.rolledBack == RolledBack(kept: 1, undone: 1, cause: .conflictingBranch))
    }

    @Test("A certified nudge at an entry's height says that the entry is not on the branch")
    func certifiedNudgeInAnEntrysPlace() {
        var ledger = SpeculationLedger.recovered()
        _ = ledger.follow([block(7, at: 2)], prevailingUpTo: .genesis)
        #expect(ledger.follow([], prevailingUpTo: Height(1)).texts.isEmpty)
        #expect(ledger.follow([], prevailingUpTo: Height(2)).texts == ["rollBack to 0 in 1"])
    }

    @Test("A branch that prevails whatever comes ends entries above it, and leaves proposals nobody has seen")
    func entriesAboveTheBranch() {
        var ledger = SpeculationLedger.recovered()
        _ = ledger.follow([block(7, at: 5)], prevailingUpTo: .genesis)
        #expect(ledger.follow([], prevailingUpTo: Height(.max)).texts == ["rollBack to 0 in 1"])
        var led = SpeculationLedger.leading([7])
        _ = led.viewLost()
        #expect(led.follow([], prevailingUpTo: Height(.max)).texts.isEmpty)
    }

    @Test("A lost view's proposals that the new branch repeats are kept, and named as own")
    func ownProposals() {
        var ledger = SpeculationLedger.leading([7, 8], drained: 2)
        _ = ledger.viewLost()
        _ = ledger.take(.stopped(generation: 0))
        let change = ledger.follow(
            [block(7, at: 5, branch: 1), block(9, at: 6, branch: 1)], prevailingUpTo: Height(6))
        #expect(change.texts == ["rollBack to 1 in 1", "execute 9 at 6"])
        #expect(change.own == [place(5, branch: 1)])
        #expect(ledger.entries.map(\.height) == [Height(5), Height(6)])
    }

    @Test("A proposal still in the making is given up for a certified block, and waited for otherwise")
    func proposalInTheMaking() {
        var ledger = SpeculationLedger.leading([])
        _ = ledger.viewLost()
        #expect(ledger.follow([block(7, at: 1)], prevailingUpTo: .genesis).texts.isEmpty)
        let change = ledger.follow([block(7, at: 1)], prevailingUpTo: Height(1))
        #expect(change.texts == ["rollBack to 0 in 1", "execute 7 at 1"])
    }

    @Test("Never in proposer mode, and never beyond the limit of applied blocks")
    func limits() {
        var leading = SpeculationLedger.leading([])
        #expect(leading.follow([block(7, at: 1)], prevailingUpTo: Height(1)).texts.isEmpty)
        var ledger = SpeculationLedger(bufferDepth: 3, entryLimit: 2)
        _ = ledger.take(.recovered(tip: place(0), readings: .none))
        let branch = [block(7, at: 1), block(8, at: 2), block(9, at: 3)]
        let change = ledger.follow(branch, prevailingUpTo: Height(3))
        #expect(change.texts == ["execute 7 at 1", "execute 8 at 2"])
        #expect(change.reach == .behind)
    }

    @Test("As far as it is told, and the next time from there")
    func limitOfTheCaller() {
        var ledger = SpeculationLedger.recovered()
        let branch = [block(7, at: 1), block(8, at: 2), block(9, at: 3)]
        let change = ledger.follow(branch, prevailingUpTo: Height(3), upTo: 2)
        #expect(change.texts == ["execute 7 at 1", "execute 8 at 2"])
        #expect(change.reach == .behind)
        #expect(change.newest == place(2).block)
        #expect(ledger.extend(by: [branch[2]], upTo: 2).texts == [])
        #expect(ledger.extend(by: [branch[2]], upTo: 2).newest == nil)
        #expect(ledger.committed(branch[0]).texts == ["commit 1"])
        let next = ledger.extend(by: [branch[2]], upTo: 2)
        #expect(next.texts == ["execute 9 at 3"])
        #expect(next.newest == place(3).block)
    }

    @Test("Where votes ask for valid blocks, each is judged on its parent's state, just before it is executed")
    func validated() {
        var ledger = SpeculationLedger.recovered()
        var asked = block(8, at: 2)
        asked.isToBeValidated = true
        let change = ledger.follow([block(7, at: 1), asked], prevailingUpTo: Height(1))
        #expect(change.texts == ["execute 7 at 1", "validate at 2", "execute 8 at 2"])
    }
}
