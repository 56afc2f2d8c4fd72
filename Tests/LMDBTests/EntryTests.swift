import LMDB
import Testing

@Suite struct EntryTests {
    private let directory: TemporaryDirectory
    private let environment: Environment
    private let database: Database

    init() throws {
        directory = try TemporaryDirectory()
        environment = try directory.makeEnvironment()
        database = try environment.openDatabase("entries", createIfMissing: true)
    }

    @Test func `a value that was put is read back, replaced and deleted`() throws {
        try environment.write { try $0.put("one", "a", database) }
        #expect(try environment.read { try $0.text("a", database) } == "one")

        try environment.write { try $0.put("two", "a", database) }
        #expect(try environment.read { try $0.text("a", database) } == "two")

        let deleted = try environment.write { try $0.delete(utf8("a").span.bytes, in: database) }
        #expect(deleted)
        #expect(try environment.read { try $0.text("a", database) } == nil)
    }

    @Test func `deleting a key that isn't there says so`() throws {
        let deleted = try environment.write { try $0.delete(utf8("a").span.bytes, in: database) }
        #expect(!deleted)
    }

    @Test func `a key that isn't there lends nothing`() throws {
        let found = try environment.read { transaction in
            try transaction.get(utf8("a").span.bytes, in: database) { _ in Issue.record("ran") }
        }
        #expect(found == nil)
        #expect(try environment.read { try $0.contains(utf8("a").span.bytes, in: database) } == false)
    }

    @Test func `an empty value is a value`() throws {
        try environment.write { try $0.put("", "a", database) }
        #expect(try environment.read { try $0.text("a", database) } == "")
        #expect(try environment.read { try $0.contains(utf8("a").span.bytes, in: database) })
    }

    @Test func `values of 10 MB come back whole`() throws {
        var value = [UInt8](repeating: 0, count: 10_000_000)
        for index in value.indices { value[index] = UInt8(truncatingIfNeeded: index &* 31 ^ index >> 8) }
        try environment.write { try $0.put(value.span.bytes, for: key(1).span.bytes, in: database) }
        let isEqual = try environment.read { transaction in
            try transaction.get(key(1).span.bytes, in: database) { lent in
                lent.withUnsafeBytes { lent in value.withUnsafeBytes { lent.elementsEqual($0) } }
            }
        }
        #expect(isEqual == true)
    }

    @Test func `reading lends the map's bytes, not a copy`() throws {
        try environment.write { try $0.put("value", "a", database) }
        try environment.read { transaction in
            let addresses = try (0..<2).map { _ in
                try transaction.get(utf8("a").span.bytes, in: database) { lent in
                    lent.withUnsafeBytes { Int(bitPattern: $0.baseAddress) }
                }
            }
            #expect(addresses[0] == addresses[1])
        }
    }

    @Test func `noOverwrite keeps the value that is there and throws`() throws {
        let error = try lmdbError {
            try environment.write { transaction in
                try transaction.put("one", "a", database)
                try transaction.put("two", "a", database, .noOverwrite)
            }
        }
        #expect(error?.kind == .keyExists)

        try environment.write { transaction in
            try transaction.put("one", "a", database)
            let error = try lmdbError { try transaction.put("two", "a", database, .noOverwrite) }
            #expect(error?.isKeyExists == true)
        }
        #expect(try environment.read { try $0.text("a", database) } == "one")
    }

    @Test func `append takes rising keys and throws on others`() throws {
        try environment.write { transaction in
            try transaction.put("1", "a", database, .append)
            try transaction.put("2", "b", database, .append)
            let error = try lmdbError { try transaction.put("3", "aa", database, .append) }
            #expect(error?.isKeyExists == true)
        }
        #expect(try environment.read { try $0.keys(database) } == ["a", "b"])
    }

    @Test(arguments: [0, 512]) func `keys of no and of too many bytes are refused`(count: Int) throws {
        let key = [UInt8](repeating: 1, count: count)
        let error = try lmdbError {
            try environment.write { try $0.put(utf8("v").span.bytes, for: key.span.bytes, in: database) }
        }
        #expect(error?.kind == .wrongSize)
    }

    @Test func `a key may have 511 bytes`() throws {
        let key = [UInt8](repeating: 1, count: Environment.maximumKeyByteCount)
        try environment.write { try $0.put(utf8("v").span.bytes, for: key.span.bytes, in: database) }
        #expect(try environment.read { try $0.bytes(for: key.span.bytes, in: database) } == utf8("v"))
    }

    @Test func `a reserved value is written in pieces, in place`() throws {
        let payload = [UInt8](repeating: 7, count: 100_000)
        try environment.write { transaction in
            try transaction.put(byteCount: 4 + payload.count, for: key(1).span.bytes, in: database) { output in
                output.append(bytes: utf8("head").span.bytes)
                output.append(bytes: payload.span.bytes)
            }
        }
        #expect(try environment.read { try $0.bytes(for: key(1).span.bytes, in: database) } == utf8("head") + payload)
    }

    @Test func `a transaction whose reserved value wasn't written can't be committed`() throws {
        struct Halted: Error {}
        let error = try lmdbError {
            try environment.write { transaction in
                do {
                    try transaction.put(byteCount: 100, for: key(1).span.bytes, in: database) { output in
                        output.append(1)
                        throw Halted()
                    }
                } catch is Halted {}
            }
        }
        #expect(error?.kind == .transactionFailed)
        #expect(try environment.read { try $0.entryCount(of: database) } == 0)
    }

    @Test func `a reserved value that was filled in part ends the process`() async {
        environment.close()
        let result = await #expect(processExitsWith: .failure) { [path = directory.path as String] in
            let environment = try makeEnvironment(at: path)
            let database = try environment.openDatabase("entries", createIfMissing: true)
            try environment.write { transaction in
                try transaction.put(byteCount: 8, for: key(1).span.bytes, in: database) { $0.append(1) }
            }
        }
        #expect(result?.exitStatus.isTrap == true)
    }

    @Test func `deleteAll empties one database only`() throws {
        let other = try environment.openDatabase("other", createIfMissing: true)
        try environment.write { transaction in
            try transaction.put("1", "a", database)
            try transaction.put("2", "a", other)
            try transaction.deleteAll(in: database)
        }
        #expect(try environment.read { try $0.entryCount(of: database) } == 0)
        #expect(try environment.read { try $0.text("a", other) } == "2")
    }
}
