internal import DequeModule

internal import struct LMDB.KeyRange

/// What is not in the tables yet: for each key the values that blocks have given it, of which the newest counts.
///
/// A read looks a key up once, however many blocks there are; a block knows its keys, so that it can be taken off again.
struct Overlays {
    /// What a block has made of a key; a nil value has removed it.
    struct Change {
        let block: UInt64
        var value: [UInt8]?
    }

    /// Oldest first; never empty.
    ///
    /// At most one, the first, is of a committed block.
    private var changes: [[UInt8]: [Change]] = [:]
    /// The keys that each applied block has changed, oldest first.
    private var blocks: Deque<[[UInt8]]> = []
    /// The number of the oldest applied block; lower ones are committed.
    private var first: UInt64 = 0
    /// The keys that have changed since the last block.
    private var keys: [[UInt8]] = []
    /// The keys with a committed change, each once.
    private var committedKeys: [[UInt8]] = []
    /// About how much memory the committed changes take.
    private(set) var committedSize = 0

    /// How many blocks are applied and not committed.
    var blockCount: Int { blocks.count }

    // MARK: - Reading

    /// The newest change of a key; nil if only the tables know.
    func newest(for key: [UInt8]) -> Change? { changes[key]?.last }

    /// The keys in a range that were changed, in their order, with what they now hold.
    func newest(in range: KeyRange) -> [(key: [UInt8], value: [UInt8]?)] {
        changes.compactMap { key, changes in range.contains(key) ? (key, changes.last?.value) : nil }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    // MARK: - Blocks

    /// Changes a key in the block being made.
    mutating func set(_ value: [UInt8]?, for key: [UInt8]) {
        let change = Change(block: first + UInt64(blocks.count), value: value)
        guard let last = changes[key, default: []].indices.last, changes[key]?[last].block == change.block else {
            changes[key, default: []].append(change)
            keys.append(key)
            return
        }
        changes[key]?[last] = change
    }

    /// Ends the block being made.
    mutating func endBlock() {
        blocks.append(keys)
        keys = []
    }

    /// Takes back the block being made.
    mutating func dropChanges() {
        removeNewest(of: keys)
        keys = []
    }

    /// Takes back the block being made and the newest applied ones, but for so many of the oldest; how many were kept.
    mutating func rollBack(keepingOldest count: Int) -> Int {
        dropChanges()
        while blocks.count > max(0, count), let newest = blocks.popLast() { removeNewest(of: newest) }
        return blocks.count
    }

    /// Makes the oldest applied block final; traps if there is none.
    mutating func commitOldest() {
        guard let oldest = blocks.popFirst() else { preconditionFailure("told to commit, and no block is applied") }
        first += 1
        for key in oldest {
            guard var ofKey = changes[key] else { continue }
            if ofKey.count > 1, ofKey[1].block < first {
                committedSize -= Self.size(key, ofKey.removeFirst())
                changes[key] = ofKey
            } else {
                committedKeys.append(key)
            }
            committedSize += Self.size(key, ofKey[0])
        }
    }

    // MARK: - Committed changes

    /// The committed changes, in the order of their keys.
    func committed() -> [(key: [UInt8], value: [UInt8]?)] {
        committedKeys.sorted { $0.lexicographicallyPrecedes($1) }.map { key in (key, changes[key]?.first?.value) }
    }

    /// The tables have the committed changes.
    mutating func forgetCommitted() {
        for key in committedKeys {
            changes[key]?.removeFirst()
            if changes[key]?.isEmpty == true { changes[key] = nil }
        }
        committedKeys = []
        committedSize = 0
    }

    private mutating func removeNewest(of keys: [[UInt8]]) {
        for key in keys {
            changes[key]?.removeLast()
            if changes[key]?.isEmpty == true { changes[key] = nil }
        }
    }

    private static func size(_ key: [UInt8], _ change: Change) -> Int {
        // Twice the key, as the list of keys has it too, and what arrays and tables take beside their bytes.
        2 * key.count + (change.value?.count ?? 0) + 192
    }
}

extension KeyRange {
    /// Whether a key lies within the range.
    fileprivate func contains(_ key: [UInt8]) -> Bool {
        if let lower, key.lexicographicallyPrecedes(lower.key) || (!lower.isIncluded && key == lower.key) {
            return false
        }
        if let upper, upper.key.lexicographicallyPrecedes(key) || (!upper.isIncluded && key == upper.key) {
            return false
        }
        return true
    }
}
