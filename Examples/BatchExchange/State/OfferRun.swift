/// Up to 256 neighbouring offers of one book, with the sums that answer how much is for sale up to a limit.
///
/// Immutable and counted: a book is an array of runs, a block replaces those that it touches, and whoever holds the book
/// from before the block holds what it takes to undo it. Owned by the machine's thread; while that waits for its workers,
/// one of them.
final class OfferRun {
    /// Most offers of a run.
    static let largestCount = 256
    /// How many offers the parts have into which a run that grew too long is cut, at most.
    static let cutCount = 128
    /// A run that is touched and left with fewer joins its neighbour.
    static let smallestCount = 48

    /// How many offers there are, at least one.
    let count: Int
    private let memory: UnsafeMutableRawPointer
    /// Sums of amount times limit: that of the first n offers at n, from 0 to `count`.
    let worthBefore: UnsafePointer<UInt128>
    /// Sums of amounts: that of the first n offers at n, from 0 to `count`.
    let amountBefore: UnsafePointer<UInt64>
    /// The offers, in order.
    let offers: UnsafePointer<Offer>
    /// SHA-256 of the offers; nil until somebody asks, as most runs that are made for a price search do not last.
    private var knownDigest: NodeDigest?

    /// A run of `source`, which is in order, not empty, and not too long.
    init(_ source: UnsafeBufferPointer<Offer>) {
        precondition(!source.isEmpty && source.count <= Self.largestCount, "a run of \(source.count) offers")
        count = source.count
        let worthSize = (count + 1) * MemoryLayout<UInt128>.stride
        let amountSize = (count + 1) * MemoryLayout<UInt64>.stride
        let offerSize = count * MemoryLayout<Offer>.stride
        memory = .allocate(byteCount: worthSize + amountSize + offerSize, alignment: 16)
        let worths = memory.bindMemory(to: UInt128.self, capacity: count + 1)
        let amounts = (memory + worthSize).bindMemory(to: UInt64.self, capacity: count + 1)
        let copies = (memory + worthSize + amountSize).bindMemory(to: Offer.self, capacity: count)
        var (worth, amount): (UInt128, UInt64) = (0, 0)
        for (place, offer) in source.enumerated() {
            worths[place] = worth
            amounts[place] = amount
            copies[place] = offer
            let product = offer.amount.multipliedFullWidth(by: offer.key.limit)
            worth &+= UInt128(product.high) << 64 | UInt128(product.low)
            amount &+= offer.amount
        }
        worths[count] = worth
        amounts[count] = amount
        worthBefore = UnsafePointer(worths)
        amountBefore = UnsafePointer(amounts)
        offers = UnsafePointer(copies)
    }

    deinit { memory.deallocate() }

    /// How much is for sale in this run.
    var amount: UInt64 { amountBefore[count] }

    /// The key of the last offer.
    var lastKey: Offer.Key { offers[count - 1].key }

    /// All offers.
    var all: UnsafeBufferPointer<Offer> { UnsafeBufferPointer(start: offers, count: count) }

    /// SHA-256 of the offers as they lie in memory: limit, owner, amount, eight bytes each, least significant first.
    var digest: NodeDigest {
        if let knownDigest { return knownDigest }
        let computed = NodeDigest(of: UnsafeRawBufferPointer(all))
        knownDigest = computed
        return computed
    }

    /// How many offers have a limit of at most `limit`.
    @inline(__always)
    static func count(upTo limit: UInt64, in offers: UnsafePointer<Offer>, count: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low &+ high) >> 1
            if offers[middle].key.limit <= limit { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// The place of the offer with this key; nil if there is none.
    func place(of key: Offer.Key) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if offers[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < count && offers[low].key == key ? low : nil
    }
}
