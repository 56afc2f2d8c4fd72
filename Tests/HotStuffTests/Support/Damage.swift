import Foundation
import HotStuff
import HotStuffStorage

/// A replica's log on disk, between two of its lives.
struct StoppedLog {
    let configuration: Configuration

    /// Opens the log as its replica does, and lets go of it again.
    func reading<Result>(_ body: (ReplicaStore) throws -> Result) throws -> Result {
        let store = try ReplicaStore.open(
            directory: configuration.directory, genesis: configuration.genesis, key: configuration.identity.key)
        defer { store.close() }
        return try body(store)
    }

    /// Changes the last byte of a block's payload.
    ///
    /// - Returns: how many copies there were; those in pages that are no longer used count too.
    func damage(_ position: LogPosition) throws -> Int {
        try damage(key: bytes(position.height.rawValue) + position.block.bytes, ofTable: 1)
    }

    /// Changes the last byte of what says which block was committed at a height.
    ///
    /// - Returns: how many copies there were; those in pages that are no longer used count too.
    func damagePlace(at height: Height) throws -> Int { try damage(key: bytes(height.rawValue), ofTable: 2) }

    private func bytes(_ number: UInt64) -> Data { withUnsafeBytes(of: number.bigEndian) { Data($0) } }

    /// Changes the last byte of records with a key, which lie in leaf pages behind it, as LMDB lays entries out.
    private func damage(key: Data, ofTable table: UInt8) throws -> Int {
        let file = URL(fileURLWithPath: "\(configuration.directory)/log/data.mdb")
        var bytes = try Data(contentsOf: file)
        var (count, start) = (0, bytes.startIndex)
        while let found = bytes.range(of: key, in: start..<bytes.endIndex) {
            start = found.upperBound
            guard found.lowerBound >= 8 else { continue }
            let entry = Array(bytes[(found.lowerBound - 8)..<found.lowerBound])
            let size = Int(entry[0]) | Int(entry[1]) << 8 | Int(entry[2]) << 16 | Int(entry[3]) << 24
            // Behind a key in a branch page there is no record.
            let isLeaf =
                entry[4...] == [0, 0, UInt8(key.count), 0] && size > 16 && start + size <= bytes.endIndex
                && Array(bytes[start..<(start + 4)]) == [1, table, 0, 0]
            guard isLeaf, isEntry(at: found.lowerBound - 8, of: bytes) else { continue }
            bytes[start + size - 1] ^= 0x40
            count += 1
        }
        try bytes.write(to: file)
        return count
    }

    /// Whether the page at this place lists an entry there; else these are bytes that an older use of the page has left, and
    /// what seems to be the entry's end may be another's.
    private func isEntry(at place: Int, of bytes: Data) -> Bool {
        let pageSize = 4_096
        func number(_ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }
        let page = place / pageSize * pageSize
        let lower = number(page + 12)
        guard lower >= 16, lower <= pageSize else { return false }
        return stride(from: 16, to: lower, by: 2).contains { number(page + $0) == place - page }
    }
}
