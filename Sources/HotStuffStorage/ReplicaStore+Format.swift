public import HotStuffCore
internal import LMDB

extension ReplicaStore {
    /// Makes a store; the only way in which one is made, since a replica that forgot what it signed must not be taken for
    /// one that signed nothing.
    ///
    /// Either there is a whole store on return, durable and readable by this user alone, or there is none: it is
    /// written under another name and then renamed. The replica's directory is made if it is missing, its parents are
    /// not.
    ///
    /// - Parameter hasForgotten: whether the key may have signed before, on a store that is lost: the replica then signs
    ///   nothing until the others have told it how far that may reach (protocol §2, *Forgetting*). False only for a key
    ///   that has never been used on this chain.
    /// - Throws: kinds `storeExists`, `inUse` (another process formats), `noPermission`, `diskFull`, `failed`.
    public static func format(
        directory: String, genesis: Genesis, key: ValidatorKey, hasForgotten: Bool = false,
        options: Options = Options()
    ) throws(StorageError) {
        try format(
            directory: directory, genesis: genesis, key: key, options: options,
            vouching: hasForgotten ? .notBeforeAsking : .forAll)
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
            try format(directory: directory, genesis: genesis, key: key, options: options, vouching: .never)
            return try ReplicaStore(
                directory: directory, genesis: genesis, key: key, options: options, isEphemeral: true)
        } catch {
            try? FileTree.remove(directory)
            throw error
        }
    }

    private static func format(
        directory: String, genesis: Genesis, key: ValidatorKey, options: Options, vouching: Vouching
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
                try write(unfinished, genesis: genesis, key: key, options: options, vouching: vouching)
            }
            try FileTree.rename(unfinished, to: log)
        } catch {
            try? FileTree.remove(unfinished)
            throw error
        }
        try parent.sync()
    }

    private static func write(
        _ path: String, genesis: Genesis, key: ValidatorKey, options: Options, vouching: Vouching
    ) throws {
        let environment = try Environment(
            path: path, options: .init(access: .createIfMissing, mapByteCount: options.mapSize.bytes))
        defer { environment.close() }
        let tables = try Tables(opening: environment, createIfMissing: true)
        try environment.writeGrowing(upTo: options.mapLimit.bytes) { (transaction: inout WriteTransaction) in
            try tables.format(&transaction, genesis: genesis, key: key, vouching: vouching)
        }
        try tables.sealAnew(upTo: options.mapLimit.bytes)
    }
}

/// What a new store can say of the votes of its key.
private enum Vouching {
    /// It will have all of them.
    case forAll
    /// There may be older ones, of which its replica asks the others.
    case notBeforeAsking
    /// Nothing.
    case never
}

extension Tables {
    /// Writes everything that a store begins with.
    fileprivate func format(
        _ transaction: inout WriteTransaction, genesis: Genesis, key: ValidatorKey, vouching: Vouching
    ) throws {
        let origin = Origin(genesis)
        try put(Tables.formatVersion.littleEndianBytes, under: .format, &transaction)
        try put(origin.chainID.bytes, under: .chain, &transaction)
        try put(genesis.chainPreimage, under: .genesis, &transaction)
        try put(key.bytes, under: .replica, &transaction)
        try put(UInt64(0).littleEndianBytes, under: .prunedBelow, &transaction)
        try put([vouching == .never ? 0 : 1], under: .mayVote, &transaction)
        let epoch = genesis.firstEpoch
        try put(epoch.encoded(), in: .epochs, for: epoch.epoch.rawValue.bigEndianBytes, &transaction)
        let record = VotingRecord.fresh(
            epoch: epoch.epoch, genesis: origin.position, forgetting: vouching == .notBeforeAsking ? .asking : nil)
        try put(record.encoded(), in: .record, for: Tables.recordKey, &transaction)
        try append(origin.position, &transaction)
    }
}
