internal import HotStuff
internal import HotStuffStorage

/// Entries in an `OverlayStore`, with their count and sum, which are undone with them.
///
/// | key | value |
/// |---|---|
/// | `e` and an entry's key | what it holds |
/// | `r` and a number, 32 bits, big-endian | a record of what clients were answered |
/// | `c` and a client, 64 bits, big-endian | the number of its last command, 64 bits, little-endian |
/// | `s` | how many entries there are, and the four words of their sum: 64 bits each, little-endian |
struct StoredEntries: EntryMap, ~Copyable {
    var store: OverlayStore
    private let directory: String

    private static let sumKey = Array("s".utf8)

    init(directory: String, batch: OverlayStore.Batch) throws(StorageError) {
        store = try OverlayStore(directory: directory, batch: batch)
        self.directory = directory
    }

    func value(for key: [UInt8]) throws(StorageError) -> String? {
        try store.value(for: Array("e".utf8) + key).map { String(decoding: $0, as: UTF8.self) }
    }

    mutating func set(_ value: String?, for key: [UInt8]) throws(StorageError) {
        var (count, sum) = try total()
        if let old = try self.value(for: key) {
            sum.subtract(EntrySum(key: key, value: old))
            count &-= 1
        }
        if let value {
            sum.add(EntrySum(key: key, value: value))
            count &+= 1
        }
        try store.set(value.map { Array($0.utf8) }, for: Array("e".utf8) + key)
        let words = [count] + sum.words.indices.map { sum.words[$0] }
        try store.set(words.flatMap(Self.bytes), for: Self.sumKey)
    }

    /// Of all entries, as `KeyValue` computes it.
    func digest() throws(StorageError) -> Digest {
        let (count, sum) = try total()
        return sum.digest(count: count)
    }

    private func total() throws(StorageError) -> (count: UInt64, sum: EntrySum) {
        guard let bytes = try store.value(for: Self.sumKey) else { return (0, .zero) }
        let words = Self.integers(bytes)
        guard words.count == 5 else { throw damaged("s", bytes) }
        return (words[0], EntrySum(words: SIMD4(words[1...])))
    }

    // MARK: - Clients

    /// The number of a client's last command; nil if there was none.
    func lastCommand(of client: UInt64) throws(StorageError) -> UInt64? {
        guard let bytes = try store.value(for: Self.clientKey(client)) else { return nil }
        guard let sequence = Self.integers(bytes).first, bytes.count == 8 else { throw damaged("c", bytes) }
        return sequence
    }

    mutating func setLastCommand(_ id: CommandID) throws(StorageError) {
        try store.set(Self.bytes(id.sequence), for: Self.clientKey(id.client))
    }

    mutating func keep(_ record: Payload, number: UInt32) throws {
        try store.set(
            record.withUnsafeBytes { Array($0) },
            for: Array("r".utf8) + withUnsafeBytes(of: number.bigEndian, Array.init))
    }

    func forEachRecord(_ body: (UInt32, Payload) throws -> Void) throws {
        try store.forEach(in: .prefix(Array("r".utf8))) { key, record in
            try body(key.dropFirst().reduce(0) { $0 << 8 | UInt32($1) }, Payload(bytes: record))
            return .continue
        }
    }

    private func damaged(_ key: String, _ bytes: [UInt8]) -> StorageError {
        StorageError(.damaged(table: "entries", key: key), path: directory, detail: "it has \(bytes.count) bytes")
    }

    private static func clientKey(_ client: UInt64) -> [UInt8] {
        Array("c".utf8) + withUnsafeBytes(of: client.bigEndian, Array.init)
    }

    private static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.littleEndian, Array.init) }

    /// Eight bytes each, as many as there are whole ones.
    private static func integers(_ bytes: [UInt8]) -> [UInt64] {
        stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
            bytes[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
