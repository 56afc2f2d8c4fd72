public import HotStuffCore
internal import LMDB

/// What a backup holds.
public struct Backup: Sendable, Hashable {
    /// The committed tip of the copied log.
    public let tip: LogPosition
    /// Whether the state machine's own tables were copied too: they are if they are an LMDB environment.
    public let hasMachine: Bool
}

extension ReplicaStore {
    /// The name of the state machine's own directory within the replica's.
    static let machineName = "machine"

    /// Copies a replica's log, and its state machine's tables, into another directory while a replica may be running on
    /// them; also the way to put such a copy back.
    ///
    /// The log is copied as it is at one moment, the machine's tables before that, so that they are not ahead of it.
    /// What the replica signs after that moment the copy does not know of: so the copy may not vouch for what its replica
    /// signed (`may-vote` is 0), and a replica that is started on it does not vote.
    ///
    /// - Parameters:
    ///   - directory: the replica's, not open in this process.
    ///   - target: a directory without a log, made if it is missing; its parents are not.
    /// - Throws: kinds `noStore`, `storeExists`, `newerFormat`, `damaged`, `inUse` (in this process), `noPermission`,
    ///   `diskFull`, `failed`.
    public static func backUp(
        directory: String, to target: String, options: Options = Options()
    ) throws(StorageError) -> Backup {
        let (log, unfinished) = ("\(target)/\(logName)", "\(target)/\(logName).new")
        try FileTree.makeDirectory(target)
        let parent = try LockedDirectory(target)
        guard try FileTree.isAbsentOrEmpty(log) else {
            throw StorageError(.storeExists, path: log, detail: "a backup overwrites nothing")
        }
        try FileTree.remove(unfinished)
        do {
            let hasMachine = try backUpMachine(of: directory, to: target)
            try FileTree.makeDirectory(unfinished)
            let tip = try StorageError.wrapping(path: directory) {
                let source = try Environment(path: "\(directory)/\(logName)", options: .init(access: .readOnly))
                defer { source.close() }
                try Tables.checkFormat(of: source)
                try source.copy(to: unfinished, compacting: false)
                return try markCopy(unfinished, options)
            }
            try FileTree.rename(unfinished, to: log)
            try parent.sync()
            return Backup(tip: tip, hasMachine: hasMachine)
        } catch {
            try? FileTree.remove(unfinished)
            throw error
        }
    }

    /// Puts a copy in the place of a store that is gone, and lets its replica come to sign again: it first asks the others
    /// how far its signatures may reach (protocol §2, *Forgetting*).
    ///
    /// Until it is done, and if it is interrupted, what is there may not vote.
    ///
    /// - Parameters:
    ///   - backup: what ``backUp(directory:to:options:)`` made.
    ///   - directory: the replica's, without a log.
    /// - Throws: what copying and ``open(directory:genesis:key:options:)`` throw.
    public static func restore(
        from backup: String, to directory: String, genesis: Genesis, key: ValidatorKey, options: Options = Options()
    ) throws(StorageError) -> Backup {
        let copied = try backUp(directory: backup, to: directory, options: options)
        let store = try open(directory: directory, genesis: genesis, key: key, options: options)
        defer { store.close() }
        try store.markForgotten()
        return copied
    }

    /// Says in a copy that it is one.
    private static func markCopy(_ path: String, _ options: Options) throws -> LogPosition {
        let environment = try Environment(path: path)
        defer { environment.close() }
        let tables = try Tables(opening: environment)
        try environment.writeGrowing(upTo: options.mapLimit.bytes) { (transaction: inout WriteTransaction) in
            try tables.put([0], under: .mayVote, &transaction)
        }
        try tables.sealAnew(upTo: options.mapLimit.bytes)
        return try environment.read { transaction throws in
            try tables.checkSeal(transaction)
            return try tables.tip(transaction)
        }
    }

    private static func backUpMachine(of directory: String, to target: String) throws(StorageError) -> Bool {
        let (source, copy) = ("\(directory)/\(machineName)", "\(target)/\(machineName)")
        guard try FileTree.exists("\(source)/data.mdb") else { return false }
        guard try FileTree.isAbsentOrEmpty(copy) else {
            throw StorageError(.storeExists, path: copy, detail: "a backup overwrites nothing")
        }
        try FileTree.makeDirectory(copy)
        try StorageError.wrapping(path: source) {
            let environment = try Environment(path: source, options: .init(access: .readOnly))
            defer { environment.close() }
            try environment.copy(to: copy, compacting: false)
        }
        return true
    }
}
