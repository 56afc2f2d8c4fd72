internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

extension Environment {
    /// Copies the store, as it is at one moment, into another directory, durably; writers go on meanwhile.
    ///
    /// The copy is a store as this one is.
    ///
    /// It is a long read transaction. Not to be called within a write transaction of this thread (traps).
    ///
    /// - Parameters:
    ///   - directory: exists, and has no store in it; kind ``LMDBError/Kind/system`` with `EEXIST` otherwise. What was
    ///     written is removed if the copy fails.
    ///   - compacting: leave out free pages and renumber the others, so that the copy is as small as it can be; slower.
    public func copy(to directory: String, compacting: Bool) throws(LMDBError) {
        precondition(!gate.isHeldByThisThreadsWriter, "a store can't be copied within its write transaction")
        let target = try FileDescriptor(opening: directory, O_RDONLY | O_DIRECTORY, store: path)
        let name = "\(directory)/\(OpenStore.dataFileName)"
        let file = try FileDescriptor(opening: name, O_WRONLY | O_CREAT | O_EXCL, store: path)
        do throws(LMDBError) {
            // Copying them, LMDB follows all pages; as they are, it looks at none.
            if compacting { try checkStructure() }
            let flags = compacting ? UInt32(MDB_CP_COMPACT) : 0
            let number = file.number
            let code = try whileOpen("mdb_env_copyfd2") { handle in mdb_env_copyfd2(handle, number, flags) }
            guard code == MDB_SUCCESS else { throw failure(code, "mdb_env_copyfd2") }
            try file.sync(store: directory)
            try target.sync(store: directory)
        } catch {
            unlink(name)
            throw error
        }
    }
}
