import HotStuffCore
import Testing

@testable import BatchExchange

/// The bare machine's loop, and the times that it notes.
struct ProposingLoopTests {
    @Test func theLoopComesToTheSameStatesEachTime() throws {
        let rules = try ExchangeRules(assets: 5, accounts: 400, initialBalance: 1 << 40)
        let (one, other) = (
            ProposingLoop.run(4, blockSize: 300, rules: rules, seed: 1),
            ProposingLoop.run(4, blockSize: 300, rules: rules, seed: 1)
        )
        #expect(one.marks.map(\.digest) == other.marks.map(\.digest))
        #expect(Set(one.marks.map(\.digest)).count == 4)
        #expect(one.payloadBytes == other.payloadBytes)
        for (mark, bytes) in zip(one.marks, one.payloadBytes) { #expect(bytes > mark.transactions * 32) }
    }

    @Test func timesOnlyGrow() {
        let start = ThreadTimes.now
        let process = ThreadTimes.processorOfProcess
        var sum: UInt64 = 0
        while ThreadTimes.now.processor == start.processor { sum &+= 1 }
        let end = ThreadTimes.now
        #expect(end.clock > start.clock)
        #expect(end.queued >= start.queued)
        #expect(ThreadTimes.processorOfProcess > process)
    }
}
