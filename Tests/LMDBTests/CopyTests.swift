import Foundation
import LMDB
import Testing

@Suite struct CopyTests {
    @Test(arguments: [false, true]) func `a copy is a store of its own`(compacting: Bool) throws {
        let source = try TemporaryDirectory()
        let target = try TemporaryDirectory()
        let environment = try source.makeEnvironment()
        let database = try environment.openDatabase("entries", createIfMissing: true)
        try environment.write { try $0.put("one", "a", database) }
        try environment.copy(to: target.path, compacting: compacting)
        try environment.write { try $0.put("two", "a", database) }

        let copy = try Environment(path: target.path)
        let copied = try copy.openDatabase("entries")
        #expect(try copy.read { try $0.text("a", copied) } == "one")
        try copy.write { try $0.put("three", "a", copied) }
        #expect(try environment.read { try $0.text("a", database) } == "two")
    }

    @Test func `a compacted copy leaves free pages out`() throws {
        let source = try TemporaryDirectory()
        let target = try TemporaryDirectory()
        let environment = try source.makeEnvironment()
        let database = try environment.openDatabase("entries", createIfMissing: true)
        let large = [UInt8](repeating: 1, count: 4 << 20)
        try environment.write { try $0.put(large.span.bytes, for: key(1).span.bytes, in: database) }
        try environment.write { try $0.delete(key(1).span.bytes, in: database) }
        try environment.copy(to: target.path, compacting: true)
        let copy = try Environment(path: target.path)
        #expect(try environment.information().usedByteCount > 4 << 20)
        #expect(try copy.information().usedByteCount < 1 << 20)
    }

    @Test func `a copy doesn't overwrite a store`() throws {
        let source = try TemporaryDirectory()
        let target = try TemporaryDirectory()
        let environment = try source.makeEnvironment()
        let other = try target.makeEnvironment()
        let error = try lmdbError { try environment.copy(to: target.path, compacting: false) }
        #expect(error?.code == EEXIST)
        #expect(try other.information().usedByteCount > 0)
    }
}
