/// The open offers of one ordered pair of assets, those that ask least first, as an array of runs.
///
/// A value whose copies share their runs. Where a run begins depends on the blocks that the book has seen, which are the
/// same at every replica.
struct OfferBook {
    /// The runs, in order.
    private(set) var runs: [OfferRun] = []

    /// Whether there are no offers.
    var isEmpty: Bool { runs.isEmpty }

    /// How many offers there are.
    var count: Int { runs.reduce(0) { $0 + $1.count } }

    /// How much is for sale.
    var amount: UInt64 { runs.reduce(0) { $0 + $1.amount } }

    /// Whether there is an offer with this key.
    func contains(_ key: Offer.Key) -> Bool {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].lastKey < key { low = middle + 1 } else { high = middle }
        }
        return low < runs.count && runs[low].place(of: key) != nil
    }

    /// SHA-256 of the runs' digests.
    var digest: NodeDigest {
        withUnsafeTemporaryAllocation(of: NodeDigest.self, capacity: runs.count) { digests in
            for (place, run) in runs.enumerated() { digests.initializeElement(at: place, to: run.digest) }
            return NodeDigest(of: UnsafeRawBufferPointer(digests))
        }
    }

    /// The book with `new` offers in it and without the `removed` ones, both in order; every removed one must be there.
    ///
    /// `taken` is called with each removed offer.
    func merging(
        _ new: UnsafeBufferPointer<Offer>, removing removed: UnsafeBufferPointer<Offer.Key>,
        taken: (Offer) -> Void
    ) -> OfferBook {
        var builder = RunBuilder(expected: runs.count + new.count / OfferRun.cutCount + 1)
        var (nextNew, nextRemoved) = (0, 0)
        for (place, run) in runs.enumerated() {
            let last = run.lastKey
            let isLast = place == runs.count - 1
            var (endNew, endRemoved) = (nextNew, nextRemoved)
            while endNew < new.count, isLast || new[endNew].key < last { endNew += 1 }
            while endRemoved < removed.count, removed[endRemoved] <= last { endRemoved += 1 }
            if endNew == nextNew, endRemoved == nextRemoved {
                builder.append(run)
                continue
            }
            var gone = nextRemoved
            for offer in run.all {
                while nextNew < endNew, new[nextNew].key < offer.key {
                    builder.add(new[nextNew])
                    nextNew += 1
                }
                if gone < endRemoved, removed[gone] == offer.key {
                    taken(offer)
                    gone += 1
                } else {
                    builder.add(offer)
                }
            }
            while nextNew < endNew {
                builder.add(new[nextNew])
                nextNew += 1
            }
            nextRemoved = endRemoved
            builder.cut()
        }
        while nextNew < new.count {
            builder.add(new[nextNew])
            nextNew += 1
        }
        builder.cut()
        return OfferBook(runs: builder.runs)
    }

    /// The book after the first `amount` units in it were sold; `executed` is called with each offer that sold some, and
    /// how much that was.
    ///
    /// At most one offer, the last, sells a part of what it has.
    func selling(_ amount: UInt64, executed: (Offer, UInt64) -> Void) -> OfferBook {
        var left = amount
        var first = 0
        while first < runs.count, left >= runs[first].amount {
            for offer in runs[first].all { executed(offer, offer.amount) }
            left -= runs[first].amount
            first += 1
        }
        guard first < runs.count, left > 0 else { return OfferBook(runs: Array(runs[first...])) }
        var builder = RunBuilder(expected: runs.count - first)
        for offer in runs[first].all {
            let sold = min(left, offer.amount)
            left -= sold
            if sold > 0 { executed(offer, sold) }
            if sold < offer.amount { builder.add(Offer(key: offer.key, amount: offer.amount - sold)) }
        }
        builder.cut()
        for run in runs[(first + 1)...] { builder.append(run) }
        return OfferBook(runs: builder.runs)
    }
}

/// Cuts a stream of offers into runs.
private struct RunBuilder {
    private(set) var runs: [OfferRun] = []
    private var open: [Offer] = []

    init(expected: Int) { runs.reserveCapacity(expected) }

    mutating func add(_ offer: Offer) { open.append(offer) }

    /// Takes over a run that nothing has changed.
    mutating func append(_ run: OfferRun) { runs.append(run) }

    /// Makes runs of what was added.
    mutating func cut() {
        guard !open.isEmpty else { return }
        if open.count < OfferRun.smallestCount, let before = runs.last,
            before.count + open.count <= OfferRun.largestCount
        {
            open.insert(contentsOf: before.all, at: 0)
            runs.removeLast()
        }
        let parts = open.count <= OfferRun.largestCount ? 1 : (open.count - 1) / OfferRun.cutCount + 1
        open.withUnsafeBufferPointer { open in
            for part in 0..<parts {
                let range = (open.count * part / parts)..<(open.count * (part + 1) / parts)
                runs.append(OfferRun(UnsafeBufferPointer(rebasing: open[range])))
            }
        }
        open.removeAll(keepingCapacity: true)
    }
}
