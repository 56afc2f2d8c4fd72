import Foundation
import LMDB
import Testing

@Suite struct OpeningTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func `what was committed is there after closing and opening`() throws {
        let environment = try directory.makeEnvironment()
        let database = try environment.openDatabase("entries", createIfMissing: true)
        try environment.write { try $0.put("one", "a", database) }
        environment.close()

        let again = try Environment(path: directory.path)
        let reopened = try again.openDatabase("entries")
        #expect(try again.read { try $0.text("a", reopened) } == "one")
    }

    @Test func `a directory without a store is not made one unasked`() throws {
        for access in [Environment.OpenAccess.existing, .readOnly] {
            let error = try lmdbError { _ = try Environment(path: directory.path, options: .init(access: access)) }
            #expect(error?.kind == .storeMissing)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test func `a missing directory is a missing store, or is made`() throws {
        let path = directory.path + "/inner"
        let error = try lmdbError { _ = try Environment(path: path) }
        #expect(error?.kind == .storeMissing)
        _ = try Environment(path: path, options: .init(access: .createIfMissing))
        let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(permissions == 0o700)
    }

    @Test func `a file that isn't LMDB's is refused`() throws {
        try Data(repeating: 65, count: 100_000).write(to: URL(fileURLWithPath: directory.path + "/data.mdb"))
        let error = try lmdbError { _ = try Environment(path: directory.path) }
        #expect(error?.kind == .wrongFormat)
        // The refusal gave everything up: it is refused for the same reason again.
        #expect(try lmdbError { _ = try Environment(path: directory.path) } == error)
    }

    @Test func `a second open in the process is refused, whatever the path, until the first is closed`() throws {
        let environment = try directory.makeEnvironment()
        let link = directory.path + "-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path)
        defer { try? FileManager.default.removeItem(atPath: link) }
        for path in [directory.path, directory.path + "/.", link] {
            for access in [Environment.OpenAccess.existing, .createIfMissing, .readOnly] {
                let error = try lmdbError { _ = try Environment(path: path, options: .init(access: access)) }
                #expect(error?.kind == .openInThisProcess)
                #expect(error?.path == path)
            }
        }
        environment.close()
        _ = try Environment(path: link)
    }

    @Test func `dropping an environment closes it`() throws {
        func open() throws { _ = try directory.makeEnvironment() }
        try open()
        try open()
    }

    @Test func `a closed environment refuses and can be closed again`() throws {
        let environment = try directory.makeEnvironment()
        let database = try environment.openDatabase("entries", createIfMissing: true)
        environment.close()
        environment.close()
        let errors = try [
            lmdbError { try environment.read { _ in } },
            lmdbError { try environment.write { try $0.put("", "a", database) } },
            lmdbError { _ = try environment.information() },
            lmdbError { try environment.grow(to: 1 << 30) },
        ]
        #expect(errors.map { $0?.kind } == [.closed, .closed, .closed, .closed])
    }

    @Test func `another process is refused while the owner lives, and told its number`() async throws {
        let environment = try directory.makeEnvironment()
        let owner = getpid()
        await #expect(processExitsWith: .success) { [path = directory.path as String, owner = owner as pid_t] in
            for access in [Environment.OpenAccess.existing, .createIfMissing] {
                let error = try lmdbError { _ = try Environment(path: path, options: .init(access: access)) }
                try #require(error?.kind == .ownedByAnotherProcess(processID: owner))
                try #require(error?.description.contains(path) == true)
            }
        }
        environment.close()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            _ = try Environment(path: path)
        }
    }

    @Test func `an owner that was killed leaves its commits and no lock`() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
            let environment = try Environment(path: path, options: .init(access: .createIfMissing))
            let database = try environment.openDatabase("entries", createIfMissing: true)
            try environment.write { try $0.put("one", "a", database) }
            try environment.write { transaction in
                try transaction.put("two", "a", database)
                kill(getpid(), SIGKILL)
            }
        }
        let environment = try Environment(path: directory.path)
        let database = try environment.openDatabase("entries")
        #expect(try environment.read { try $0.text("a", database) } == "one")
        try environment.write { try $0.put("three", "a", database) }
    }

    @Test func `a tool reads beside the owner and can't write`() async throws {
        let environment = try directory.makeEnvironment()
        let database = try environment.openDatabase("entries", createIfMissing: true)
        try environment.write { try $0.put("one", "a", database) }
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            let environment = try Environment(path: path, options: .init(access: .readOnly))
            let database = try environment.openDatabase("entries")
            try #require(try environment.read { try $0.text("a", database) } == "one")
            let error = try lmdbError { try environment.write { try $0.put("two", "a", database) } }
            try #require(error?.kind == .readOnly)
        }
        try environment.write { try $0.put("two", "a", database) }
    }

    @Test func `a reader that died holds its slot until stale readers are cleared`() async throws {
        let environment = try directory.makeEnvironment()
        _ = try environment.openDatabase("entries", createIfMissing: true)
        await #expect(processExitsWith: .exitCode(0)) { [path = directory.path as String] in
            let environment = try Environment(path: path, options: .init(access: .readOnly))
            try environment.read { _ in _exit(0) }
        }
        #expect(try environment.clearStaleReaders() == 1)
        #expect(try environment.clearStaleReaders() == 0)
    }

    @Test func `more readers than slots are refused`() throws {
        let options = Environment.Options(access: .createIfMissing, readerLimit: 1)
        let environment = try Environment(path: directory.path, options: options)
        try environment.read { _ in
            let error = try lmdbError { try environment.read { _ in } }
            #expect(error?.kind == .readersFull)
        }
        try environment.read { _ in }
    }

    @Test func `more databases than the limit are refused`() throws {
        let options = Environment.Options(access: .createIfMissing, databaseLimit: 1)
        let environment = try Environment(path: directory.path, options: options)
        _ = try environment.openDatabase("a", createIfMissing: true)
        let error = try lmdbError { _ = try environment.openDatabase("b", createIfMissing: true) }
        #expect(error?.kind == .databasesFull)
    }
}
