internal import CLMDB

extension Environment {
    /// Enlarges the map, and with it the most that the file can hold.
    ///
    /// A size that it has already changes nothing.
    ///
    /// - Parameter byteCount: the new size in bytes, rounded up to whole pages.
    /// - Throws: kind ``LMDBError/Kind/busy`` if a transaction is open in this process: the map would move under it.
    public func grow(to byteCount: Int) throws(LMDBError) {
        try grow(to: byteCount, waits: false)
    }

    /// Enlarges the map as ``grow(to:)`` does, after waiting for the transactions of other threads to end; meanwhile
    /// none begins, but those nested in one that is open.
    ///
    /// - Throws: kind ``LMDBError/Kind/busy`` if this thread itself has a transaction open.
    public func growWhenIdle(to byteCount: Int) throws(LMDBError) {
        try grow(to: byteCount, waits: true)
    }

    /// Runs `body` as ``write(_:)`` does; each time that the map turns out to be full, takes everything back,
    /// doubles the map, waiting for readers to end, and runs `body` again.
    ///
    /// - Parameters:
    ///   - limit: the size in bytes beyond which the map doesn't grow.
    ///   - body: the changes; so written that it may run several times, of which the last one counts.
    /// - Throws: as ``write(_:)``; kind ``LMDBError/Kind/mapFull`` once the map has reached the limit, and
    ///   ``LMDBError/Kind/busy`` if this thread has a read transaction open when the map must grow.
    @discardableResult
    public func writeGrowing<Result: ~Copyable, Failure: BodyError>(
        upTo limit: Int, _ body: (inout WriteTransaction) throws(Failure) -> Result
    ) throws(Failure.Thrown) -> Result {
        while true {
            var transaction: WriteTransaction
            do { transaction = try beginWrite() } catch { throw Failure.wrapping(error) }
            // Asked for the full map rather than the error, which the body may have made one of its own of.
            let context = transaction.context
            let result: Result
            do { result = try body(&transaction) } catch {
                guard context.foundMapFull else { throw error.thrown }
                transaction.abort()
                guard try doubleMap(upTo: limit, Failure.self) else { throw error.thrown }
                continue
            }
            do { try transaction.commit() } catch {
                guard context.foundMapFull, try doubleMap(upTo: limit, Failure.self) else {
                    throw Failure.wrapping(error)
                }
                continue
            }
            return result
        }
    }

    /// Runs `body` as the typed form does, for bodies that throw errors of any type.
    @discardableResult
    @_disfavoredOverload
    public func writeGrowing<Result: ~Copyable>(
        upTo limit: Int, _ body: (inout WriteTransaction) throws -> Result
    ) throws -> Result {
        while true {
            var transaction = try beginWrite()
            let context = transaction.context
            do {
                let result = try body(&transaction)
                try transaction.commit()
                return result
            } catch {
                guard context.foundMapFull else { throw error }
                context.abort()
                guard try doubleMap(upTo: limit, LMDBError.self) else { throw error }
            }
        }
    }

    /// Whether the map was below the limit and now isn't full.
    private func doubleMap<Failure: BodyError>(
        upTo limit: Int, _: Failure.Type
    ) throws(Failure.Thrown) -> Bool {
        do {
            let byteCount = try information().mapByteCount
            guard byteCount < limit else { return false }
            try growWhenIdle(to: byteCount > limit / 2 ? limit : byteCount * 2)
            return true
        } catch { throw Failure.wrapping(error) }
    }

    private func grow(to byteCount: Int, waits: Bool) throws(LMDBError) {
        try replaceMap(waits: waits) { handle in
            var information = MDB_envinfo()
            let code = mdb_env_info(handle, &information)
            guard code == MDB_SUCCESS, information.me_mapsize < byteCount else { return code }
            return OpenStore.setMapSize(handle, byteCount)
        }
    }

    /// Runs `body`, which replaces the map, while no transaction is open.
    func replaceMap(waits: Bool, _ body: (OpaquePointer) -> CInt) throws(LMDBError) {
        var code = MDB_SUCCESS
        let refusal = gate.alone(waits: waits) {
            code = body(handle)
            // LMDB has let go of the old map before it fails to make the new one: the next read would crash.
            if code != MDB_SUCCESS {
                gate.markDead(LMDBError(code: code, operation: "mdb_env_set_mapsize", path: path))
            }
        }
        if let refusal { throw error(for: refusal, "mdb_env_set_mapsize") }
        guard code == MDB_SUCCESS else { throw failure(code, "mdb_env_set_mapsize") }
    }
}
