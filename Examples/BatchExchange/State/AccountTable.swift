/// Every account's balances and highest used sequence number, one record an account, with a Merkle tree over the records.
///
/// A record is a run of 64-bit words, least significant byte first as on every platform of Swift: the sequence number,
/// then the balance of each asset.
struct AccountTable: ~Copyable {
    /// Words of a record.
    private let width: Int
    private let accounts: Int
    /// Frees `words` when the table goes.
    private let memory: Memory
    private let words: UnsafeMutablePointer<UInt64>
    private var tree: MerkleTree
    /// A bit for each account: whether the block that is being applied has touched it.
    private var touched: [UInt64]
    /// The records that this block has touched, as they were.
    private var before = Records()

    /// Memory with a table's lifetime; a class, as Swift 6.3.1 crashes on a noncopyable machine with a deinitializer in it.
    private final class Memory {
        let words: UnsafeMutablePointer<UInt64>

        init(count: Int) { words = .allocate(capacity: count) }

        deinit { words.deallocate() }
    }

    /// Records as they were before a block.
    struct Records {
        fileprivate var accounts: [Int32] = []
        fileprivate var words: [UInt64] = []

        /// How many records there are.
        var count: Int { accounts.count }
    }

    /// What it takes to undo a block.
    struct Before {
        fileprivate let records: Records
        fileprivate let nodes: MerkleTree.Before

        /// How many accounts the block has changed.
        var count: Int { records.count }
    }

    /// The table that every replica starts from.
    init(_ rules: ExchangeRules, workers: Int) {
        width = rules.assets + 1
        accounts = rules.accounts
        memory = Memory(count: width * accounts)
        words = memory.words
        words.initialize(repeating: rules.initialBalance, count: width * accounts)
        for account in 0..<accounts { words[account * width] = 0 }
        tree = MerkleTree(leaves: accounts)
        touched = Array(repeating: 0, count: (accounts + 63) / 64)
        _ = hash((0..<Int32(accounts)).map { $0 }, workers: workers)
    }

    /// The Merkle root over all records, as of the last finished block.
    var root: NodeDigest { tree.root }

    /// What an account holds and may spend.
    @inline(__always)
    func balance(_ account: UInt32, _ asset: Int) -> UInt64 { words[Int(account) * width + 1 + asset] }

    /// The highest sequence number that an account has used; 0 if none.
    @inline(__always)
    func sequence(_ account: UInt32) -> UInt64 { words[Int(account) * width] }

    /// Adds to a balance.
    ///
    /// No sum overflows, as no asset has more than `ExchangeRules.largestSupply` units.
    @inline(__always)
    mutating func credit(_ account: UInt32, _ asset: Int, _ amount: UInt64) {
        touch(account)
        words[Int(account) * width + 1 + asset] += amount
    }

    /// Takes from a balance, which is known to cover it.
    @inline(__always)
    mutating func debit(_ account: UInt32, _ asset: Int, _ amount: UInt64) {
        touch(account)
        words[Int(account) * width + 1 + asset] -= amount
    }

    /// Uses up a sequence number.
    @inline(__always)
    mutating func use(_ account: UInt32, sequence: UInt32) {
        touch(account)
        let place = Int(account) * width
        words[place] = max(words[place], UInt64(sequence))
    }

    /// Hashes what a block has changed, and answers what it takes to undo it.
    mutating func finishBlock(workers: Int) -> Before {
        var changed: [Int32] = []
        changed.reserveCapacity(before.count)
        // From the bits, not from the list: so they come in order without being sorted.
        for place in touched.indices where touched[place] != 0 {
            var bits = touched[place]
            while bits != 0 {
                changed.append(Int32(place * 64 + bits.trailingZeroBitCount))
                bits &= bits - 1
            }
            touched[place] = 0
        }
        let nodes = hash(changed, workers: workers)
        let records = before
        before = Records()
        // The next block will be about as large.
        before.accounts.reserveCapacity(records.accounts.count)
        before.words.reserveCapacity(records.words.count)
        return Before(records: records, nodes: nodes)
    }

    /// Takes the newest block back.
    mutating func undo(_ before: Before) {
        before.records.words.withUnsafeBufferPointer { saved in
            guard let saved = saved.baseAddress else { return }
            for (place, account) in before.records.accounts.enumerated() {
                (words + Int(account) * width).update(from: saved + place * width, count: width)
            }
        }
        tree.undo(before.nodes)
    }

    /// The sum of all balances of an asset; reads the whole table.
    func supply(of asset: Int) -> UInt64 {
        var sum: UInt64 = 0
        for account in 0..<accounts { sum += words[account * width + 1 + asset] }
        return sum
    }

    /// Keeps the record as it is before the block's first change of it.
    @inline(__always)
    private mutating func touch(_ account: UInt32) {
        let (word, bit) = (Int(account >> 6), UInt64(1) << UInt64(account & 63))
        if touched[word] & bit != 0 { return }
        touched[word] |= bit
        before.accounts.append(Int32(account))
        before.words.append(contentsOf: UnsafeBufferPointer(start: words + Int(account) * width, count: width))
    }

    private mutating func hash(_ changed: [Int32], workers: Int) -> MerkleTree.Before {
        let (words, width) = (UnsafePointer(words), width)
        return tree.update(changed, workers: workers) { account in
            NodeDigest(
                of: UnsafeRawBufferPointer(UnsafeBufferPointer(start: words + Int(account) * width, count: width)))
        }
    }
}
