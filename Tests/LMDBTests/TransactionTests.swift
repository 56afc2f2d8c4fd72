import Foundation
import LMDB
import Testing

@Suite struct TransactionTests {
    private let directory: TemporaryDirectory
    private let environment: Environment
    private let database: Database

    init() throws {
        directory = try TemporaryDirectory()
        environment = try directory.makeEnvironment()
        database = try environment.openDatabase("entries", createIfMissing: true)
    }

    private enum OwnError: BodyError, Equatable {
        case lmdb(LMDBError)
        case halted

        static func wrapping(_ error: LMDBError) -> OwnError { .lmdb(error) }
    }

    @Test func `a write that throws leaves nothing behind`() throws {
        #expect(throws: OwnError.halted) {
            try environment.write { transaction in
                try transaction.put("one", "a", database)
                throw OwnError.halted
            }
        }
        #expect(try environment.read { try $0.text("a", database) } == nil)
    }

    @Test func `a reader sees the store as it was when it began`() throws {
        try environment.write { try $0.put("old", "a", database) }
        try environment.read { transaction in
            try environment.write { try $0.put("new", "a", database) }
            #expect(try transaction.text("a", database) == "old")
        }
        #expect(try environment.read { try $0.text("a", database) } == "new")
    }

    @Test func `a writer sees its own changes before it commits, a reader doesn't`() throws {
        try environment.write { transaction in
            try transaction.put("new", "a", database)
            #expect(try transaction.text("a", database) == "new")
            #expect(try environment.read { try $0.text("a", database) } == nil)
        }
    }

    @Test func `a transaction that was begun by hand is there after its commit`() throws {
        var transaction = try environment.beginWrite()
        try transaction.put("one", "a", database)
        try transaction.commit()
        #expect(try environment.read { try $0.text("a", database) } == "one")
    }

    @Test func `a transaction that was begun by hand and dropped leaves nothing`() throws {
        func drop() throws {
            var transaction = try environment.beginWrite()
            try transaction.put("one", "a", database)
        }
        try drop()
        #expect(try environment.read { try $0.text("a", database) } == nil)
        // Nor does it hold up the next one.
        try environment.write { try $0.put("two", "a", database) }
    }

    @Test func `a transaction that was begun by hand and aborted leaves nothing`() throws {
        var transaction = try environment.beginWrite()
        try transaction.put("one", "a", database)
        transaction.abort()
        #expect(try environment.read { try $0.text("a", database) } == nil)
    }

    @Test func `closures with an error type of their own get LMDB's errors in it`() throws {
        func put() throws(OwnError) {
            try environment.write { transaction throws(OwnError) in
                do throws(LMDBError) { try transaction.put("", "", database) } catch {
                    throw .wrapping(error)
                }
            }
        }
        func look() throws(OwnError) -> Int? {
            try environment.read { transaction throws(OwnError) in
                try transaction.get(utf8("a").span.bytes, in: database) { value throws(OwnError) in
                    guard value.byteCount > 3 else { throw .halted }
                    return value.byteCount
                }
            }
        }
        let error = #expect(throws: OwnError.self) { try put() }
        guard case .lmdb(let inner) = error else { throw try #require(error) }
        #expect(inner.kind == .wrongSize)
        #expect(try look() == nil)
        try environment.write { try $0.put("one", "a", database) }
        #expect(throws: OwnError.halted) { try look() }
        environment.close()
        #expect { try look() } throws: { error in
            if case .lmdb(let inner) = error as? OwnError { inner.kind == .closed } else { false }
        }
    }

    @Test func `closures that don't throw make operations throw LMDBError only`() throws {
        func count() throws(LMDBError) -> Int? {
            try environment.read { transaction throws(LMDBError) in
                try transaction.get(utf8("a").span.bytes, in: database) { value in value.byteCount }
            }
        }
        try environment.write { try $0.put("one", "a", database) }
        #expect(try count() == 3)
    }

    @Test func `writers of several threads wait for each other`() throws {
        try environment.write { try $0.put(key(0).span.bytes, for: key(0).span.bytes, in: database) }
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<25 {
                do {
                    try environment.write { transaction in
                        let count = try transaction.get(key(0).span.bytes, in: database) { value in
                            value.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
                        }
                        let next = key(try #require(count) + 1)
                        try transaction.put(next.span.bytes, for: key(0).span.bytes, in: database)
                    }
                } catch { Issue.record(error) }
            }
        }
        #expect(try environment.read { try $0.bytes(for: key(0).span.bytes, in: database) } == key(100))
    }

    @Test func `a second write transaction on one thread ends the process instead of waiting for ever`() async {
        environment.close()
        let result = await #expect(processExitsWith: .failure) { [path = directory.path as String] in
            let environment = try makeEnvironment(at: path)
            try environment.write { _ in try environment.write { _ in } }
        }
        #expect(result?.exitStatus.isTrap == true)
    }

    @Test func `a database of another environment ends the process instead of naming some other database`() async {
        let result = await #expect(processExitsWith: .failure) { [path = directory.path as String] in
            let environment = try makeEnvironment(at: path + "/here")
            let other = try makeEnvironment(at: path + "/there")
            _ = try environment.openDatabase("entries", createIfMissing: true)
            let database = try other.openDatabase("entries", createIfMissing: true)
            _ = try environment.read { try $0.entryCount(of: database) }
        }
        #expect(result?.exitStatus.isTrap == true)
    }

    @Test func `databases are made together and found again by name`() throws {
        let made = try environment.openDatabases(["x", "y"], createIfMissing: true)
        #expect(try environment.openDatabases(["y", "x"]) == made.reversed())
        #expect(try environment.databaseNames() == ["entries", "x", "y"])
    }

    @Test func `a database that isn't there is an error that names it`() throws {
        let error = try lmdbError { _ = try environment.openDatabase("none") }
        #expect(error?.isNotFound == true)
        #expect(error?.database == "none")
    }

    @Test func `statistics count entries and pages`() throws {
        try environment.write { transaction in
            for number in 0..<100 as Range<UInt64> {
                try transaction.put(utf8("value").span.bytes, for: key(number).span.bytes, in: database, .append)
            }
            let large = [UInt8](repeating: 0, count: 10_000)
            try transaction.put(large.span.bytes, for: key(100).span.bytes, in: database, .append)
        }
        let statistics = try environment.read { try $0.statistics(of: database) }
        #expect(statistics.entryCount == 101)
        #expect(statistics.overflowPageCount == 3)
        #expect(statistics.byteCount >= 10_000)
    }
}
