import Testing

@testable import BatchExchange

/// Books of runs against plain sorted arrays.
struct OfferBookTests {
    @Test(arguments: UInt64(0)..<8)
    func aBookHoldsWhatASortedArrayHolds(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var (book, plain) = (OfferBook(), [Offer]())
        var sequence: UInt32 = 0
        for _ in 0..<60 {
            let new = (0..<random.below(random.below(3) == 0 ? 900 : 20)).map { _ in
                sequence += 1
                // Few limits, so that owners decide often.
                let key = Offer.Key(
                    limit: 1 + random.below(200), account: UInt32(random.below(9)), sequence: sequence)
                return Offer(key: key, amount: 1 + random.below(1_000))
            }.sorted { $0.key < $1.key }
            let removed = plain.filter { _ in random.below(6) == 0 }
            var taken: [Offer] = []
            let before = book
            book = new.withUnsafeBufferPointer { new in
                removed.map(\.key).withUnsafeBufferPointer { removed in
                    book.merging(new, removing: removed) { taken.append($0) }
                }
            }
            #expect(before.runs.flatMap { Array($0.all) } == plain)
            #expect(taken == removed)
            plain = (plain.filter { !removed.contains($0) } + new).sorted { $0.key < $1.key }
            check(book, plain)
            sell(random.below(1 + plain.reduce(0) { $0 + $1.amount } / 4), from: &book, &plain)
            check(book, plain)
        }
    }

    private func sell(_ amount: UInt64, from book: inout OfferBook, _ plain: inout [Offer]) {
        var sold: [(Offer, UInt64)] = []
        book = book.selling(amount) { sold.append(($0, $1)) }
        var left = amount
        for (offer, part) in sold {
            #expect(offer == plain[0] && part == min(left, offer.amount))
            left -= part
            if part == offer.amount { plain.removeFirst() } else { plain[0].amount -= part }
        }
        #expect(left == 0)
    }

    private func check(_ book: OfferBook, _ plain: [Offer]) {
        #expect(book.runs.flatMap { Array($0.all) } == plain)
        #expect(book.count == plain.count)
        #expect(book.amount == plain.reduce(0) { $0 + $1.amount })
        #expect(book.isEmpty == plain.isEmpty)
        for run in book.runs { #expect((1...OfferRun.largestCount).contains(run.count)) }
        for offer in plain.prefix(40) {
            #expect(book.contains(offer.key))
            #expect(!book.contains(Offer.Key(limit: offer.key.limit, account: 99, sequence: 1)))
        }
        #expect(book.contains(Offer.Key(limit: .max, account: 0, sequence: 0)) == false)
    }

    @Test func aBookThatShrinksJoinsItsRuns() {
        let offers = (1...2_000).map { Offer(key: Offer.Key(limit: UInt64($0), account: 0, sequence: 1), amount: 1) }
        var book = offers.withUnsafeBufferPointer {
            OfferBook().merging($0, removing: UnsafeBufferPointer(start: nil, count: 0)) { _ in }
        }
        let gone = offers.filter { $0.key.limit % 20 != 0 }.map(\.key)
        book = gone.withUnsafeBufferPointer {
            book.merging(UnsafeBufferPointer(start: nil, count: 0), removing: $0) { _ in }
        }
        #expect(book.count == 100)
        #expect(book.runs.count <= 3)
    }
}
