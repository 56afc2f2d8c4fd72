/// The order in which a range is gone through.
public enum KeyOrder: Sendable, Hashable {
    /// From the least key on.
    case ascending
    /// From the greatest key on.
    case descending
}

/// What the closure of a range says after each entry.
public enum RangeStep: Sendable, Hashable {
    /// On to the next entry.
    case `continue`
    /// That was enough.
    case stop
}

extension Transaction where Self: ~Copyable {
    /// Lends `body` each entry of a range in turn, where it lies in the map, until it says ``RangeStep/stop``.
    ///
    /// - Throws: what `body` throws, or `LMDBError` as the body's error type wraps it.
    /// - Complexity: O(log *n* + *v*) in the entries there are and those visited.
    public borrowing func forEach<Failure: BodyError>(
        in database: Database, _ range: KeyRange = .all, _ order: KeyOrder = .ascending,
        _ body: (_ key: RawSpan, _ value: RawSpan) throws(Failure) -> RangeStep
    ) throws(Failure.Thrown) {
        let walk: RangeWalk
        do { walk = try RangeWalk(context, database, range, order) } catch { throw Failure.wrapping(error) }
        while true {
            do { guard try walk.advance() else { return } } catch { throw Failure.wrapping(error) }
            do {
                guard try walk.cursor.withEntry(body) == .continue else { return }
            } catch { throw error.thrown }
        }
    }

    /// Lends `body` each entry of a range, for bodies that throw errors of any type; otherwise as the typed form.
    @_disfavoredOverload
    public borrowing func forEach(
        in database: Database, _ range: KeyRange = .all, _ order: KeyOrder = .ascending,
        _ body: (_ key: RawSpan, _ value: RawSpan) throws -> RangeStep
    ) throws {
        let walk = try RangeWalk(context, database, range, order)
        while try walk.advance(), try walk.cursor.withEntry(body) == .continue {}
    }
}

/// A cursor that stays within a range.
private struct RangeWalk: ~Copyable {
    let cursor: Cursor
    private let range: KeyRange
    private let order: KeyOrder

    init(
        _ context: TransactionContext, _ database: Database, _ range: KeyRange, _ order: KeyOrder
    ) throws(LMDBError) {
        cursor = try Cursor(context, database)
        self.range = range
        self.order = order
    }

    /// Moves to the next entry of the range, or the first if it is at none; whether there is one.
    borrowing func advance() throws(LMDBError) -> Bool {
        switch order {
        case .ascending:
            let isThere = cursor.isAtEntry ? try cursor.next() : try cursor.seek(toFirstIn: range)
            return isThere && cursor.isCurrent(notAbove: range)
        case .descending:
            let isThere = cursor.isAtEntry ? try cursor.previous() : try cursor.seek(toLastIn: range)
            return isThere && cursor.isCurrent(notBelow: range)
        }
    }
}
