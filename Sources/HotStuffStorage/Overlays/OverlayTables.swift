internal import HotStuffCore
internal import LMDB

/// The LMDB environment under an `OverlayStore`: one table of entries, and one that says up to where they are.
struct OverlayTables: Sendable {
    /// The format that this version writes, and the newest that it reads.
    static let formatVersion: UInt32 = 1
    /// The keys of `state`: the format's version, 32 bits, little-endian; the height, as many bits as it has, and hash
    /// of the last block whose effects the entries have.
    private static let formatKey = Array("format".utf8)
    private static let positionKey = Array("position".utf8)
    /// The bytes beyond which the map does not grow: 32 TiB.
    private static let mapLimit = 1 << 45

    private let environment: Environment
    private let entries: Database
    private let state: Database

    init(directory: String) throws(StorageError) {
        (environment, entries, state) = try StorageError.wrapping(path: directory) {
            let environment = try Environment(
                path: directory, options: .init(access: .createIfMissing, readerAgeLimit: .seconds(600)))
            let databases = try environment.openDatabases(["entries", "state"], createIfMissing: true)
            try Self.checkFormat(of: environment, databases[1])
            return (environment, databases[0], databases[1])
        }
    }

    private static func checkFormat(of environment: Environment, _ state: Database) throws {
        guard let found = try environment.read({ try $0.bytes(for: formatKey.span.bytes, in: state) }) else {
            return try environment.write { transaction in
                try transaction.put(
                    formatVersion.littleEndianBytes.span.bytes, for: formatKey.span.bytes, in: state)
            }
        }
        guard found.count == 4 else {
            throw StorageError(
                .damaged(table: "state", key: "format"), path: environment.path, detail: "there is no format version")
        }
        let version = UInt32(littleEndianBytes: found)
        guard version <= formatVersion else {
            throw StorageError(
                .newerFormat(found: version, known: formatVersion), path: environment.path, detail: "in table state")
        }
    }

    /// The last block whose effects the entries have; nil before the first.
    func position() throws(StorageError) -> LogPosition? {
        try StorageError.wrapping(path: environment.path) {
            let found = try environment.read { try $0.bytes(for: Self.positionKey.span.bytes, in: state) }
            guard let found else { return nil }
            guard found.count == 40, let block = Digest(bytes: Array(found[8...])) else {
                throw StorageError(
                    .damaged(table: "state", key: "position"), path: environment.path,
                    detail: "\(found.count) bytes, where a position has 40")
            }
            return LogPosition(height: Height(UInt64(littleEndianBytes: found[..<8])), block: block)
        }
    }

    /// Refuses a key that no table could take.
    func check(_ key: [UInt8]) throws(StorageError) {
        guard (1...Environment.maximumKeyByteCount).contains(key.count) else {
            throw StorageError(
                .failed, path: environment.path,
                detail: "a key has \(key.count) bytes, and may have 1 to \(Environment.maximumKeyByteCount)")
        }
    }

    /// The value of a key in the tables.
    func value(for key: [UInt8]) throws(StorageError) -> [UInt8]? {
        try check(key)
        return try StorageError.wrapping(path: environment.path) {
            try environment.read { try $0.bytes(for: key.span.bytes, in: entries) }
        }
    }

    /// Gives `body` each entry of a range in the tables.
    func forEach(in range: KeyRange, _ body: ([UInt8], [UInt8]) throws -> RangeStep) throws {
        // Kept apart, so that an error of the caller's is not taken for one of the tables'.
        var failure: (any Error)?
        try StorageError.wrapping(path: environment.path) {
            try environment.read { transaction in
                try transaction.forEach(in: entries, range) { key, value in
                    do {
                        return try body(key.withUnsafeBytes { Array($0) }, value.withUnsafeBytes { Array($0) })
                    } catch {
                        failure = error
                        return .stop
                    }
                }
            }
        }
        if let failure { throw failure }
    }

    /// Writes changes and the position that they lead to, in one synced transaction.
    func write(
        _ changes: [(key: [UInt8], value: [UInt8]?)], at position: LogPosition
    ) throws(StorageError) {
        try StorageError.wrapping(path: environment.path) {
            try environment.writeGrowing(upTo: Self.mapLimit) { (transaction: inout WriteTransaction) in
                for (key, value) in changes {
                    if let value {
                        try transaction.put(value.span.bytes, for: key.span.bytes, in: entries)
                    } else {
                        try transaction.delete(key.span.bytes, in: entries)
                    }
                }
                let place = position.height.rawValue.littleEndianBytes + position.block.bytes
                try transaction.put(place.span.bytes, for: Self.positionKey.span.bytes, in: state)
            }
        }
    }

    func close() { environment.close() }
}
