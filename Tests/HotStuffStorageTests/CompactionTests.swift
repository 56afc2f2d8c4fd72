import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    struct CompactionTests {
        let directory: TemporaryDirectory
        let chain = TestChain(testGenesis(maxWindow: 4), count: 64)

        init() throws { directory = try TemporaryDirectory() }

        private var bounds: PruningBounds {
            PruningBounds(neededFrom: Height(.max), served: 0, blockLimit: 1_000)
        }

        private func makeStore() throws -> ReplicaStore {
            let store = try directory.makeStore(genesis: chain.genesis)
            try store.apply([chain.writes(1...62) + [chain.commit(1...60), .record(chain.record(votedFor: 62))]])
            return store
        }

        private func check(_ store: ReplicaStore, from first: Int = 1) throws {
            let log = try store.recover()
            #expect(log.tipPosition == chain.position(60))
            #expect(log.record == chain.record(votedFor: 62))
            #expect(log.uncommitted.contents == [chain[61], chain[62]].contents)
            let reader = try store.reader()
            for height in first...60 {
                #expect(try reader.block(at: Height(UInt64(height)))?.payload == chain[height].payload)
            }
            #expect(reader.firstHeight == Height(UInt64(first)))
        }

        @Test func `compaction gives free pages back and keeps everything`() throws {
            let store = try makeStore()
            _ = try store.prune(.blocks(10), within: bounds, seconds: 0)
            let compaction = try store.compact()
            #expect(compaction.before.bytes > 3 * compaction.after.bytes)
            #expect(try Data(contentsOf: directory.dataFile).count == compaction.after.bytes)
            let again = try directory.openStore(genesis: chain.genesis)
            try check(again, from: 51)
            try again.apply([[.block(chain[63]), chain.commit(61...61)]])
            again.close()
            #expect(try directory.openStore(genesis: chain.genesis).recover().tipPosition == chain.position(61))
            #expect(!FileManager.default.fileExists(atPath: "\(directory.path)/log.compacted"))
        }

        @Test func `a damaged log is not compacted, and stays as it is`() throws {
            let store = try makeStore()
            store.close()
            let payload = chain[30].payload.withUnsafeBytes { Array($0) }
            // The number of the page before the payload's record, so that the page is none of a value any more.
            var bytes = try Data(contentsOf: directory.dataFile)
            let place = try #require(bytes.range(of: Data(payload))?.lowerBound)
            bytes[place / 4096 * 4096] ^= 255
            try bytes.write(to: directory.dataFile)
            let damaged = try directory.openStore(genesis: chain.genesis)
            #expect(try storageError { _ = try damaged.compact() }?.isDamage == true)
            #expect(try Data(contentsOf: directory.dataFile) == bytes)
            #expect(try directory.openStore(genesis: chain.genesis).recover().tipPosition == chain.position(60))
        }

        @Test(arguments: [UInt64(1), 2, 3])
        func `whoever is killed while compacting leaves a whole log`(seed: UInt64) async throws {
            try makeStore().close()
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<3 {
                let delay = UInt32.random(in: 1_000...40_000, using: &generator)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [path = directory.path as String, delay = delay as UInt32] in
                    let genesis = testGenesis(maxWindow: 4)
                    Thread.detachNewThread {
                        usleep(delay)  // lint:allow sleep — the kill is to come at no particular event
                        kill(getpid(), SIGKILL)
                    }
                    while true {
                        let store = try ReplicaStore.open(directory: path, genesis: genesis, key: testKey(0))
                        _ = try store.compact()
                    }
                }
                let store = try directory.openStore(genesis: chain.genesis)
                try check(store)
                #expect(!FileManager.default.fileExists(atPath: "\(directory.path)/log.compacted"))
                store.close()
            }
        }

        @Test func `a copy is made beside a running replica, may not vouch for it, and is put back`() async throws {
            let store = try makeStore()
            let (backup, restored) = (try TemporaryDirectory(), try TemporaryDirectory())
            await #expect(processExitsWith: .success) {
                [path = directory.path as String, target = backup.path as String] in
                let copied = try ReplicaStore.backUp(directory: path, to: target)
                try #require(copied.tip.height == Height(60) && !copied.hasMachine)
                try #require(
                    storageError { _ = try ReplicaStore.backUp(directory: path, to: target) }?.kind == .storeExists)
            }
            // The replica goes on.
            try store.apply([[.block(chain[63]), chain.commit(61...61), .record(chain.record(votedFor: 63))]])
            let copy = try backup.openStore(genesis: chain.genesis)
            try check(copy)
            #expect(try !copy.recover().mayVote)
            copy.close()
            let tip = try ReplicaStore.restore(
                from: backup.path, to: restored.path, genesis: chain.genesis, key: testKey(0)
            ).tip
            #expect(tip == chain.position(60))
            let log = try restored.openStore(genesis: chain.genesis).recover()
            #expect(log.mayVote && log.record.forgetting == .asking && log.tipPosition == tip)
            #expect(try store.recover().record.forgetting == nil)
        }

        @Test func `a copy has the state machine's tables, if they are an environment`() throws {
            try makeStore().close()
            let (backup, machine) = (try TemporaryDirectory(), "\(directory.path)/machine")
            try FileManager.default.createDirectory(atPath: machine, withIntermediateDirectories: false)
            try FileManager.default.copyItem(at: directory.dataFile, to: URL(fileURLWithPath: "\(machine)/data.mdb"))
            #expect(try ReplicaStore.backUp(directory: directory.path, to: backup.path).hasMachine)
            #expect(FileManager.default.fileExists(atPath: "\(backup.path)/machine/data.mdb"))
        }
    }
}
