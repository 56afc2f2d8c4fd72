import Testing

@testable import HotStuffCore

/// Speculation, *The buffer's depth*.
struct BufferDepthTests {
    /// A period of drains that each find so many proposals.
    private func drain(_ depth: inout BufferDepth, finding found: Int) {
        for _ in 0..<BufferDepth.period { depth.isDrained(found: found) }
    }

    @Test func aFixedDepthStays() {
        var depth = BufferDepth(limit: 5, adapts: false)
        depth.isFull()
        depth.isStarved()
        drain(&depth, finding: 1)
        #expect(depth.value == 5)
        #expect(BufferDepth(limit: 0, adapts: true).value == 0)
    }

    @Test func itGrowsWhenTheMachineHadStoppedAndIsWaitedFor() {
        var depth = BufferDepth(limit: 16, adapts: true)
        #expect(depth.value == BufferDepth.first)
        for expected in [4, 5, 6] {
            depth.isFull()
            depth.isStarved()
            depth.isStarved()  // waited for once more, and the machine has not stopped since
            #expect(depth.value == expected)
        }
    }

    @Test func itNeverExceedsItsLimit() {
        var depth = BufferDepth(limit: 4, adapts: true)
        for _ in 0..<10 {
            depth.isFull()
            depth.isStarved()
        }
        #expect(depth.value == 4)
        #expect(BufferDepth(limit: 2, adapts: true).value == 2)
    }

    @Test func aMachineThatIsOnlySlowNeedsNoDepth() {
        var depth = BufferDepth(limit: 16, adapts: true)
        depth.isStarved()
        #expect(depth.value == BufferDepth.first)
        drain(&depth, finding: 1)
        #expect(depth.value == 2)  // one is made while the last is taken
    }

    @Test func whatIsLeftOverEveryTimeIsNotMadeAhead() {
        var depth = BufferDepth(limit: 16, adapts: true)
        drain(&depth, finding: 3)
        #expect(depth.value == 1)
        drain(&depth, finding: 1)
        #expect(depth.value == 1)
    }

    @Test func oneDrainThatTakesTheLastKeepsTheDepth() {
        var depth = BufferDepth(limit: 16, adapts: true)
        for place in 0..<BufferDepth.period { depth.isDrained(found: place == 7 ? 1 : 3) }
        #expect(depth.value == 3)
    }

    @Test func theLedgerAsksForMoreOnceTheDepthHasGrown() {
        var ledger = SpeculationLedger(bufferDepth: 8, adaptsBuffer: true)
        _ = ledger.take(.recovered(tip: LogPosition(height: .genesis, block: .zero), readings: .none))
        let first = ledger.leaderStable()
        #expect(allowance(first) == 3)
        for byte in 1...3 {
            _ = ledger.take(.proposed(generation: 0, payload: Payload(bytes: [UInt8(byte)]), readings: .none))
        }
        for height in 1...3 { _ = ledger.drain(at: Height(UInt64(height))) }
        #expect(ledger.unanswered == 3)
        #expect(allowance(ledger.starved()) == 1)
        #expect(allowance(ledger.starved()) == nil)
        #expect(ledger.unanswered == 4)
    }

    private func allowance(_ change: LedgerChange) -> Int? {
        for case .propose(_, let allowance) in change.instructions { return allowance }
        return nil
    }
}
