extension Cursor {
    /// Moves to the least key that is not below the range; it may lie above it.
    borrowing func seek(toFirstIn range: KeyRange) throws(LMDBError) -> Bool {
        // LMDB refuses an empty key; as a bound it stands before all keys.
        guard let lower = range.lower, !lower.key.isEmpty else { return try first() }
        let key = lower.key.span.bytes
        guard try seek(atOrAfter: key) else { return false }
        return !lower.isIncluded && order(ofCurrentAnd: key) == 0 ? try next() : true
    }

    /// Moves to the greatest key that is not above the range; it may lie below it.
    borrowing func seek(toLastIn range: KeyRange) throws(LMDBError) -> Bool {
        guard let upper = range.upper else { return try last() }
        guard !upper.key.isEmpty else { return false }
        let key = upper.key.span.bytes
        return upper.isIncluded ? try seek(atOrBefore: key) : try seek(before: key)
    }

    /// Whether the current key is not above the range.
    borrowing func isCurrent(notAbove range: KeyRange) -> Bool {
        guard let upper = range.upper else { return true }
        let order = order(ofCurrentAnd: upper.key.span.bytes)
        return upper.isIncluded ? order <= 0 : order < 0
    }

    /// Whether the current key is not below the range.
    borrowing func isCurrent(notBelow range: KeyRange) -> Bool {
        guard let lower = range.lower else { return true }
        let order = order(ofCurrentAnd: lower.key.span.bytes)
        return lower.isIncluded ? order >= 0 : order > 0
    }
}
