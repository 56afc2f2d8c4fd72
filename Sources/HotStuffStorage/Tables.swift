internal import HotStuffCore
internal import LMDB

/// The tables of an open store, and how records are found, checked and put in them.
struct Tables: Sendable {
    /// The format that this version writes, and the newest that it reads.
    static let formatVersion: UInt32 = 1
    /// The one key of `record`.
    static let recordKey = Array("voting".utf8)

    /// The environment that they are in.
    let environment: Environment
    /// Told the table of every entry that is read; for tests that count them.
    var onRead: @Sendable (TableName) -> Void = { _ in }
    private let databases: [Database]

    /// Opens all tables.
    ///
    /// - Throws: if one is missing and is not to be made.
    init(opening environment: Environment, createIfMissing: Bool = false) throws(LMDBError) {
        self.environment = environment
        databases = try environment.openDatabases(
            TableName.allCases.map(\.rawValue), createIfMissing: createIfMissing)
    }

    /// The environment's directory.
    var path: String { environment.path }

    /// The table with this name.
    subscript(name: TableName) -> Database {
        switch name {
        case .blocks: databases[0]
        case .committed: databases[1]
        case .hashes: databases[2]
        case .record: databases[3]
        case .epochs: databases[4]
        case .meta: databases[5]
        case .times: databases[6]
        }
    }

    // MARK: - What is checked at open

    /// Checks that this version can read the store, before any other table is looked for: a later format may have
    /// others.
    static func checkFormat(of environment: Environment) throws {
        let meta = try environment.openDatabase(TableName.meta.rawValue)
        let key = Array(MetaKey.format.rawValue.utf8)
        let found = try environment.read { transaction throws in
            try transaction.get(key.span.bytes, in: meta) { record throws in
                try content(of: record, in: .meta, for: key, .text(MetaKey.format.rawValue), path: environment.path)
            }
        }
        guard let found, found.count == 4 else {
            throw damaged(.meta, .text(MetaKey.format.rawValue), "there is no format version", path: environment.path)
        }
        let version = UInt32(littleEndianBytes: found)
        guard version <= formatVersion else {
            throw StorageError(
                .newerFormat(found: version, known: formatVersion), path: environment.path, detail: "in table meta")
        }
    }

    /// Checks that the store is this chain's and this replica's.
    func checkOwner(_ transaction: borrowing ReadTransaction, chainID: Digest, key: ValidatorKey) throws {
        let chain = try digest(under: .chain, transaction)
        guard chain == chainID else {
            throw StorageError(.wrongChain(found: chain, expected: chainID), path: path, detail: "in table meta")
        }
        let bytes = try bytes(under: .replica, transaction)
        guard let replica = ValidatorKey(bytes: bytes) else {
            throw damaged(.meta, .text(MetaKey.replica.rawValue), "\(bytes.count) bytes, where a key has 32")
        }
        guard replica == key else {
            throw StorageError(.wrongReplica(found: replica, expected: key), path: path, detail: "in table meta")
        }
    }

    // MARK: - Damage

    /// The error for a record that is not what was written.
    func damaged(_ table: TableName, _ key: KeyName, _ detail: String) -> StorageError {
        Self.damaged(table, key, detail, path: path)
    }

    /// The error for a block that is not what was written.
    func damaged(_ position: LogPosition, _ detail: String) -> StorageError {
        let error = damaged(.blocks, .position(position), detail)
        return StorageError(error.kind, path: error.path, detail: detail, damagedBlock: position)
    }

    /// The error for a block that must be there and is not.
    func missing(_ position: LogPosition) -> StorageError { damaged(position, "there is no such block") }

    /// The error for a store without a committed tip.
    func noTip() -> StorageError { damaged(.committed, .place(.genesis), "there is no entry") }

    private static func damaged(
        _ table: TableName, _ key: KeyName, _ detail: String, path: String
    ) -> StorageError {
        StorageError(.damaged(table: table.rawValue, key: key.description), path: "\(path)/data.mdb", detail: detail)
    }

    /// A copy of a record's content, checked.
    private static func content(
        of record: RawSpan, in table: TableName, for key: [UInt8], _ name: KeyName, path: String
    ) throws(StorageError) -> [UInt8] {
        do {
            let content = try RecordFrame.content(of: record, in: table, for: key)
            return record.extracting(content).withUnsafeBytes { Array($0) }
        } catch {
            throw damaged(table, name, error.text, path: path)
        }
    }
}
