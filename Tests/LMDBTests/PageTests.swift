import Foundation
import LMDB
import Testing

/// Pages are looked at before LMDB follows them.
@Suite struct PageTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var file: URL { URL(fileURLWithPath: "\(directory.path)/data.mdb") }

    /// Puts, replaces and deletes entries of all sizes, so that there are branches, leaves, large values and free pages.
    private func work(_ environment: Environment, _ generator: inout Generator, transactions: Int) throws {
        let databases = try environment.openDatabases(["first", "second", "third"], createIfMissing: true)
        for _ in 0..<transactions {
            try environment.write { transaction in
                for _ in 0..<40 {
                    let database = databases[Int.random(in: 0..<3, using: &generator)]
                    let key = LMDBTests.key(UInt64.random(in: 0..<400, using: &generator))
                    switch Int.random(in: 0..<20, using: &generator) {
                    case 0..<4: try transaction.delete(key.span.bytes, in: database)
                    case 4:
                        try transaction.deleteRange(.from(key), in: database, limit: 20)
                    default:
                        let size =
                            [8, 90, 90, 600, Int.random(in: 0..<8, using: &generator) == 0 ? 9_000 : 300].randomElement(
                                using: &generator) ?? 8
                        let value = [UInt8](repeating: key[7], count: size)
                        try transaction.put(value.span.bytes, for: key.span.bytes, in: database)
                    }
                }
            }
        }
    }

    /// The first seed and the number of seeds; more by hand: `HOTSTUFF_DAMAGE_SEEDS=1000,5000`.
    private var campaign: (first: UInt64, count: Int) {
        let numbers = (ProcessInfo.processInfo.environment["HOTSTUFF_DAMAGE_SEEDS"] ?? "").split(separator: ",")
        guard numbers.count == 2, let first = UInt64(numbers[0]), let count = Int(numbers[1]) else { return (0, 120) }
        return (first, count)
    }

    /// A closed store with something of everything in it; its file's bytes.
    private func makeStore(seed: UInt64) throws -> Data {
        var generator = Generator(seed: seed)
        let environment = try directory.makeEnvironment()
        try work(environment, &generator, transactions: 12)
        environment.close()
        return try Data(contentsOf: file)
    }

    /// Opens the store, reads all of it, changes it, reads it again; the error that one of that ends with.
    private func use(seed: UInt64) throws -> LMDBError? {
        try lmdbError {
            var generator = Generator(seed: seed)
            let environment = try Environment(path: directory.path)
            defer { environment.close() }
            for _ in 0..<2 {
                for name in try environment.databaseNames() {
                    let database = try environment.openDatabase(name)
                    try environment.read { transaction in
                        for order in [KeyOrder.ascending, .descending] where order == .ascending || seed % 3 == 0 {
                            try transaction.forEach(in: database, .all, order) { key, value in
                                _ = value.withUnsafeBytes { $0.reduce(0, &+) }
                                return .continue
                            }
                        }
                    }
                }
                try work(environment, &generator, transactions: 2)
            }
        }
    }

    @Test(arguments: [UInt64(1), 2, 3]) func `a whole file has no flaw after any transaction`(seed: UInt64) throws {
        var generator = Generator(seed: seed)
        let environment = try directory.makeEnvironment()
        for _ in 0..<40 {
            try work(environment, &generator, transactions: 1)
            let summary = try environment.checkStructure()
            #expect(summary.lostPageCount == 0)
        }
        #expect(try environment.checkStructure().usedPageCount > 10)
        environment.close()
        #expect(try use(seed: seed) == nil)
    }

    @Test func `a byte changed anywhere ends in an error at worst`() throws {
        let whole = try makeStore(seed: 7)
        try #require(try use(seed: 1) == nil)
        let (first, count) = campaign
        var refused = 0
        for seed in 0..<count {
            var generator = Generator(seed: UInt64(seed) + first)
            var damaged = whole
            let offset = Int.random(in: 0..<whole.count, using: &generator)
            // Half of them where pages say what they are.
            let place = seed % 2 == 0 ? offset : offset / 4096 * 4096 + offset % 40
            damaged[place] ^= UInt8.random(in: 1...255, using: &generator)
            try damaged.write(to: file)
            guard let error = try use(seed: UInt64(seed)) else { continue }
            refused += 1
            #expect(
                [.corrupted, .wrongFormat, .notFound, .system, .other, .dead].contains(error.kind),
                "byte \(place): \(error)")
        }
        #expect(refused > count / 20, "hardly any damage was noticed")
    }

    @Test func `a file cut off at any page is refused at open or read as far as it is whole`() throws {
        let whole = try makeStore(seed: 9)
        for pages in 0..<(whole.count / 4096) {
            try whole.prefix(pages * 4096).write(to: file)
            let error = try use(seed: 1)
            #expect(error?.kind == .corrupted || error == nil, "\(pages) pages: \(String(describing: error))")
            if pages < 12 { #expect(error?.message.contains("page") == true, "\(pages) pages") }
        }
    }

    @Test func `a file cut off while it is open is noticed before the map is read`() throws {
        let whole = try makeStore(seed: 9)
        let environment = try Environment(path: directory.path)
        let database = try environment.openDatabase("first")
        #expect(try environment.read { try $0.entryCount(of: database) } > 0)
        #expect(truncate(file.path, off_t(whole.count / 2)) == 0)
        #expect(try lmdbError { try environment.read { _ in } }?.kind == .fileChanged)
        let error = try lmdbError { try environment.write { try $0.put("one", "a", database) } }
        #expect(error?.kind == .fileChanged)
        #expect(error?.message.contains("was cut off to \(whole.count / 2) bytes") == true)
        #expect(try lmdbError { try environment.write { try $0.put("one", "a", database) } }?.isDead == true)
    }

    @Test func `a file removed or replaced while it is open ends the environment`() throws {
        _ = try makeStore(seed: 9)
        for replaces in [false, true] {
            let environment = try Environment(path: directory.path)
            let database = try environment.openDatabase("first")
            let copy = try Data(contentsOf: file)
            try FileManager.default.removeItem(at: file)
            if replaces { try copy.write(to: file) }
            let error = try lmdbError { try environment.write { try $0.put("one", "a", database) } }
            #expect(error?.kind == .fileChanged)
            #expect(error?.message.contains(replaces ? "replaced" : "removed") == true)
            #expect(try lmdbError { try environment.read { _ in } }?.isDead == true)
            environment.close()
            if !replaces { try copy.write(to: file) }
        }
    }

    @Test func `of two meta pages, one that is not the other's follower is refused`() throws {
        let whole = try makeStore(seed: 3)
        var damaged = whole
        // The number of the transaction, in the newer of the two: another bit of it makes it the older, or no neighbour.
        let numbers = [144, 4096 + 144].map { whole[$0] }
        damaged[numbers[0] > numbers[1] ? 144 : 4096 + 144] ^= 64
        try damaged.write(to: file)
        let error = try lmdbError { _ = try Environment(path: directory.path) }
        #expect(error?.kind == .corrupted)
        #expect(error?.message.contains("meta pages") == true)
    }

    @Test func `the state before the last commit is read, with its transaction's number`() throws {
        let environment = try directory.makeEnvironment()
        let database = try environment.openDatabase("entries", createIfMissing: true)
        try environment.write { try $0.put("one", "a", database) }
        let number = try environment.write { transaction in
            try transaction.put("two", "a", database)
            return transaction.number
        }
        let previous = try environment.previousBytes(for: utf8("a"), inDatabaseNamed: "entries")
        #expect(previous?.bytes == utf8("one"))
        #expect(previous?.transaction == number - 1)
        #expect(try environment.read { $0.number } == number)
        #expect(try environment.previousBytes(for: utf8("b"), inDatabaseNamed: "entries") == nil)
    }

    @Test func `a reader that is too old is refused, and a new one is not`() throws {
        let environment = try Environment(
            path: directory.path,
            options: .init(access: .createIfMissing, mapByteCount: 1 << 20, readerAgeLimit: .zero))
        let database = try environment.openDatabase("entries", createIfMissing: true)
        #expect(
            try lmdbError { try environment.read { _ = try $0.text("a", database) } }?.kind == .readerTooOld)
        environment.close()
        let lasting = try Environment(path: directory.path)
        let entries = try lasting.openDatabase("entries")
        #expect(try lasting.read { try $0.text("a", entries) } == nil)
    }

    @Test func `how far the oldest reader lags is known`() throws {
        let environment = try directory.makeEnvironment()
        let database = try environment.openDatabase("entries", createIfMissing: true)
        #expect(try environment.readerLag() == 0)
        try environment.read { _ throws in
            for _ in 0..<3 { try environment.write { try $0.put("one", "a", database) } }
            #expect(try environment.readerLag() == 3)
        }
        #expect(try environment.readerLag() == 0)
    }
}

/// A pseudo-random sequence that is the same in every process.
struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
