internal import CLMDB

extension TransactionContext {
    /// Looks at the pages that LMDB will go through on the way to a key, before it does.
    ///
    /// - Parameters:
    ///   - neighbours: the operation may go on to the pages beside them.
    ///   - forChange: the value that is there may be replaced, and its pages freed.
    /// - Throws: kinds ``LMDBError/Kind/corrupted``, ``LMDBError/Kind/readerTooOld``.
    func look(
        at key: RawSpan, in database: Database, neighbours: Bool = false, forChange: Bool = false
    ) throws(LMDBError) {
        // Result, since the closure would widen the error.
        let result: Result<Void, LMDBError> = key.withUnsafeBytes { key in
            do throws(LMDBError) {
                return .success(
                    try look(at: .key(key), in: database, neighbours: neighbours, forChange: forChange))
            } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Looks at the pages on the way to a place in a database.
    func look(
        at target: Snapshot.Target, in database: Database, neighbours: Bool = false, forChange: Bool = false
    ) throws(LMDBError) {
        precondition(database.environment == environment.number, "the database belongs to another environment")
        try checkAge()
        do throws(PageFlaw) {
            guard let root = try root(of: database),
                let leaf = try snapshot.leaf(target, in: root, neighbours: neighbours)
            else { return }
            if forChange, case .key(let key) = target { try snapshot.checkValue(of: key, on: leaf) }
        } catch { throw damage(error, database) }
    }

    /// Looks at all pages of a database, which are to be freed.
    func lookAtAll(of database: Database) throws(LMDBError) {
        do throws(PageFlaw) {
            guard let root = try root(of: database) else { return }
            try snapshot.checkTree(root)
        } catch { throw damage(error, database) }
    }

    /// Looks at the way to a database's description, before LMDB opens or makes it.
    func look(atDescriptionOf name: String) throws(LMDBError) {
        do throws(PageFlaw) { _ = try snapshot.root(of: name) } catch {
            throw environment.damage(error, database: name)
        }
    }

    private func root(of database: Database) throws(PageFlaw) -> TreeRoot? {
        // The database that holds the descriptions of all others has no name.
        database.name.isEmpty ? snapshot.meta.main : try snapshot.root(of: database.name)
    }

    private func damage(_ flaw: PageFlaw, _ database: Database) -> LMDBError {
        environment.damage(flaw, database: database.name.isEmpty ? nil : database.name)
    }
}
