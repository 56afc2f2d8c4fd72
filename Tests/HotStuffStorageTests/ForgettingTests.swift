import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    /// Protocol §2, *Forgetting*: stores that may lack records say so, durably.
    struct ForgettingTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `a store that is made for a key that has signed before says so`() throws {
            let genesis = testGenesis()
            try ReplicaStore.format(
                directory: directory.path, genesis: genesis, key: testKey(0), hasForgotten: true)
            let log = try directory.openStore(genesis: genesis).recover()
            #expect(log.record == .fresh(epoch: Epoch(0), genesis: genesis.genesisPosition, forgetting: .asking))
            #expect(log.mayVote)
        }

        @Test func `a marked store keeps all that it holds`() throws {
            let chain = TestChain(count: 3)
            let before: RecoveredLog
            do {
                let store = try directory.makeStore()
                try store.apply([chain.writes(1...3)])
                before = try store.recover()
                #expect(before.record.forgetting == nil)
                try store.markForgotten()
            }
            let after = try directory.openStore().recover()
            var expected = before.record
            expected.forgetting = .asking
            #expect(after.record == expected)
            #expect(after.uncommitted.map(\.hash) == before.uncommitted.map(\.hash))
        }

        @Test(arguments: [Forgetting.bounded(by: View(4)), .over(bound: View(4))])
        func `a copy of a store that had forgotten before begins anew`(state: Forgetting) throws {
            let store = try directory.makeStore()
            var record = try store.recover().record
            record.forgetting = state
            try store.apply([[.record(record)]])
            #expect(try store.recover().record.forgetting == state)
            try store.markForgotten()
            #expect(try store.recover().record.forgetting == .asking)
        }

        @Test func `a marked backup may vote again, having asked`() throws {
            let chain = TestChain(count: 2)
            let store = try directory.makeStore()
            try store.apply([chain.writes(1...2)])
            store.close()
            let target = try TemporaryDirectory()
            _ = try ReplicaStore.backUp(directory: directory.path, to: target.path)
            #expect(try target.openStore().recover().mayVote == false)
            try target.openStore().markForgotten()
            let log = try target.openStore().recover()
            #expect(log.mayVote)
            #expect(log.record.forgetting == .asking)
            #expect(log.uncommitted.count == 2)
        }

        @Test func `a store for a listener vouches for nothing, and asks nobody`() throws {
            let log = try ReplicaStore.ephemeral(genesis: testGenesis(), key: testKey(0)).recover()
            #expect(!log.mayVote)
            #expect(log.record.forgetting == nil)
        }

        @Test func `a closed store cannot be marked`() throws {
            let store = try directory.makeStore()
            store.close()
            #expect(try storageError { try store.markForgotten() }?.kind == .closed)
        }
    }
}
