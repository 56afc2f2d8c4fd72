import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    /// Blocks with signatures that hold, taken from one log to another, and taken back.
    struct ExportTests {
        let directory: TemporaryDirectory
        let other: TemporaryDirectory
        let chain: SignedChain
        private static let tip = 40

        init() throws {
            directory = try TemporaryDirectory()
            other = try TemporaryDirectory()
            chain = SignedChain(count: 43)
            let store = try makeStore(in: directory)
            var record = VotingRecord.fresh(epoch: Epoch(0), genesis: chain.genesis.genesisPosition)
            let newest = chain[42]
            record.lastVoted = VotingRecord.Voted(
                view: newest.view, height: newest.height, index: newest.header.index, block: newest.hash)
            try store.apply([
                (1...42).map { .block(chain[$0]) } + [chain.commit(1...Self.tip), .record(record)]
            ])
            store.close()
        }

        private func makeStore(in directory: TemporaryDirectory) throws -> ReplicaStore {
            try ReplicaStore.format(directory: directory.path, genesis: chain.genesis, key: chain.key)
            return try open(directory)
        }

        private func open(_ directory: TemporaryDirectory) throws -> ReplicaStore {
            try ReplicaStore.open(directory: directory.path, genesis: chain.genesis, key: chain.key)
        }

        private func export(from first: Height = Height(1)) throws -> String {
            let file = "\(directory.path)/export-\(first)"
            let heights = try StoredLog(directory: directory.path).export(
                from: first, to: file, commitChainLength: 2)
            #expect(heights == first...Height(UInt64(Self.tip)))
            return file
        }

        @Test func `signatures and proofs of a whole log hold`() throws {
            let found = try StoredLog(directory: directory.path).verify(genesis: chain.genesis)
            #expect(found.flaws.isEmpty, "\(found.flaws)")
            #expect(found.blockCount == UInt64(Self.tip) && found.provedRunCount > 0)
        }

        @Test func `what was exported is imported, and imported once only`() throws {
            let file = try export()
            let store = try makeStore(in: other)
            var heights: [Height] = []
            #expect(try store.importBlocks(from: file) { heights.append($0) } == chain[Self.tip].position)
            #expect(heights.last == Height(UInt64(Self.tip)))
            #expect(try store.importBlocks(from: file) == chain[Self.tip].position)
            let reader = try store.reader()
            for height in 1...Self.tip {
                #expect(try reader.block(at: Height(UInt64(height)))?.payload == chain[height].payload)
            }
            // Importing promises nothing.
            #expect(try store.recover().record.lastVoted == nil)
            store.close()
            #expect(try StoredLog(directory: other.path).verify(genesis: chain.genesis).flaws.isEmpty)
        }

        @Test func `a file that does not follow on the log is refused`() throws {
            let file = try export(from: Height(7))
            let store = try makeStore(in: other)
            let error = try storageError { _ = try store.importBlocks(from: file) }
            #expect(error?.kind == .failed && error?.detail.contains("height 7") == true)
            #expect(try store.reader().tip.height == .genesis)
        }

        @Test func `no export overwrites a file`() throws {
            let file = try export()
            let log = try StoredLog(directory: directory.path)
            #expect(
                try storageError { _ = try log.export(to: file, commitChainLength: 2) }?.detail.contains("exists")
                    == true)
        }

        @Test(arguments: 0..<24) func `a changed or cut-off file is refused, and what is imported is the chain's`(
            seed: UInt64
        ) throws {
            var generator = SeededGenerator(seed: seed)
            let file = URL(fileURLWithPath: try export())
            var bytes = try Data(contentsOf: file)
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            if seed % 4 == 0 { bytes = bytes.prefix(place) } else { bytes[place] ^= 1 << UInt8(seed % 8) }
            try bytes.write(to: file)
            let store = try makeStore(in: other)
            #expect(throws: StorageError.self) { try store.importBlocks(from: file.path) }
            let reader = try store.reader()
            for height in 1...Self.tip {
                let block = try reader.block(at: Height(UInt64(height)))
                #expect(block == nil || block?.hash == chain[height].hash)
            }
        }

        @Test func `a log is taken back to a height that it proves, and has forgotten what was signed`() throws {
            let file = try export()
            let store = try open(directory)
            let tip = try store.truncate(to: Height(25))
            #expect(tip == chain[25].position)
            #expect(try store.reader().block(at: Height(26)) == nil)
            store.close()
            let again = try open(directory)
            let log = try again.recover()
            #expect(log.tipPosition == tip && log.uncommitted.isEmpty && log.record.lastVoted == nil)
            #expect(log.record.forgetting == .asking)
            #expect(try again.importBlocks(from: file) == chain[Self.tip].position)
            #expect(try storageError { _ = try again.truncate(to: Height(40)) }?.kind == .failed)
            again.close()
            #expect(try StoredLog(directory: directory.path).verify(genesis: chain.genesis).flaws.isEmpty)
        }
    }
}

/// Blocks, each the parent of the next and certified by it, with signatures of four validators that hold.
struct SignedChain {
    let genesis: Genesis
    private let keys: [SigningKey]
    private var blocks: [Block] = []

    init(count: Int) {
        // In the order of their public keys, as a validator set has them.
        keys = (0..<4).compactMap { SigningKey(seed: Array(repeating: $0 + 1, count: 32)) }
            .sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
        guard let set = try? ValidatorSet(keys.map { Validator(key: $0.key, power: 1) }) else {
            preconditionFailure("four keys are a validator set")
        }
        genesis = Genesis(chainName: "signed", validators: set)
        for _ in 0..<count { append() }
    }

    var key: ValidatorKey { keys[0].key }

    subscript(height: Int) -> Block { blocks[height - 1] }

    /// What commits the blocks of these heights.
    func commit(_ heights: ClosedRange<Int>) -> LogWrite {
        let above = self[heights.upperBound + 1]
        return .commit(
            heights.map { self[$0].position },
            proof: CommitProof(headers: [above.header], certificate: certificate(on: above)))
    }

    private func certificate(on block: Block) -> QuorumCertificate {
        let statement = Statement.vote(
            epoch: block.header.epoch, view: block.view, height: block.height, index: block.header.index,
            block: block.hash)
        let signatures = (0..<3).map { index in
            IndexedSignature(
                signer: UInt16(index), signature: keys[index].sign(statement, chainID: genesis.chainID))
        }
        return QuorumCertificate(
            epoch: block.header.epoch, view: block.view, height: block.height, index: block.header.index,
            block: block.hash, signatures: signatures)
    }

    private mutating func append() {
        let height = blocks.count + 1
        let payload = Payload { $0.append(Array(repeating: UInt8(height), count: 10 + height * 40)) }
        let below = blocks.last
        let header = BlockHeader(
            chainID: genesis.chainID, epoch: Epoch(0), view: View(0), height: Height(UInt64(height)),
            index: UInt64(height - 1), parent: below?.hash ?? genesis.genesisPosition.block,
            justify: below.map { certificate(on: $0) } ?? .genesis(of: Epoch(0), at: genesis.genesisPosition),
            entry: nil, closes: nil, payloadDigest: payload.digest, payloadLength: UInt64(payload.count),
            nextValidators: nil)
        guard let block = Block(header: header, payload: payload) else {
            preconditionFailure("a block of its own payload")
        }
        blocks.append(block)
    }
}
