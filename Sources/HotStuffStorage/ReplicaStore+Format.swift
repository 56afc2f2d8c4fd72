public import HotStuffCore
internal import LMDB

extension ReplicaStore {
    /// Makes a store for a replica that has never had one; the only way in which one is made, since a replica that
    /// forgot what it signed must not be taken for one that signed nothing.
    ///
    /// Either there is a whole store on return, durable and readable by this user alone, or there is none: it is
    /// written under another name and then renamed. The replica's directory is made if it is missing, its parents are
    /// not.
    ///
    /// - Throws: kinds `storeExists`, `inUse` (another process formats), `noPermission`, `diskFull`, `failed`.
    public static func format(
        directory: String, genesis: Genesis, key: ValidatorKey, options: Options = Options()
    ) throws(StorageError) {
        try format(directory: directory, genesis: genesis, key: key, options: options, mayVote: true)
    }

    /// A store for a listener, in a fresh directory under `TMPDIR` or `/tmp`, removed when it is closed.
    ///
    /// It may not vouch for what its replica signed, so its replica does not vote. A process that is killed leaves the
    /// directory behind.
    ///
    /// - Throws: kinds `noPermission`, `diskFull`, `failed`.
    public static func ephemeral(
        genesis: Genesis, key: ValidatorKey, options: Options = Options()
    ) throws(StorageError) -> ReplicaStore {
        let directory = try FileTree.makeTemporaryDirectory()
        do {
            try format(directory: directory, genesis: genesis, key: key, options: options, mayVote: false)
            return try ReplicaStore(
                directory: directory, genesis: genesis, key: key, options: options, isEphemeral: true)
        } catch {
            try? FileTree.remove(directory)
            throw error
        }
    }

    private static func format(
        directory: String, genesis: Genesis, key: ValidatorKey, options: Options, mayVote: Bool
    ) throws(StorageError) {
        let (log, unfinished) = ("\(directory)/\(logName)", "\(directory)/\(logName).new")
        try FileTree.makeDirectory(directory)
        let parent = try LockedDirectory(directory)
        guard try FileTree.isAbsentOrEmpty(log) else {
            throw StorageError(.storeExists, path: log, detail: "format overwrites nothing")
        }
        // Left by a format that was killed: never a store, since it was never renamed.
        try FileTree.remove(unfinished)
        do {
            try StorageError.wrapping(path: unfinished) {
                try write(unfinished, genesis: genesis, key: key, options: options, mayVote: mayVote)
            }
            try FileTree.rename(unfinished, to: log)
        } catch {
            try? FileTree.remove(unfinished)
            throw error
        }
        try parent.sync()
    }

    private static func write(
        _ path: String, genesis: Genesis, key: ValidatorKey, options: Options, mayVote: Bool
    ) throws {
        let environment = try Environment(
            path: path, options: .init(access: .createIfMissing, mapByteCount: options.mapSize.bytes))
        defer { environment.close() }
        let tables = try Tables(opening: environment, createIfMissing: true)
        try environment.writeGrowing(upTo: options.mapLimit.bytes) { (transaction: inout WriteTransaction) in
            try tables.format(&transaction, genesis: genesis, key: key, mayVote: mayVote)
        }
        try tables.sealAnew(upTo: options.mapLimit.bytes)
    }
}

extension Tables {
    /// Writes everything that a store begins with.
    func format(
        _ transaction: inout WriteTransaction, genesis: Genesis, key: ValidatorKey, mayVote: Bool
    ) throws {
        let origin = Origin(genesis)
        try put(Tables.formatVersion.littleEndianBytes, under: .format, &transaction)
        try put(origin.chainID.bytes, under: .chain, &transaction)
        try put(genesis.chainPreimage, under: .genesis, &transaction)
        try put(key.bytes, under: .replica, &transaction)
        try put(UInt64(0).littleEndianBytes, under: .prunedBelow, &transaction)
        try put([mayVote ? 1 : 0], under: .mayVote, &transaction)
        let epoch = genesis.firstEpoch
        try put(epoch.encoded(), in: .epochs, for: epoch.epoch.rawValue.bigEndianBytes, &transaction)
        let record = VotingRecord.fresh(epoch: epoch.epoch, genesis: origin.position)
        try put(record.encoded(), in: .record, for: Tables.recordKey, &transaction)
        try append(origin.position, &transaction)
    }
}
