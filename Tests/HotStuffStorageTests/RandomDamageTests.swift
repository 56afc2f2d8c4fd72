import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    /// Whatever becomes of the file's bytes, a start finds what was written, or says what is not there.
    struct RandomDamageTests {
        /// What became of a damaged store.
        private enum Outcome: Equatable {
            /// All was there.
            case harmless
            /// Blocks were named as damaged, and were there again after they had been written again.
            case repaired
            /// The store said what is wrong.
            case refused
        }

        private let directory: TemporaryDirectory
        private let chain = TestChain(testGenesis(maxWindow: 8), count: 46)
        private static let (tip, newest) = (30, 36)

        init() throws {
            directory = try TemporaryDirectory()
            let store = try directory.makeStore(genesis: chain.genesis)
            for height in 1...Self.newest {
                var writes: [LogWrite] = [.block(chain[height]), .record(chain.record(votedFor: height))]
                if height > 6 { writes.append(chain.commit((height - 6)...(height - 6))) }
                try store.apply([writes])
            }
            store.close()
        }

        /// More by hand: `HOTSTUFF_DAMAGE_SEEDS=1000,5000` for the first seed and their number.
        private var seeds: Range<UInt64> {
            let numbers = (ProcessInfo.processInfo.environment["HOTSTUFF_DAMAGE_SEEDS"] ?? "").split(separator: ",")
            guard numbers.count == 2, let first = UInt64(numbers[0]), let count = UInt64(numbers[1]) else {
                return 0..<200
            }
            return first..<(first + count)
        }

        /// Starts, reads everything, writes what is damaged again and goes on; what is acknowledged then must be there.
        private func use() throws -> Outcome {
            do {
                let store = try directory.openStore(genesis: chain.genesis)
                defer { store.close() }
                let log = try store.recover()
                try #require(log.tipPosition == chain.position(Self.tip))
                try #require(log.record == chain.record(votedFor: Self.newest))
                var damaged = log.damaged
                let above = chain.blocks[Self.tip..<Self.newest]
                try #require(
                    log.uncommitted.contents == above.filter { !damaged.contains($0.position) }.contents)
                let reader = try store.reader()
                for height in 1...Self.tip {
                    do {
                        try #require(try reader.position(at: Height(UInt64(height))) == chain.position(height))
                        let block = try #require(try reader.block(at: Height(UInt64(height))))
                        try #require([block].contents == [chain[height]].contents)
                    } catch let error as StorageError {
                        guard let position = error.damagedBlock else { throw error }
                        try #require(position == chain.position(height))
                        damaged.append(position)
                    }
                }
                for position in damaged { try store.apply([[.block(chain[Int(position.height.rawValue)])]]) }
                try #require(try store.recover().uncommitted.contents == Array(above).contents)
                for position in damaged where position.height.rawValue <= UInt64(Self.tip) {
                    try #require(try reader.block(at: position.height)?.position == position)
                }
                try goOn(store)
                return damaged.isEmpty ? .harmless : .repaired
            } catch let error as StorageError {
                switch error.kind {
                case .damaged, .newerFormat, .wrongChain, .wrongReplica:
                    try #require(error.path.hasPrefix(directory.path))
                default: Issue.record("\(error)")
                }
                return .refused
            }
        }

        private func goOn(_ store: ReplicaStore) throws {
            for height in (Self.newest + 1)...(Self.newest + 8) {
                try store.apply([
                    [
                        .block(chain[height]), .record(chain.record(votedFor: height)),
                        chain.commit((height - 6)...(height - 6)),
                    ]
                ])
            }
            store.close()
            let again = try directory.openStore(genesis: chain.genesis)
            defer { again.close() }
            let log = try again.recover()
            try #require(log.tipPosition == chain.position(Self.tip + 8))
            try #require(log.record == chain.record(votedFor: Self.newest + 8))
        }

        @Test func `one damaged byte is harmless, repaired, or refused with its place`() throws {
            let whole = try Data(contentsOf: directory.dataFile)
            var outcomes: [Outcome: Int] = [:]
            for seed in seeds {
                var generator = SeededGenerator(seed: seed)
                var damaged = whole
                let offset = Int.random(in: 0..<whole.count, using: &generator)
                let place = seed % 3 == 0 ? offset / 4096 * 4096 + offset % 160 : offset
                damaged[place] ^= UInt8.random(in: 1...255, using: &generator)
                try damaged.write(to: directory.dataFile)
                do { outcomes[try use(), default: 0] += 1 } catch {
                    Issue.record("seed \(seed), byte \(place): \(error)")
                }
            }
            print("of \(seeds.count) damaged bytes: \(outcomes)")
            #expect((outcomes[.harmless] ?? 0) > 0 && (outcomes[.repaired] ?? 0) > 0 && (outcomes[.refused] ?? 0) > 0)
        }

        @Test func `a file cut off at any page is refused, or lacks nothing`() throws {
            let whole = try Data(contentsOf: directory.dataFile)
            for pages in 0..<(whole.count / 4096) {
                try whole.prefix(pages * 4096).write(to: directory.dataFile)
                let outcome = try use()
                #expect(outcome == .refused || pages > whole.count / 4096 - 8, "\(pages) pages")
            }
        }

        @Test func `the state before the last one, passed for the last one by a damaged meta page, is refused`() throws
        {
            var bytes = try Data(contentsOf: directory.dataFile)
            // The number of the transaction is at byte 144 of both meta pages.
            let numbers = [144, 4096 + 144].map { start in
                (start, UInt64(littleEndianBytes: bytes[start..<(start + 8)]))
            }
            let (start, newest) = try #require(numbers.max { $0.1 < $1.1 })
            // Less by two, it is what the older one's predecessor would be.
            bytes.replaceSubrange(start..<(start + 8), with: (newest - 2).littleEndianBytes)
            try bytes.write(to: directory.dataFile)
            let error = try storageError { _ = try directory.openStore(genesis: chain.genesis) }
            #expect(error?.kind == .damaged(table: "meta", key: "seal"))
        }

        @Test func `an older voting record in place of the newest is refused`() throws {
            let records = [Self.newest, Self.newest - 1].map { height in
                RecordFrame.record(
                    of: chain.record(votedFor: height).encoded(), in: .record, for: Tables.recordKey)
            }
            try #require(try directory.patch(records[0], records[1]) > 0)
            let store = try directory.openStore(genesis: chain.genesis)
            #expect(try storageError { _ = try store.recover() }?.kind == .damaged(table: "record", key: "voting"))
        }

        @Test func `an uncommitted block that is lost is missed`() throws {
            let store = try directory.openStore(genesis: chain.genesis)
            let lost = chain.position(Self.newest - 2)
            try store.tables.environment.write { (transaction: inout _) in
                let seal = try store.tables.seal(transaction)
                try store.tables.drop(lost, &transaction)
                try store.tables.put(seal, &transaction)
            }
            store.close()
            let again = try directory.openStore(genesis: chain.genesis)
            #expect(
                try storageError { _ = try again.recover() }?.kind
                    == .damaged(table: "blocks", key: "above the tip"))
        }
    }
}
