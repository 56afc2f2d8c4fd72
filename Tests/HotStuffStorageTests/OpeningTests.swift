import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    struct OpeningTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `a new store holds genesis and promises nothing`() throws {
            let genesis = testGenesis()
            let log = try directory.makeStore(genesis: genesis).recover()
            #expect(log.tip == genesis.genesisHeader)
            #expect(log.tipPosition == genesis.genesisPosition)
            #expect(log.tipProof == nil)
            #expect(log.epoch == genesis.firstEpoch)
            #expect(log.record == .fresh(epoch: Epoch(0), genesis: genesis.genesisPosition))
            #expect(log.recent == [genesis.genesisPosition])
            #expect(log.uncommitted.isEmpty)
            #expect(log.mayVote)
        }

        @Test func `a store is for its owner's eyes only`() throws {
            _ = try directory.makeStore()
            for (name, mode) in [("log", 0o700), ("log/data.mdb", 0o600)] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/\(name)")
                #expect(attributes[.posixPermissions] as? Int == mode)
            }
        }

        @Test func `format makes the replica's directory, but not its parents`() throws {
            let path = "\(directory.path)/replica"
            let (genesis, key) = (testGenesis(), testKey(0))
            try ReplicaStore.format(directory: path, genesis: genesis, key: key)
            _ = try ReplicaStore.open(directory: path, genesis: genesis, key: key)
            let error = try storageError {
                try ReplicaStore.format(directory: "\(directory.path)/no/replica", genesis: genesis, key: key)
            }
            #expect(error?.kind == .failed)
        }

        @Test func `format overwrites no store`() throws {
            let chain = TestChain(count: 2)
            try directory.makeStore().apply([chain.writes(1...2)])
            let error = try storageError {
                try ReplicaStore.format(directory: directory.path, genesis: testGenesis(name: "other"), key: testKey(0))
            }
            #expect(error?.kind == .storeExists)
            #expect(error?.path == "\(directory.path)/log")
            #expect(try directory.openStore().recover().uncommitted.count == 2)
        }

        @Test func `what a killed format left is no store, and in nobody's way`() throws {
            let unfinished = "\(directory.path)/log.new"
            try FileManager.default.createDirectory(atPath: unfinished, withIntermediateDirectories: false)
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(unfinished)/data.mdb"))
            #expect(try storageError { _ = try directory.openStore() }?.kind == .noStore)
            _ = try directory.makeStore()
            #expect(!FileManager.default.fileExists(atPath: unfinished))
        }

        @Test func `two processes do not format one directory at once`() throws {
            let lock = try LockedDirectory(directory.path)
            let error = try storageError {
                try ReplicaStore.format(directory: directory.path, genesis: testGenesis(), key: testKey(0))
            }
            #expect(error?.kind == .inUse(processID: nil))
            try lock.sync()
        }

        @Test func `without a store, open makes none`() throws {
            for path in [directory.path, "\(directory.path)/missing"] {
                let error = try storageError {
                    _ = try ReplicaStore.open(directory: path, genesis: testGenesis(), key: testKey(0))
                }
                #expect(error?.kind == .noStore)
                #expect(error?.path == "\(path)/log")
                #expect(!FileManager.default.fileExists(atPath: "\(path)/log"))
            }
        }

        @Test func `a store of another chain or replica is refused, and left as it is`() throws {
            let (mine, other) = (testGenesis(), testGenesis(name: "other"))
            _ = try directory.makeStore(genesis: mine)
            #expect(
                try storageError { _ = try directory.openStore(genesis: other) }?.kind
                    == .wrongChain(found: mine.chainID, expected: other.chainID))
            #expect(
                try storageError { _ = try directory.openStore(key: testKey(1)) }?.kind
                    == .wrongReplica(found: testKey(0), expected: testKey(1)))
            _ = try directory.openStore()
        }

        @Test func `a store of a newer format is refused`() throws {
            _ = try directory.makeStore()
            let key = Array("format".utf8)
            let count = try directory.patch(
                RecordFrame.record(of: UInt32(1).littleEndianBytes, in: .meta, for: key),
                RecordFrame.record(of: UInt32(2).littleEndianBytes, in: .meta, for: key))
            #expect(count > 0)
            #expect(try storageError { _ = try directory.openStore() }?.kind == .newerFormat(found: 2, known: 1))
        }

        @Test func `a file that is no store is refused`() throws {
            try FileManager.default.createDirectory(atPath: "\(directory.path)/log", withIntermediateDirectories: false)
            try Data(repeating: 9, count: 100_000).write(to: directory.dataFile)
            #expect(try storageError { _ = try directory.openStore() }?.kind == .damaged(table: nil, key: nil))
        }

        @Test func `a second open is refused, in this process and in another`() async throws {
            let store = try directory.makeStore()
            #expect(try storageError { _ = try directory.openStore() }?.kind == .inUse(processID: getpid()))
            await #expect(processExitsWith: .success) { [path = directory.path as String, owner = getpid() as pid_t] in
                let error = try storageError {
                    _ = try ReplicaStore.open(directory: path, genesis: testGenesis(), key: testKey(0))
                }
                try #require(error?.kind == .inUse(processID: owner))
            }
            store.close()
            _ = try directory.openStore()
        }

        @Test func `a listener's store may not vouch for it and goes when it is closed`() throws {
            let store = try ReplicaStore.ephemeral(genesis: testGenesis(), key: testKey(9))
            #expect(FileManager.default.fileExists(atPath: "\(store.directory)/log/data.mdb"))
            #expect(try store.recover().mayVote == false)
            let chain = TestChain(count: 2)
            try store.apply([chain.writes(1...2) + [chain.commit(1...1)]])
            #expect(try store.reader().tip == chain.position(1))
            store.close()
            #expect(!FileManager.default.fileExists(atPath: store.directory))
        }

        @Test func `a closed store refuses, and so do its readers`() throws {
            let store = try directory.makeStore()
            let reader = try store.reader()
            store.close()
            store.close()
            #expect(try storageError { _ = try store.recover() }?.kind == .closed)
            #expect(try storageError { try store.apply([TestChain(count: 1).writes(1...1)]) }?.kind == .closed)
            #expect(try storageError { _ = try store.reader() }?.kind == .closed)
            #expect(try storageError { _ = try reader.position(at: .genesis) }?.kind == .closed)
        }

        @Test(arguments: [
            (ENOSPC, StorageError.Kind.diskFull), (EDQUOT, .diskFull), (EACCES, .noPermission), (EPERM, .noPermission),
            (EROFS, .readOnlyFileSystem), (EIO, .inputOutput), (EMFILE, .failed),
        ])
        func `what the system refuses has a name`(code: CInt, kind: StorageError.Kind) {
            #expect(StorageError.Kind(errno: code, path: "/") == kind)
        }

        @Test func `an error says what is wrong with what, and what to do`() {
            let error = StorageError(
                .damaged(table: "blocks", key: "height 7"), path: "/r/log/data.mdb", detail: "there is no such block")
            #expect(
                error.message == "/r/log/data.mdb is damaged, in table blocks, key height 7: there is no such block")
            #expect(error.description == "\(error.message): \(error.remedy)")
        }

        @Test func `the genesis that is kept is what the chain's ID is the hash of`() {
            var genesis = testGenesis()
            genesis.viewLimit = 3
            genesis.applicationData = [1, 2, 3]
            #expect(Digest(of: genesis.chainPreimage) == genesis.chainID)
            #expect(Digest(of: testGenesis().chainPreimage) == testGenesis().chainID)
        }
    }
}
