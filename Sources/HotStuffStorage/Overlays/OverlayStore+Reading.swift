public import struct LMDB.KeyRange
public import enum LMDB.RangeStep

extension OverlayStore {
    /// The value of a key, as the newest applied block and the changes since have left it; nil if there is none.
    ///
    /// - Complexity: O(log *n*) in the entries there are, however many blocks are applied; O(1) for what was changed
    ///   lately.
    /// - Throws: `StorageError` of kinds `damaged`, `fileChanged`, `failed`.
    public borrowing func value(for key: [UInt8]) throws(StorageError) -> [UInt8]? {
        if let change = overlays.newest(for: key) { return change.value }
        return try tables.value(for: key)
    }

    /// Gives `body` each entry of a range, in the order of their keys, until it says `stop`.
    ///
    /// - Complexity: O(*m* log *m* + *v*) in the entries that blocks have changed which are not yet durable, and those
    ///   visited.
    /// - Throws: as `value(for:)`; what `body` throws.
    public borrowing func forEach(
        in range: KeyRange = .all, _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> RangeStep
    ) throws {
        var changed = overlays.newest(in: range)[...]
        var isStopped = false
        /// Gives out changed entries with keys less than `key`, all if it is nil; whether `key` itself was changed.
        func giveChanged(upTo key: [UInt8]?) throws -> Bool {
            while !isStopped, let (next, value) = changed.first {
                let isSame = next == key
                if let key, !isSame, !next.lexicographicallyPrecedes(key) { return false }
                changed.removeFirst()
                if let value { isStopped = try body(next, value) == .stop }
                if isSame { return true }
            }
            return false
        }
        try tables.forEach(in: range) { key, value in
            let isChanged = try giveChanged(upTo: key)
            if !isStopped, !isChanged { isStopped = try body(key, value) == .stop }
            return isStopped ? .stop : .continue
        }
        _ = try giveChanged(upTo: nil)
    }
}
