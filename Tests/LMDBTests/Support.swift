import Foundation
import LMDB
import Testing

/// A directory of one test's own, removed with this value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("lmdb-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A new environment in it.
    func makeEnvironment(mapByteCount: Int = 64 << 20) throws -> Environment {
        try LMDBTests.makeEnvironment(at: path, mapByteCount: mapByteCount)
    }
}

/// An environment in a directory, made if missing.
func makeEnvironment(at path: String, mapByteCount: Int = 64 << 20) throws -> Environment {
    try Environment(path: path, options: .init(access: .createIfMissing, mapByteCount: mapByteCount))
}

/// A number as a key that sorts as the number does.
func key(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

/// A text's bytes.
func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A copy of borrowed bytes.
func copy(_ span: RawSpan) -> [UInt8] { span.withUnsafeBytes { Array($0) } }

extension WriteTransaction {
    /// Puts a text under a text.
    mutating func put(
        _ value: String, _ key: String, _ database: Database, _ options: PutOptions = []
    ) throws(LMDBError) {
        try put(utf8(value).span.bytes, for: utf8(key).span.bytes, in: database, options)
    }
}

extension Transaction where Self: ~Copyable {
    /// The text under a text.
    func text(_ key: String, _ database: Database) throws(LMDBError) -> String? {
        try self.bytes(for: utf8(key).span.bytes, in: database).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The keys of a range, as texts.
    func keys(
        _ database: Database, _ range: KeyRange = .all, _ order: KeyOrder = .ascending
    ) throws(LMDBError) -> [String] {
        var keys: [String] = []
        try forEach(in: database, range, order) { key, _ in
            keys.append(String(decoding: copy(key), as: UTF8.self))
            return .continue
        }
        return keys
    }
}

/// The error of LMDB's that `body` throws; `nil` if it throws none.
func lmdbError(_ body: () throws -> Void) throws -> LMDBError? {
    do { try body() } catch let error as LMDBError { return error }
    return nil
}

extension ExitStatus {
    /// Whether the process was ended by a trap, not by an error that came out of it.
    var isTrap: Bool {
        if case .signal = self { true } else { false }
    }
}
