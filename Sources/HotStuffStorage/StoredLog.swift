public import HotStuffCore
internal import LMDB

/// A log as tools see it: opened for reading only, beside a running replica or without one.
///
/// It needs neither the genesis configuration nor the key, and asks whether what it reads is whole, not whose it is.
/// Reading takes no lock that a replica would be refused for.
public final class StoredLog: Sendable {
    let tables: Tables

    /// Opens the log in a replica's directory, for reading.
    ///
    /// - Throws: kinds `noStore`, `newerFormat`, `damaged`, `inUse` (in this process), `noPermission`, `failed`.
    public init(directory: String) throws(StorageError) {
        let path = "\(directory)/\(ReplicaStore.logName)"
        tables = try StorageError.wrapping(path: path) {
            let environment = try Environment(path: path, options: .init(access: .readOnly))
            try Tables.checkFormat(of: environment)
            return try Tables(opening: environment)
        }
    }

    deinit { close() }

    /// Closes it; later reads throw kind `closed`.
    public func close() { tables.environment.close() }

    /// The committed blocks as of now.
    ///
    /// - Throws: kinds `damaged`, `closed`, `failed`.
    public func reader() throws(StorageError) -> LogReader { try LogReader(tables, of: self) }

    /// Which chain and whose log it is.
    func owner() throws(StorageError) -> (chainID: Digest, replica: ValidatorKey) {
        try StorageError.wrapping(path: tables.path) {
            try tables.environment.read { transaction throws in
                guard let replica = ValidatorKey(bytes: try tables.bytes(under: .replica, transaction)) else {
                    throw tables.damaged(.meta, .text(MetaKey.replica.rawValue), "it is no key")
                }
                return (try tables.digest(under: .chain, transaction), replica)
            }
        }
    }

    /// What the log is and how much is in it, as of now.
    ///
    /// - Throws: kinds `damaged`, `closed`, `failed`.
    public func facts() throws(StorageError) -> LogFacts {
        let (tables, path, owner) = (tables, tables.path, try owner())
        return try StorageError.wrapping(path: path) {
            let information = try tables.environment.information()
            let lag = try tables.environment.readerLag()
            let fileSize = try FileTree.size("\(path)/data.mdb")
            return try tables.environment.read { transaction throws in
                let tip = try tables.tip(transaction)
                let statistics = try TableName.allCases.map { name in
                    let table = try transaction.statistics(of: tables[name])
                    return LogFacts.Table(
                        name: name.rawValue, entryCount: table.entryCount, size: .bytes(table.byteCount))
                }
                let used = statistics.reduce(0) { $0 + $1.size.bytes }
                return LogFacts(
                    formatVersion: Tables.formatVersion, chainID: owner.chainID, replica: owner.replica, tip: tip,
                    firstHeight: try tables.firstHeight(transaction),
                    uncommittedCount: try tables.positions(above: tip.height, transaction).count,
                    epoch: try tables.newestEpoch(transaction), record: try tables.votingRecord(transaction),
                    mayVote: try tables.mayVote(transaction), transaction: transaction.number, tables: statistics,
                    fileSize: fileSize, usedSize: .bytes(used), mapSize: .bytes(information.mapByteCount),
                    readerLag: lag)
            }
        }
    }
}

/// What a log is, and how much is in it.
public struct LogFacts: Sendable {
    /// A table's size.
    public struct Table: Sendable, Hashable {
        /// The table's name.
        public let name: String
        /// How many entries it has.
        public let entryCount: Int
        /// What its pages take.
        public let size: ByteCount
    }

    /// The version of the log's format.
    public let formatVersion: UInt32
    /// The chain's ID.
    public let chainID: Digest
    /// Whose log it is.
    public let replica: ValidatorKey
    /// The committed tip.
    public let tip: LogPosition
    /// The lowest height whose block is still held.
    public let firstHeight: Height
    /// How many blocks there are above the tip.
    public let uncommittedCount: Int
    /// The newest epoch.
    public let epoch: EpochStart
    /// What the replica promised.
    public let record: VotingRecord
    /// Whether the log may vouch for what its replica signed.
    public let mayVote: Bool
    /// The number of the last transaction.
    public let transaction: UInt64
    /// The tables, in the order of their numbers.
    public let tables: [Table]
    /// The size of the data file.
    public let fileSize: ByteCount
    /// What all tables take; the rest of the file is free pages and LMDB's own.
    public let usedSize: ByteCount
    /// The size of the memory map, up to which the file can grow before the map does.
    public let mapSize: ByteCount
    /// How many commits the oldest open reader lags behind.
    public let readerLag: Int
}
