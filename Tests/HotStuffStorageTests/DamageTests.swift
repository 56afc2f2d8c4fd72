import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    /// What is read is what was written, or an error that names it.
    struct DamageTests {
        let directory: TemporaryDirectory
        let chain = TestChain(count: 6)

        init() throws {
            directory = try TemporaryDirectory()
            let store = try directory.makeStore()
            try store.apply([
                chain.writes(1...6) + [chain.commit(1...3), .record(chain.record(votedFor: 6))]
            ])
            store.close()
        }

        /// Flips a bit in the middle of these bytes, wherever they are in the file.
        private func damage(_ bytes: [UInt8]) throws {
            var changed = bytes
            changed[bytes.count / 2] ^= 16
            try #require(try directory.patch(bytes, changed) > 0, "nothing to damage")
        }

        private func block(_ height: Int) -> (key: [UInt8], name: String) {
            (chain.position(height).blockKey, KeyName.position(chain.position(height)).description)
        }

        /// What recovering and reading each committed block say.
        private func findings() throws -> (recover: StorageError.Kind?, blocks: [StorageError.Kind?]) {
            let store = try directory.openStore()
            let recover = try storageError { _ = try store.recover() }
            let reader = try store.reader()
            return (
                recover?.kind,
                try (1...3).map { height in try storageError { _ = try reader.block(at: Height(height)) }?.kind }
            )
        }

        @Test func `nothing is wrong with an intact log`() throws {
            let (recover, blocks) = try findings()
            #expect(recover == nil)
            #expect(blocks == [nil, nil, nil])
        }

        @Test func `a damaged header is named, and the blocks beside it are read`() throws {
            let (key, name) = block(2)
            try damage(RecordFrame.record(of: chain[2].header.encoded(), in: .blocks, for: key))
            let (recover, blocks) = try findings()
            #expect(recover == nil)
            #expect(blocks == [nil, .damaged(table: "blocks", key: name), nil])
        }

        @Test func `a damaged payload is named, lent to nobody and sent to nobody`() throws {
            try damage(chain[2].payload.withUnsafeBytes { Array($0) })
            let kind = StorageError.Kind.damaged(table: "blocks", key: block(2).name)
            #expect(try findings().blocks == [nil, kind, nil])
            let reader = try directory.openStore().reader()
            let some = { try reader.nextBlocks(from: Height($0), through: Height(3)).map(\.height.rawValue) }
            #expect(try some(1) == [1])
            #expect(try storageError { _ = try some(2) }?.kind == kind)
            #expect(try some(3) == [3])
            #expect(try storageError { _ = try reader.withPayload(at: Height(2)) { _ in true } }?.kind == kind)
            #expect(try storageError { _ = try reader.block(with: chain[2].hash) }?.kind == kind)
            #expect(
                try storageError {
                    _ = try CommitsAnswer(
                        to: CommitRequest(from: Height(1), limit: .max), from: reader, commitChainLength: 2)
                }?.kind == kind)
        }

        @Test func `a damaged block above the tip is left out and named until it is written again`() throws {
            try damage(chain[5].payload.withUnsafeBytes { Array($0) })
            let store = try directory.openStore()
            let log = try store.recover()
            #expect(log.damaged == [chain.position(5)])
            #expect(log.uncommitted.contents == [chain[4], chain[6]].contents)
            try store.apply([[.block(chain[5])]])
            #expect(try store.recover().uncommitted.contents == [chain[4], chain[5], chain[6]].contents)
            #expect(try store.recover().damaged == [])
        }

        @Test func `the tip's damage keeps the replica from starting`() throws {
            let (key, name) = block(3)
            try damage(RecordFrame.record(of: chain[3].header.encoded(), in: .blocks, for: key))
            #expect(try findings().recover == .damaged(table: "blocks", key: name))
        }

        @Test func `a damaged voting record keeps the replica from starting`() throws {
            let record = chain.record(votedFor: 6).encoded()
            try damage(RecordFrame.record(of: record, in: .record, for: Tables.recordKey))
            #expect(try findings().recover == .damaged(table: "record", key: "voting"))
        }

        @Test func `a damaged place of the committed chain is named`() throws {
            let key = UInt64(2).bigEndianBytes
            try damage(RecordFrame.record(of: chain[2].hash.bytes, in: .committed, for: key))
            let kind = StorageError.Kind.damaged(table: "committed", key: "height 2")
            let (recover, blocks) = try findings()
            #expect(recover == kind)
            #expect(blocks == [nil, kind, nil])
        }

        @Test func `a damaged epoch is named`() throws {
            let epoch = chain.genesis.firstEpoch
            try damage(RecordFrame.record(of: epoch.encoded(), in: .epochs, for: epoch.epoch.rawValue.bigEndianBytes))
            #expect(try findings().recover == .damaged(table: "epochs", key: "the last one"))
        }

        @Test func `a damaged proof of the tip is named`() throws {
            let proof = chain.proof(of: 3)
            try damage(RecordFrame.record(of: proof.encoded(), in: .meta, for: Array("tip-proof".utf8)))
            let store = try directory.openStore()
            let kind = StorageError.Kind.damaged(table: "meta", key: "tip-proof")
            #expect(try storageError { _ = try store.recover() }?.kind == kind)
            #expect(try storageError { _ = try store.reader() }?.kind == kind)
        }

        @Test func `a record under another key is found out`() throws {
            let (first, second) = (UInt64(1).bigEndianBytes, UInt64(2).bigEndianBytes)
            try directory.patch(
                RecordFrame.record(of: chain[2].hash.bytes, in: .committed, for: second),
                RecordFrame.record(of: chain[1].hash.bytes, in: .committed, for: first))
            #expect(try findings().recover == .damaged(table: "committed", key: "height 2"))
        }

        @Test func `a damaged block is put right by one that was fetched again`() throws {
            try damage(chain[2].payload.withUnsafeBytes { Array($0) })
            let store = try directory.openStore()
            try store.apply([[.block(chain[2])]])
            #expect(try store.reader().block(at: Height(2))?.payload == chain[2].payload)
        }

        @Test(arguments: [0, 1, 2, 4, 8, 15, 16, 30])
        func `a frame notices a change anywhere in it`(offset: Int) throws {
            let content: [UInt8] = Array(1...20)
            var record = RecordFrame.record(of: content, in: .epochs, for: [1, 2])
            #expect(try RecordFrame.content(of: record.span.bytes, in: .epochs, for: [1, 2]) == 16..<36)
            #expect(throws: RecordFrame.Flaw.self) {
                try RecordFrame.content(of: record.span.bytes, in: .epochs, for: [1, 3])
            }
            record[offset] ^= 1
            #expect(throws: RecordFrame.Flaw.self) {
                try RecordFrame.content(of: record.span.bytes, in: .epochs, for: [1, 2])
            }
            #expect(throws: RecordFrame.Flaw.self) {
                try RecordFrame.content(of: Array(record[..<offset]).span.bytes, in: .epochs, for: [1, 2])
            }
        }
    }
}
