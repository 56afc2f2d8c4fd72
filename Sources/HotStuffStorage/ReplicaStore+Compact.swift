public import HotStuffCore
internal import LMDB

/// What compacting a log did to its file.
public struct Compaction: Sendable, Hashable {
    /// The size of the data file before.
    public let before: ByteCount
    /// Its size now.
    public let after: ByteCount
}

extension ReplicaStore {
    /// The name of the log that compaction writes, until it takes the place of the old one.
    static let compactedName = "log.compacted"

    /// Gives what the log's file has in free pages back to the file system, and closes the store.
    ///
    /// Writes a new file beside the old one, which needs as much room as there is in use; holds it against the old one;
    /// then puts it in the old one's place in one step. Whenever it is interrupted, there is the one or the other, whole.
    /// Every page is looked at first: a damaged log is refused and stays as it is.
    ///
    /// - Throws: kinds `damaged`, `diskFull`, `noPermission`, `closed`, `failed`. If it throws `damaged` or `diskFull`,
    ///   the log is as it was; the store is to be closed in any case.
    public consuming func compact() throws(StorageError) -> Compaction {
        let (path, temporary) = (tables.path, "\(directory)/\(Self.compactedName)")
        defer { close() }
        let before = try FileTree.size("\(path)/data.mdb")
        try FileTree.remove(temporary)
        do {
            try FileTree.makeDirectory(temporary)
            try StorageError.wrapping(path: path) { try writeCopy(to: temporary) }
            let after = try FileTree.size("\(temporary)/data.mdb")
            try StorageError.wrapping(path: path) {
                try tables.environment.close(replacingDataFileBy: "\(temporary)/data.mdb")
            }
            try FileTree.remove(temporary)
            return Compaction(before: before, after: after)
        } catch {
            try? FileTree.remove(temporary)
            throw error
        }
    }

    /// Writes a compacted copy, sealed, and finds out whether it says what this store says.
    private func writeCopy(to temporary: String) throws {
        try tables.environment.copy(to: temporary, compacting: true)
        let environment = try Environment(path: temporary)
        defer { environment.close() }
        let copy = try Tables(opening: environment)
        try copy.sealAnew(upTo: mapLimit)
        let (old, new) = (try recover(), try recover(from: copy))
        guard old.tipPosition == new.tipPosition, old.record == new.record, old.recent == new.recent,
            old.uncommitted.map(\.hash) == new.uncommitted.map(\.hash), old.mayVote == new.mayVote,
            try tables.entryCounts() == copy.entryCounts()
        else {
            throw StorageError(.failed, path: temporary, detail: "the compacted copy is not what it was made of")
        }
    }
}

extension Tables {
    /// How many entries each table has.
    func entryCounts() throws -> [Int] {
        try environment.read { transaction throws in
            try TableName.allCases.map { try transaction.entryCount(of: self[$0]) }
        }
    }
}
