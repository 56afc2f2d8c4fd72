import LMDB
import Testing

@Suite struct CursorTests {
    private let directory: TemporaryDirectory
    private let environment: Environment
    private let database: Database

    init() throws {
        directory = try TemporaryDirectory()
        environment = try directory.makeEnvironment()
        let database = try environment.openDatabase("letters", createIfMissing: true)
        try environment.write { transaction in
            for letter in ["b", "d", "f"] { try transaction.put(letter.uppercased(), letter, database) }
        }
        self.database = database
    }

    private enum Move {
        case first
        case last
        case next
        case previous
        case exactly(String)
        case atOrAfter(String)
        case atOrBefore(String)
        case before(String)

        func apply(to cursor: borrowing Cursor) throws(LMDBError) -> Bool {
            switch self {
            case .first: try cursor.first()
            case .last: try cursor.last()
            case .next: try cursor.next()
            case .previous: try cursor.previous()
            case .exactly(let key): try cursor.seek(exactly: utf8(key).span.bytes)
            case .atOrAfter(let key): try cursor.seek(atOrAfter: utf8(key).span.bytes)
            case .atOrBefore(let key): try cursor.seek(atOrBefore: utf8(key).span.bytes)
            case .before(let key): try cursor.seek(before: utf8(key).span.bytes)
            }
        }
    }

    /// What the moves find: the keys, with `-` for a move that found nothing.
    private func path(_ moves: Move...) throws -> String {
        try environment.read { transaction in
            try transaction.withCursor(in: database) { cursor in
                var path = ""
                for move in moves {
                    let isThere = try move.apply(to: cursor)
                    let key = cursor.withEntry { key, _ in String(decoding: copy(key), as: UTF8.self) }
                    #expect(isThere == (key != nil))
                    path += key ?? "-"
                }
                return path
            }
        }
    }

    @Test func `a cursor goes forwards to the end and begins again`() throws {
        #expect(try path(.next, .next, .next, .next, .next) == "bdf-b")
    }

    @Test func `a cursor goes backwards to the beginning and starts at the end again`() throws {
        #expect(try path(.previous, .previous, .previous, .previous, .previous) == "fdb-f")
    }

    @Test func `a cursor turns round`() throws {
        #expect(try path(.last, .previous, .next, .first, .next, .previous) == "fdfbdb")
    }

    @Test(arguments: [
        ("a", "-b--"), ("b", "bbb-"), ("c", "-dbb"), ("d", "dddb"), ("f", "fffd"), ("g", "--ff"),
    ])
    func `seeks find the key, its successor, and its predecessors`(letter: String, expected: String) throws {
        #expect(try path(.exactly(letter), .atOrAfter(letter), .atOrBefore(letter), .before(letter)) == expected)
    }

    @Test func `a cursor in an empty database is at no entry`() throws {
        let empty = try environment.openDatabase("empty", createIfMissing: true)
        try environment.read { transaction in
            try transaction.withCursor(in: empty) { cursor in
                let found = try [cursor.first(), cursor.last(), cursor.seek(atOrBefore: utf8("a").span.bytes)]
                let (isAtEntry, lent) = (cursor.isAtEntry, cursor.withEntry { _, _ in 0 })
                #expect(found == [false, false, false])
                #expect(!isAtEntry)
                #expect(lent == nil)
            }
        }
    }

    @Test func `a write transaction's cursor sees what it changed`() throws {
        try environment.write { transaction in
            try transaction.put("E", "e", database)
            let value = try transaction.withCursor(in: database) { cursor in
                _ = try cursor.seek(exactly: utf8("e").span.bytes)
                return cursor.withEntry { _, value in String(decoding: copy(value), as: UTF8.self) }
            }
            #expect(value == "E")
        }
    }
}
