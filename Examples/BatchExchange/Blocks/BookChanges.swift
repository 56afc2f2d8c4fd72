/// What a block's transactions do to the books: new offers and cancellations, sorted by pair and then by key.
struct BookChanges {
    /// The new offers of one pair after the other's.
    private var offers: [Offer] = []
    /// The cancelled offers of one pair after the other's.
    private var cancelled: [Offer.Key] = []
    /// Where each pair's part of `offers` begins; one more than there are pairs.
    private var offerStarts: [Int]
    /// Where each pair's part of `cancelled` begins; one more than there are pairs.
    private var cancelledStarts: [Int]
    /// Pairs that have at least one of either, in order.
    let pairs: [Int32]

    /// The changes that these transactions ask for, all of which survived the filter.
    init(_ transactions: [Transaction], rules: ExchangeRules, workers: Int) {
        var offerCounts = [Int](repeating: 0, count: rules.pairs + 1)
        var cancelledCounts = offerCounts
        for transaction in transactions where transaction.kind != .payment {
            let pair = rules.pair(selling: transaction.asset, for: transaction.otherAsset)
            if transaction.kind == .offer { offerCounts[pair + 1] += 1 } else { cancelledCounts[pair + 1] += 1 }
        }
        pairs = (0..<rules.pairs).lazy.filter { offerCounts[$0 + 1] + cancelledCounts[$0 + 1] > 0 }.map { Int32($0) }
        for pair in 0..<rules.pairs {
            offerCounts[pair + 1] += offerCounts[pair]
            cancelledCounts[pair + 1] += cancelledCounts[pair]
        }
        (offerStarts, cancelledStarts) = (offerCounts, cancelledCounts)
        offers = Array(
            repeating: Offer(key: Offer.Key(limit: 0, account: 0, sequence: 0), amount: 0),
            count: offerCounts[rules.pairs])
        cancelled = Array(
            repeating: Offer.Key(limit: 0, account: 0, sequence: 0), count: cancelledCounts[rules.pairs])
        for transaction in transactions where transaction.kind != .payment {
            let pair = rules.pair(selling: transaction.asset, for: transaction.otherAsset)
            if transaction.kind == .offer {
                offers[offerCounts[pair]] = Offer(key: transaction.offerKey, amount: transaction.amount)
                offerCounts[pair] += 1
            } else {
                cancelled[cancelledCounts[pair]] = transaction.offerKey
                cancelledCounts[pair] += 1
            }
        }
        sort(workers: workers)
    }

    /// The books after these changes, and the cancelled offers with what they had left, by pair and then by key.
    func applied(to books: [OfferBook], workers: Int) -> (books: [OfferBook], cancelled: [(pair: Int32, offer: Offer)])
    {
        var after = books
        var taken = cancelled.map { (pair: 0 as Int32, offer: Offer(key: $0, amount: 0)) }
        after.withUnsafeMutableBufferPointer { after in
            taken.withUnsafeMutableBufferPointer { taken in
                // Workers write different elements: each pair has its own book, and its own part of `taken`.
                inParallel(pairs.count, workers: workers) { range in
                    for pair in pairs[range] {
                        var next = cancelledStarts[Int(pair)]
                        after[Int(pair)] = withParts(of: Int(pair)) { offers, cancelled in
                            books[Int(pair)].merging(offers, removing: cancelled) { offer in
                                taken[next] = (pair, offer)
                                next += 1
                            }
                        }
                    }
                }
            }
        }
        return (after, taken)
    }

    private func withParts(
        of pair: Int, _ body: (UnsafeBufferPointer<Offer>, UnsafeBufferPointer<Offer.Key>) -> OfferBook
    ) -> OfferBook {
        offers.withUnsafeBufferPointer { offers in
            cancelled.withUnsafeBufferPointer { cancelled in
                body(
                    UnsafeBufferPointer(rebasing: offers[offerStarts[pair]..<offerStarts[pair + 1]]),
                    UnsafeBufferPointer(rebasing: cancelled[cancelledStarts[pair]..<cancelledStarts[pair + 1]]))
            }
        }
    }

    private mutating func sort(workers: Int) {
        offers.withUnsafeMutableBufferPointer { offers in
            cancelled.withUnsafeMutableBufferPointer { cancelled in
                // Workers sort different parts.
                inParallel(pairs.count, workers: workers) { range in
                    for pair in pairs[range].lazy.map({ Int($0) }) {
                        offers[offerStarts[pair]..<offerStarts[pair + 1]].sort { $0.key < $1.key }
                        cancelled[cancelledStarts[pair]..<cancelledStarts[pair + 1]].sort()
                    }
                }
            }
        }
    }
}
