import Testing

@testable import BatchExchange

/// The order in which transactions leave the pool.
struct TransactionPoolTests {
    private func payments(_ sequences: ClosedRange<UInt32>) -> [Transaction] {
        sequences.map { .payment(account: 0, sequence: $0, to: 1, asset: 0, amount: 1) }
    }

    @Test(arguments: [1, 2, 3, 5, 7, 12, 20])
    func whatCameFirstIsTakenFirstHoweverMuchIsTaken(count: Int) {
        let pool = TransactionPool()
        for set in [payments(1...3), payments(4...4), payments(5...12)] { #expect(pool.add(set)) }
        var taken: [Transaction] = []
        while pool.count > 0 {
            let part = pool.take(count)
            #expect(part.count == count || pool.count == 0)
            taken += part
        }
        #expect(taken == payments(1...12))
        #expect(pool.take(count).isEmpty)
    }

    @Test func whatIsPutBackIsFirstAgain() {
        let pool = TransactionPool()
        #expect(pool.add(payments(1...5)))
        #expect(pool.add(payments(6...8)))
        let taken = pool.take(3)
        pool.putBack(taken)
        #expect(pool.count == 8)
        #expect(pool.take(4) == payments(1...4))
        #expect(pool.take(3) == payments(5...7))
        pool.putBack([])
        #expect(pool.take(3) == payments(8...8))
    }

    @Test func aFullPoolTakesAllOfASetOrNone() {
        let pool = TransactionPool(limit: 5)
        #expect(pool.add(payments(1...4)))
        #expect(!pool.add(payments(5...6)))
        #expect(pool.add(payments(5...5)))
        #expect(pool.take(9) == payments(1...5))
    }
}
