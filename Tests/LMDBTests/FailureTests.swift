import Foundation
import LMDB
import Testing

@Suite struct FailureTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func `after a failed write every transaction throws, until the environment is opened anew`() async {
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            let environment = try makeEnvironment(at: path)
            let database = try environment.openDatabase("entries", createIfMissing: true)
            try environment.write { try $0.put("one", "a", database) }

            // From here on the system refuses to write beyond the first 64 KiB of any file.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let unlimited = limit
            limit.rlim_cur = 64 << 10
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let large = [UInt8](repeating: 1, count: 1 << 20)
            let cause = try lmdbError {
                try environment.write { try $0.put(large.span.bytes, for: key(1).span.bytes, in: database) }
            }
            try #require(cause?.kind == .system)
            try #require(cause?.operation == "mdb_txn_commit")
            var restored = unlimited
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &restored) == 0)

            let errors = try [
                lmdbError { try environment.read { _ in } },
                lmdbError { try environment.write { try $0.put("two", "a", database) } },
                lmdbError { try environment.growWhenIdle(to: 1 << 30) },
            ]
            for error in errors {
                try #require(error?.isDead == true)
                try #require(error?.code == cause?.code)
            }

            environment.close()
            let again = try Environment(path: path)
            let reopened = try again.openDatabase("entries")
            try #require(try again.read { try $0.keys(reopened) } == ["a"])
            try again.write { try $0.put("two", "a", reopened) }
        }
    }

    @Test func `a full disk at commit is the environment's death`() async {
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            let environment = try makeEnvironment(at: path)
            let database = try environment.openDatabase("entries", createIfMissing: true)
            // Every descriptor that the data file is written by now leads to a device that is always full.
            let full = open("/dev/full", O_RDWR)
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
                guard let number = CInt(name), target == "\(path)/data.mdb",
                    fcntl(number, F_GETFL) & O_ACCMODE != O_RDONLY
                else { continue }
                try #require(dup2(full, number) == number)
            }
            let cause = try lmdbError { try environment.write { try $0.put("one", "a", database) } }
            try #require(cause?.kind == .system)
            try #require(cause?.code == ENOSPC)
            try #require(try lmdbError { try environment.read { _ in } }?.isDead == true)
        }
    }

    @Test func `an error says the place, the call, LMDB's text and LMDB's code`() throws {
        let environment = try directory.makeEnvironment()
        let database = try environment.openDatabase("entries", createIfMissing: true)
        let caught = try lmdbError { try environment.write { try $0.put("value", "", database) } }
        let error = try #require(caught)
        #expect(error.kind == .wrongSize)
        #expect(error.code == -30781)
        #expect(error.message == "MDB_BAD_VALSIZE: Unsupported size of key/DB name/data, or wrong DUPFIXED size")
        #expect(error.operation == "mdb_put")
        #expect(error.path == directory.path)
        #expect(error.database == "entries")
        #expect(
            error.description
                == "\(directory.path) (database entries): mdb_put: MDB_BAD_VALSIZE: "
                + "Unsupported size of key/DB name/data, or wrong DUPFIXED size [-30781]")
    }

    @Test func `the system's refusal at open carries its errno`() throws {
        let options = Environment.Options(access: .createIfMissing)
        let error = try lmdbError { _ = try Environment(path: "/proc/none/here", options: options) }
        #expect(error?.kind == .system)
        #expect(error?.code == ENOENT)
        #expect(error?.operation == "mkdir")
    }
}
