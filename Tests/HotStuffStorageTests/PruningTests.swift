import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    struct PruningTests {
        let directory: TemporaryDirectory
        let chain = TestChain(testGenesis(maxWindow: 4), count: 64)
        private static let tip = 60

        init() throws { directory = try TemporaryDirectory() }

        /// A log whose tip is at height 60.
        private func makeStore(voted: Int = 62) throws -> ReplicaStore {
            let store = try directory.makeStore(genesis: chain.genesis)
            try store.apply([
                chain.writes(1...62) + [chain.commit(1...Self.tip), .record(chain.record(votedFor: voted))]
            ])
            return store
        }

        private func bounds(
            needed: Int = .max, served: UInt64 = 0, limit: Int = 1_000, size: ByteCount = .gibibytes(1)
        ) -> PruningBounds {
            PruningBounds(
                neededFrom: Height(UInt64(needed)), served: served, blockLimit: limit, sizeLimit: size)
        }

        /// Holds a store, and its restart, against what it must have from `first` on.
        private func check(_ store: ReplicaStore, from first: Int) throws {
            let reader = try store.reader()
            #expect(reader.firstHeight == Height(UInt64(first)))
            for height in 1...Self.tip {
                let block = try reader.block(at: Height(UInt64(height)))
                #expect(block?.hash == (height < first ? nil : chain[height].hash), "height \(height)")
                #expect(try reader.block(with: chain[height].hash)?.hash == block?.hash)
                let position = try reader.position(at: Height(UInt64(height)))
                #expect(position == (height < first - 1 ? nil : chain.position(height)), "height \(height)")
            }
            #expect(try reader.position(at: .genesis) == chain.position(0))
            let log = try store.recover()
            #expect(log.tipPosition == chain.position(Self.tip))
            #expect(log.recent.suffix(4) == (57...60).map(chain.position))
            #expect(log.uncommitted.contents == [chain[61], chain[62]].contents)
            try store.tables.environment.checkStructure()
        }

        @Test func `everything is kept unless told otherwise`() throws {
            let store = try makeStore()
            #expect(try store.prune(.everything, within: bounds(), seconds: 0).blockCount == 0)
            try check(store, from: 1)
        }

        @Test(arguments: [1, 10, 60, 1_000] as [UInt64])
        func `the last blocks are kept, and the window's in any case`(count: UInt64) throws {
            let store = try makeStore()
            let first = 61 - Int(min(60, max(4, count)))
            let pruned = try store.prune(.blocks(count), within: bounds(), seconds: 0)
            #expect(
                pruned == Pruned(blockCount: UInt64(first - 1), firstHeight: Height(UInt64(first)), isUnfinished: false)
            )
            try check(store, from: first)
            store.close()
            try check(try directory.openStore(genesis: chain.genesis), from: first)
        }

        @Test func `what the state machine or a peer may need is kept`() throws {
            let store = try makeStore()
            #expect(try store.prune(.blocks(10), within: bounds(needed: 7), seconds: 0).firstHeight == Height(7))
            #expect(try store.prune(.blocks(10), within: bounds(served: 30), seconds: 0).firstHeight == Height(31))
            #expect(try store.prune(.blocks(40), within: bounds(), seconds: 0).firstHeight == Height(31))
            try check(store, from: 31)
        }

        @Test func `a step drops no more than its bounds say`() throws {
            let store = try makeStore()
            let step = try store.prune(.blocks(10), within: bounds(limit: 8), seconds: 0)
            #expect(step == Pruned(blockCount: 8, firstHeight: Height(9), isUnfinished: true))
            // The blocks have some kilobytes each, so the second one ends the step.
            let small = try store.prune(.blocks(10), within: bounds(size: .kibibytes(4)), seconds: 0)
            #expect(small.blockCount >= 1 && small.blockCount <= 8 && small.isUnfinished)
            while try store.prune(.blocks(10), within: bounds(limit: 8), seconds: 0).isUnfinished {}
            try check(store, from: 51)
        }

        @Test func `blocks are kept by size`() throws {
            let store = try makeStore()
            let pruned = try store.prune(.size(.kibibytes(100)), within: bounds(), seconds: 0)
            #expect(pruned.firstHeight > Height(10) && pruned.firstHeight < Height(55))
            let size = try store.tables.environment.read { try $0.statistics(of: store.tables[.blocks]).byteCount }
            #expect(size <= 100 << 10 && size > 80 << 10)
            try check(store, from: Int(pruned.firstHeight.rawValue))
        }

        @Test func `blocks are kept by age, to the hour`() throws {
            let store = try directory.makeStore(genesis: chain.genesis)
            try store.apply([chain.writes(1...62)])
            let (start, hour, day) = (UInt64(1_800_000_000), UInt64(3_600), UInt64(86_400))
            for height in 1...Self.tip {
                try store.apply([[chain.commit(height...height)]])
                _ = try store.prune(.days(1), within: bounds(), seconds: start + UInt64(height) * hour)
            }
            // The tip came in hour 60, and what had come by hour 36 is a day old.
            try check(store, from: 37)
            #expect(try store.prune(.days(1), within: bounds(), seconds: start).blockCount == 0)
            _ = try store.prune(.days(1), within: bounds(), seconds: start + 200 * day)
            try check(store, from: 57)
        }

        @Test func `the place of the newest vote's block stays known`() throws {
            let store = try makeStore(voted: 20)
            _ = try store.prune(.blocks(10), within: bounds(), seconds: 0)
            #expect(try store.recover().recent.first == chain.position(20))
            store.close()
            #expect(try directory.openStore(genesis: chain.genesis).recover().recent.first == chain.position(20))
        }

        @Test func `a peer that asks below is told where the log begins, and one at its beginning gets blocks`() throws
        {
            let store = try makeStore()
            _ = try store.prune(.blocks(10), within: bounds(), seconds: 0)
            let answers = try [50, 51].map { height in
                try CommitsAnswer(
                    to: CommitRequest(from: Height(height), limit: .max), from: store.reader(), commitChainLength: 2)
            }
            guard case .prunedBelow(Height(51)) = answers[0], case .run(let proof, let blocks) = answers[1] else {
                Issue.record("\(answers)")
                return
            }
            #expect(proof.proven == chain.position(60))
            #expect(blocks.count == 10)
        }

        @Test func `a reader from before finds nothing where blocks have gone since`() throws {
            let store = try makeStore()
            let reader = try store.reader()
            _ = try store.prune(.blocks(10), within: bounds(), seconds: 0)
            #expect(try reader.block(at: Height(20)) == nil)
            #expect(try reader.position(at: Height(20)) == nil)
            #expect(try reader.block(at: Height(51))?.hash == chain[51].hash)
        }

        @Test func `pages of dropped blocks are used again`() throws {
            var chain = TestChain(testGenesis(maxWindow: 4))
            let store = try directory.makeStore(genesis: chain.genesis)
            var sizes: [Int] = []
            for round in 0..<8 {
                for _ in 0..<40 {
                    chain.append(chain.makeBlock(size: 20_000))
                    let height = chain.blocks.count
                    var writes: [LogWrite] = [.block(chain[height])]
                    if height > 1 { writes.append(chain.commit((height - 1)...(height - 1))) }
                    try store.apply([writes])
                    _ = try store.prune(.blocks(20), within: bounds(limit: 4), seconds: 0)
                }
                sizes.append(try Data(contentsOf: directory.dataFile).count)
                if round > 2 { #expect(sizes[round] == sizes[2], "\(sizes)") }
            }
            #expect(sizes[7] < 60 * 24_000)
        }
    }
}
