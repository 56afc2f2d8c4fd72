import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    /// What tools read, beside a replica or without one.
    struct StoredLogTests {
        let directory: TemporaryDirectory
        let chain = TestChain(count: 24)

        init() throws {
            directory = try TemporaryDirectory()
            let store = try directory.makeStore()
            try store.apply([chain.writes(1...22) + [chain.commit(1...20), .record(chain.record(votedFor: 22))]])
            store.close()
        }

        @Test func `a log says what it is and what is in it`() throws {
            let facts = try StoredLog(directory: directory.path).facts()
            #expect(facts.formatVersion == 1 && facts.chainID == chain.genesis.chainID && facts.replica == testKey(0))
            #expect(facts.tip == chain.position(20) && facts.firstHeight == Height(1) && facts.uncommittedCount == 2)
            #expect(facts.record == chain.record(votedFor: 22) && facts.mayVote)
            #expect(facts.tables.map(\.name) == TableName.allCases.map(\.rawValue))
            #expect(facts.tables.map(\.entryCount) == [22, 21, 22, 1, 1, 8, 0])
            #expect(facts.usedSize < facts.fileSize && facts.fileSize < facts.mapSize)
        }

        @Test func `a log is read while its replica writes`() async throws {
            let store = try directory.openStore()
            await #expect(processExitsWith: .success) { [path = directory.path as String] in
                let log = try StoredLog(directory: path)
                let verification = try log.verify()
                try #require(verification.blockCount == 20 && verification.flaws.isEmpty)
            }
            try store.apply([[chain.commit(21...21)]])
        }

        @Test func `a whole log has no flaw`() throws {
            var reported: [UInt64] = []
            let found = try StoredLog(directory: directory.path).verify { done, all in
                reported.append(done)
                return all == 20
            }
            #expect(found.flaws.isEmpty && found.blockCount == 20 && found.tip == chain.position(20))
            #expect(found.payloadSize.bytes == (1...20).reduce(0) { $0 + chain[$1].payload.count })
            #expect(reported == Array(1...20))
        }

        @Test func `each damaged block is named, and the others are looked at`() throws {
            for height in [7, 9] {
                let payload = chain[height].payload.withUnsafeBytes { Array($0) }
                var changed = payload
                changed[50] ^= 1
                try #require(try directory.patch(payload, changed) > 0)
            }
            let found = try StoredLog(directory: directory.path).verify()
            #expect(found.flaws.map(\.height) == [Height(7), Height(9)])
            #expect(found.blockCount == 18)
            #expect(found.flaws[0].text.contains("in table blocks, key height 7"))
        }

        @Test func `a block that is not found by its hash is named`() throws {
            let store = try directory.openStore()
            try store.tables.environment.write { (transaction: inout _) in
                let seal = try store.tables.seal(transaction)
                try transaction.delete(chain[5].hash.bytes.span.bytes, in: store.tables[.hashes])
                try store.tables.put(seal, &transaction)
            }
            store.close()
            let found = try StoredLog(directory: directory.path).verify()
            #expect(found.flaws.map(\.height) == [Height(5)])
            #expect(found.flaws.first?.text.contains("in table hashes") == true)
        }

        @Test func `a damaged page is named by its number`() throws {
            var bytes = try Data(contentsOf: directory.dataFile)
            let place = try #require(bytes.range(of: Data(chain[5].position.blockKey))?.lowerBound) / 4096 * 4096
            bytes[place + 10] ^= 4
            try bytes.write(to: directory.dataFile)
            let found = try StoredLog(directory: directory.path).verify()
            #expect(found.flaws.first?.height == nil)
            #expect(found.flaws.first?.text.contains("page \(place / 4096):") == true)
            #expect(found.flaws.count > 1)
        }

        @Test func `signatures are looked at where the genesis configuration is given`() throws {
            let log = try StoredLog(directory: directory.path)
            // The test chain's signatures are none.
            let found = try log.verify(genesis: chain.genesis)
            #expect(found.flaws.count == 1 && found.provedRunCount == 0)
            let other = testGenesis(name: "other")
            let kind = StorageError.Kind.wrongChain(found: chain.genesis.chainID, expected: other.chainID)
            #expect(try storageError { _ = try log.verify(genesis: other) }?.kind == kind)
        }
    }
}
