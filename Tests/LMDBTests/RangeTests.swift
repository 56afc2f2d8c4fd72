import LMDB
import Testing

@Suite struct RangeTests {
    private let directory: TemporaryDirectory
    private let environment: Environment
    private let database: Database

    init() throws {
        directory = try TemporaryDirectory()
        environment = try directory.makeEnvironment()
        let database = try environment.openDatabase("letters", createIfMissing: true)
        try environment.write { transaction in
            for letter in ["a", "b", "ba", "bb", "c", "d"] { try transaction.put("", letter, database) }
        }
        self.database = database
    }

    private static let ranges: [(KeyRange, [String])] = [
        (.all, ["a", "b", "ba", "bb", "c", "d"]),
        (.from(utf8("b")), ["b", "ba", "bb", "c", "d"]),
        (.from(utf8("bab")), ["bb", "c", "d"]),
        (.from(utf8("b"), upTo: utf8("c")), ["b", "ba", "bb"]),
        (.from(utf8("b"), through: utf8("c")), ["b", "ba", "bb", "c"]),
        (.from(utf8("c"), upTo: utf8("b")), []),
        (.from(utf8("b"), upTo: utf8("b")), []),
        (.from(utf8("b"), through: utf8("b")), ["b"]),
        (.after(utf8("b")), ["ba", "bb", "c", "d"]),
        (.after(utf8("bab")), ["bb", "c", "d"]),
        (.upTo(utf8("b")), ["a"]),
        (.upTo(utf8("z")), ["a", "b", "ba", "bb", "c", "d"]),
        (.upTo([]), []),
        (.from(utf8("e")), []),
        (.from([]), ["a", "b", "ba", "bb", "c", "d"]),
        (.prefix(utf8("b")), ["b", "ba", "bb"]),
        (.prefix([0xFF]), []),
        (.prefix([]), ["a", "b", "ba", "bb", "c", "d"]),
    ]

    @Test(arguments: ranges) func `a range holds its keys in rising order`(range: KeyRange, keys: [String]) throws {
        #expect(try environment.read { try $0.keys(database, range) } == keys)
    }

    @Test(arguments: ranges) func `a range holds its keys in falling order`(range: KeyRange, keys: [String]) throws {
        #expect(try environment.read { try $0.keys(database, range, .descending) } == keys.reversed())
    }

    @Test(arguments: ranges) func `deleting a range leaves the others`(range: KeyRange, keys: [String]) throws {
        let count = try environment.write { try $0.deleteRange(range, in: database) }
        #expect(count == keys.count)
        let left = ["a", "b", "ba", "bb", "c", "d"].filter { !keys.contains($0) }
        #expect(try environment.read { try $0.keys(database) } == left)
    }

    @Test func `a prefix whose last byte can't be raised ends where its next byte can`() {
        #expect(KeyRange.prefix([1, 0xFF]) == .from([1, 0xFF], upTo: [2]))
    }

    @Test func `a walk stops when told to`() throws {
        var seen: [String] = []
        try environment.read { transaction in
            try transaction.forEach(in: database) { key, _ in
                seen.append(String(decoding: copy(key), as: UTF8.self))
                return seen.count == 2 ? .stop : .continue
            }
        }
        #expect(seen == ["a", "b"])
    }

    @Test func `what a walk's closure throws ends it and comes out`() throws {
        struct Halted: Error {}
        #expect(throws: Halted.self) {
            try environment.read { transaction in
                try transaction.forEach(in: database) { _, _ in throw Halted() }
            }
        }
    }

    @Test func `deleting with a limit takes the first of the range`() throws {
        let count = try environment.write { try $0.deleteRange(.from(utf8("b")), in: database, limit: 2) }
        #expect(count == 2)
        #expect(try environment.read { try $0.keys(database) } == ["a", "bb", "c", "d"])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `deleting ranges of many entries agrees with a sorted set`(seed: UInt64) throws {
        let numbers = try environment.openDatabase("numbers", createIfMissing: true)
        var random = SplitMix64(state: seed)
        var model: Set<UInt64> = []
        for _ in 0..<20 {
            try environment.write { transaction in
                for _ in 0..<300 {
                    let number = random.next() % 5_000
                    // Some values in the leaf, some on pages of their own.
                    let value = [UInt8](repeating: 1, count: Int(random.next() % 6_000))
                    try transaction.put(value.span.bytes, for: key(number).span.bytes, in: numbers)
                    model.insert(number)
                }
                let lower = random.next() % 5_000
                let upper = lower + random.next() % 1_000
                let count = try transaction.deleteRange(.from(key(lower), upTo: key(upper)), in: numbers)
                let gone = model.filter { $0 >= lower && $0 < upper }
                #expect(count == gone.count)
                model.subtract(gone)
            }
            var left: [[UInt8]] = []
            try environment.read { transaction in
                try transaction.forEach(in: numbers) { key, _ in
                    left.append(copy(key))
                    return .continue
                }
            }
            #expect(left == model.sorted().map { key($0) }, "seed \(seed)")
        }
    }
}

/// A seeded generator, for tests that can be run again.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
