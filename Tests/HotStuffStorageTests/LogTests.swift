import Foundation
import HotStuffCore
import Synchronization
import Testing

@testable import HotStuffStorage

extension StorageTests {
    struct LogTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `a restart finds exactly what was written`() throws {
            let chain = TestChain(count: 9)
            let store = try directory.makeStore()
            try store.apply([chain.writes(1...3), [.record(chain.record(votedFor: 3))]])
            try store.apply([
                chain.writes(4...6) + [chain.commit(1...3)], [.record(chain.record(votedFor: 5))], [],
                [.block(chain[7]), .record(chain.record(votedFor: 7)), chain.commit(4...5)],
            ])
            store.close()
            let log = try directory.openStore().recover()
            #expect(log.tip == chain[5].header)
            #expect(log.tipPosition == chain.position(5))
            #expect(log.tipProof == chain.proof(of: 5))
            #expect(log.record == chain.record(votedFor: 7))
            #expect(log.recent == (0...5).map(chain.position))
            #expect(log.uncommitted.contents == [chain[6], chain[7]].contents)
            #expect(log.epoch == chain.genesis.firstEpoch)
        }

        @Test func `a restart remembers as many committed places as the window has blocks`() throws {
            let chain = TestChain(testGenesis(maxWindow: 4), count: 12)
            let store = try directory.makeStore(genesis: chain.genesis)
            try store.apply([chain.writes(1...11) + [chain.commit(1...10)]])
            #expect(try store.recover().recent == (7...10).map(chain.position))
        }

        @Test func `a commit drops every other block at or below it, and none above`() throws {
            var chain = TestChain(count: 2)
            let rival = chain.makeBlock(view: 1, salt: 1)
            chain.append()
            let higher = chain.makeBlock(view: 1, salt: 1)
            chain.append()
            let store = try directory.makeStore()
            try store.apply([chain.writes(1...4) + [.block(rival), .block(higher)]])
            #expect(try store.recover().uncommitted.count == 6)
            try store.apply([[chain.commit(1...3)]])
            let reader = try store.reader()
            #expect(try reader.block(with: rival.hash) == nil)
            #expect(try reader.block(with: higher.hash)?.hash == higher.hash)
            let uncommitted = try store.recover().uncommitted
            #expect(Set(uncommitted.contents) == Set([chain[4], higher].contents))
            // Too late: at its height another one is committed.
            try store.apply([[.block(rival)]])
            #expect(try store.reader().block(with: rival.hash) == nil)
        }

        @Test func `a reader sees the committed blocks as of its making`() throws {
            let chain = TestChain(count: 8)
            let store = try directory.makeStore()
            try store.apply([chain.writes(1...5) + [chain.commit(1...3)]])
            let reader = try store.reader()
            try store.apply([[chain.commit(4...4)]])
            #expect(reader.tip == chain.position(3))
            #expect(reader.tipProof == chain.proof(of: 3))
            #expect(reader.firstHeight == Height(1))
            #expect(try reader.position(at: .genesis) == chain.position(0))
            #expect(try reader.position(at: Height(3)) == chain.position(3))
            #expect(try reader.position(at: Height(4)) == nil)
            #expect(try reader.block(at: .genesis) == nil)
            #expect(try reader.block(at: Height(4)) == nil)
            for height in 1...3 {
                let block = try #require(try reader.block(at: Height(UInt64(height))))
                #expect([block].contents == [chain[height]].contents)
                #expect(block.header == chain[height].header)
                #expect(try reader.header(at: block.height) == block.header)
                let borrowed = try reader.withPayload(at: block.height) { $0.withUnsafeBytes { Array($0) } }
                #expect(borrowed == chain[height].payload.withUnsafeBytes { Array($0) })
            }
            #expect(try reader.withPayload(at: Height(4)) { _ in true } == nil)
            #expect(try reader.block(with: chain[5].hash)?.payload == chain[5].payload)
            #expect(try reader.block(with: .zero) == nil)
            #expect(try store.reader().tip == chain.position(4))
        }

        @Test func `several blocks are read at once, as many as are wanted and as a short transaction gives`() throws {
            var chain = TestChain()
            for _ in 1...80 { chain.append(chain.makeBlock(size: 10)) }
            for size in [600_000, 600_000, 10, 10] { chain.append(chain.makeBlock(size: size)) }
            let store = try directory.makeStore()
            try store.apply([chain.writes(1...84) + [chain.commit(1...83)]])
            let reader = try store.reader()
            func heights(_ from: UInt64, _ last: UInt64 = .max) throws -> [UInt64] {
                let blocks = try reader.nextBlocks(from: Height(from), through: Height(last))
                #expect(blocks.contents == blocks.map { chain[Int($0.height.rawValue)] }.contents)
                return blocks.map(\.height.rawValue)
            }
            #expect(try heights(1) == Array(1...64))
            #expect(try heights(3, 5) == [3, 4, 5])
            #expect(try heights(65) == Array(65...82), "no more than the first mebibyte")
            #expect(try heights(83) == [83], "and not above the tip")
            #expect(try heights(84) == [])
            #expect(try heights(0) == [])
            #expect(try heights(5, 4) == [])
            #expect(
                try reader.nextHeaders(from: Height(80), through: Height(.max)) == chain.blocks[79...82].map(\.header))
        }

        @Test func `what a borrower of a payload throws comes out as it is`() throws {
            struct Mine: Error {}
            let chain = TestChain(count: 2)
            let store = try directory.makeStore()
            try store.apply([chain.writes(1...2) + [chain.commit(1...1)]])
            #expect(throws: Mine.self) { try store.reader().withPayload(at: Height(1)) { _ in throw Mine() } }
        }

        @Test func `payloads of all sizes come back, nudges and those of many pages too`() throws {
            var chain = TestChain()
            for size in [0, 1, 8, 1_900, 2_000, 2_100, 4_080, 65_536, 65_537, 3_000_000] {
                chain.append(chain.makeBlock(size: size))
            }
            let store = try directory.makeStore()
            try store.apply([chain.writes(1...10)])
            store.close()
            #expect(try directory.openStore().recover().uncommitted.contents == chain.blocks.contents)
        }

        @Test func `a restart reads as much of a long log as of a short one`() throws {
            let chain = TestChain(testGenesis(maxWindow: 8), count: 601)
            let store = try directory.makeStore(genesis: chain.genesis)
            func reads() throws -> [TableName: Int] {
                let reads = Mutex<[TableName: Int]>([:])
                var tables = store.tables
                tables.onRead = { table in reads.withLock { $0[table, default: 0] += 1 } }
                _ = try store.recover(from: tables)
                return reads.withLock { $0 }
            }
            try store.apply([chain.writes(1...20) + [chain.commit(1...18)]])
            let short = try reads()
            for height in stride(from: 21, through: 596, by: 5) {
                try store.apply([chain.writes(height...(height + 4)) + [chain.commit((height - 2)...(height + 2))]])
            }
            #expect(try store.recover().tipPosition.height > Height(590))
            #expect(try reads() == short)
            #expect(short == [.committed: 8, .blocks: 3, .meta: 4, .epochs: 2, .record: 2])
        }

        @Test func `a map that is too small grows while others read, and nothing is lost`() async throws {
            var chain = TestChain()
            for _ in 0..<24 { chain.append(chain.makeBlock(size: 700_000)) }
            let options = ReplicaStore.Options(mapSize: .kibibytes(512))
            let store = try directory.makeStore(options: options)
            try store.apply([chain.writes(1...2) + [chain.commit(1...1), .record(chain.record(votedFor: 2))]])
            let expected = [chain[1]].contents
            let readers = (0..<2).map { _ in
                Task.detached {
                    for _ in 0..<200 {
                        let block = try #require(try store.reader().block(at: Height(1)))
                        #expect([block].contents == expected)
                    }
                }
            }
            try store.apply([chain.writes(3...23) + [chain.commit(2...20)], [.record(chain.record(votedFor: 23))]])
            for reader in readers { try await reader.value }
            store.close()
            let reopened = try directory.openStore(options: options)
            let log = try reopened.recover()
            #expect(log.record == chain.record(votedFor: 23))
            #expect(log.uncommitted.contents == Array(chain.blocks[20..<23]).contents)
            let reader = try reopened.reader()
            let committed = try (1...20).map { try #require(try reader.block(at: Height($0))) }
            #expect(committed.contents == Array(chain.blocks[..<20]).contents)
        }

        @Test func `a write that the map's limit refuses changes nothing, and the next one may fit`() throws {
            var chain = TestChain(count: 2)
            let large = chain.makeBlock(size: 4_000_000)
            let options = ReplicaStore.Options(mapSize: .mebibytes(1), mapLimit: .mebibytes(2))
            let store = try directory.makeStore(options: options)
            try store.apply([chain.writes(1...2)])
            let error = try storageError {
                try store.apply([[.record(chain.record(votedFor: 2)), chain.commit(1...1), .block(large)]])
            }
            #expect(error?.kind == .mapFull)
            let log = try store.recover()
            #expect(log.tipPosition == chain.position(0))
            #expect(log.record.lastVoted == nil)
            chain.append()
            try store.apply([[.block(chain[3]), chain.commit(1...2)]])
            #expect(try store.reader().tip == chain.position(2))
        }

        @Test func `a commit that is our own mistake traps before it is written`() async throws {
            _ = try directory.makeStore()
            let gap = await #expect(processExitsWith: .failure) { [path = directory.path as String] in
                let chain = TestChain(count: 5)
                let store = try ReplicaStore.open(directory: path, genesis: chain.genesis, key: testKey(0))
                try store.apply([chain.writes(1...5) + [chain.commit(2...3)]])
                exit(EXIT_SUCCESS)
            }
            let otherProof = await #expect(processExitsWith: .failure) { [path = directory.path as String] in
                let chain = TestChain(count: 5)
                let store = try ReplicaStore.open(directory: path, genesis: chain.genesis, key: testKey(0))
                let write = LogWrite.commit([chain.position(1)], proof: chain.proof(of: 2))
                try store.apply([chain.writes(1...5) + [write]])
                exit(EXIT_SUCCESS)
            }
            for result in [gap, otherProof] {
                guard case .signal = result?.exitStatus else {
                    Issue.record("it did not trap: \(String(describing: result?.exitStatus))")
                    continue
                }
            }
            #expect(try directory.openStore().reader().tip == testGenesis().genesisPosition)
        }

        @Test func `a commit of a block that is not there is refused`() throws {
            let chain = TestChain(count: 3)
            let store = try directory.makeStore()
            let error = try storageError { try store.apply([chain.writes(1...1) + [chain.commit(1...2)]]) }
            #expect(error?.kind == .damaged(table: "blocks", key: KeyName.position(chain.position(2)).description))
            #expect(try store.reader().tip == chain.position(0))
        }
    }
}
