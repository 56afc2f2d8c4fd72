import Foundation
import LMDB
import Synchronization
import Testing

@Suite struct MapGrowthTests {
    private let directory: TemporaryDirectory
    private let environment: Environment
    private let database: Database
    private let large = [UInt8](repeating: 1, count: 2 << 20)

    init() throws {
        directory = try TemporaryDirectory()
        environment = try directory.makeEnvironment(mapByteCount: 1 << 20)
        database = try environment.openDatabase("entries", createIfMissing: true)
    }

    @Test func `a full map is an error, and after growing it the write succeeds`() throws {
        func write() throws {
            try environment.write { try $0.put(large.span.bytes, for: key(1).span.bytes, in: database) }
        }
        #expect(try lmdbError { try write() }?.isMapFull == true)
        try environment.grow(to: 8 << 20)
        #expect(try environment.information().mapByteCount == 8 << 20)
        try write()
        #expect(try environment.read { try $0.bytes(for: key(1).span.bytes, in: database) } == large)
    }

    @Test func `the map never shrinks, not by opening it with less either`() throws {
        try environment.grow(to: 8 << 20)
        try environment.grow(to: 1 << 20)
        #expect(try environment.information().mapByteCount == 8 << 20)
        // The file records it with the next commit.
        try environment.write { try $0.put("one", "a", database) }
        environment.close()
        let again = try directory.makeEnvironment(mapByteCount: 1 << 20)
        #expect(try again.information().mapByteCount == 8 << 20)
        again.close()
        let larger = try directory.makeEnvironment(mapByteCount: 16 << 20)
        #expect(try larger.information().mapByteCount == 16 << 20)
    }

    @Test func `the map doesn't grow under this thread's transaction`() throws {
        try environment.read { _ in
            let errors = try [
                lmdbError { try environment.grow(to: 8 << 20) },
                lmdbError { try environment.growWhenIdle(to: 8 << 20) },
            ]
            #expect(errors.map { $0?.kind } == [.busy, .busy])
        }
        try environment.growWhenIdle(to: 8 << 20)
    }

    @Test func `growing waits for a reader of another thread to end`() throws {
        try environment.write { try $0.put("one", "a", database) }
        let reading = DispatchSemaphore(value: 0)
        let growing = DispatchSemaphore(value: 0)
        let hasEnded = Atomic(false)
        let done = DispatchGroup()
        DispatchQueue.global().async(group: done) {
            do {
                try environment.read { transaction in
                    reading.signal()
                    growing.wait()
                    // Begins another one while the map is waited for; must neither wait nor crash.
                    for _ in 0..<1000 { _ = try environment.read { try $0.text("a", database) } }
                    #expect(try transaction.text("a", database) == "one")
                    hasEnded.store(true, ordering: .sequentiallyConsistent)
                }
            } catch { Issue.record(error) }
        }
        reading.wait()
        #expect(try lmdbError { try environment.grow(to: 8 << 20) }?.kind == .busy)
        growing.signal()
        try environment.growWhenIdle(to: 8 << 20)
        let hadEnded = hasEnded.load(ordering: .sequentiallyConsistent)
        #expect(hadEnded)
        done.wait()
    }

    @Test func `a write that grows the map runs again until it fits`() throws {
        var runs = 0
        try environment.writeGrowing(upTo: 64 << 20) { transaction in
            runs += 1
            for number in 0..<4 as Range<UInt64> {
                try transaction.put(large.span.bytes, for: key(number).span.bytes, in: database)
            }
        }
        #expect(runs == 5)
        #expect(try environment.read { try $0.entryCount(of: database) } == 4)
        #expect(try environment.information().mapByteCount == 16 << 20)
    }

    @Test func `a write that grows the map runs again where the closure's own error stands for the full map`() throws {
        struct Own: BodyError {
            var inner: LMDBError
            static func wrapping(_ error: LMDBError) -> Own { Own(inner: error) }
        }
        try environment.writeGrowing(upTo: 64 << 20) { transaction throws(Own) in
            do throws(LMDBError) {
                try transaction.put(large.span.bytes, for: key(1).span.bytes, in: database)
            } catch {
                throw Own(inner: error)
            }
        }
        #expect(try environment.read { try $0.entryCount(of: database) } == 1)
    }

    @Test func `a write that grows the map stops at the limit`() throws {
        let error = try lmdbError {
            try environment.writeGrowing(upTo: 2 << 20) { transaction in
                try transaction.put(large.span.bytes, for: key(1).span.bytes, in: database)
            }
        }
        #expect(error?.isMapFull == true)
        #expect(try environment.information().mapByteCount == 2 << 20)
        try environment.write { try $0.put("one", "a", database) }
    }

    @Test func `a tool takes over the size that the owner has grown the map to`() async throws {
        let (toOwner, toTool) = (directory.path + "/to-owner", directory.path + "/to-tool")
        try #require(mkfifo(toOwner, 0o600) == 0 && mkfifo(toTool, 0o600) == 0)
        let owner = Thread {
            // Each open waits for the other side's.
            close(open(toOwner, O_RDONLY))
            do {
                try environment.growWhenIdle(to: 8 << 20)
                try environment.write { try $0.put(large.span.bytes, for: key(1).span.bytes, in: database) }
            } catch { Issue.record(error) }
            close(open(toTool, O_WRONLY))
        }
        owner.start()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            let tool = try Environment(path: path, options: .init(access: .readOnly))
            let database = try tool.openDatabase("entries")
            try #require(try tool.read { try $0.entryCount(of: database) } == 0)
            close(open(path + "/to-owner", O_WRONLY))
            close(open(path + "/to-tool", O_RDONLY))
            let count = try tool.read { transaction in
                try transaction.get(key(1).span.bytes, in: database) { $0.byteCount }
            }
            try #require(count == 2 << 20)
        }
    }
}
