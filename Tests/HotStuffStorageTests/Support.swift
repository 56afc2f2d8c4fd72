import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

/// One test at a time: a child process that is just being made shares its parent's file locks for a moment, and a store
/// that another test closes then cannot be opened again at once.
@Suite(.serialized) enum StorageTests {}

/// A directory of one test's own, removed with this value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The data file of a store in it.
    var dataFile: URL { URL(fileURLWithPath: "\(path)/log/data.mdb") }

    /// Formats a store in it and opens it.
    func makeStore(
        genesis: Genesis = testGenesis(), options: ReplicaStore.Options = .init()
    ) throws -> ReplicaStore {
        try ReplicaStore.format(directory: path, genesis: genesis, key: testKey(0), options: options)
        return try openStore(genesis: genesis, options: options)
    }

    /// Opens the store in it.
    func openStore(
        genesis: Genesis = testGenesis(), key: ValidatorKey = testKey(0), options: ReplicaStore.Options = .init()
    ) throws -> ReplicaStore {
        try ReplicaStore.open(directory: path, genesis: genesis, key: key, options: options)
    }

    /// Changes every copy of some bytes in the data file of a closed store; pages that were given up have copies too.
    ///
    /// - Returns: how many copies there were.
    @discardableResult
    func patch(_ old: [UInt8], _ new: [UInt8]) throws -> Int {
        precondition(old.count == new.count, "a patch keeps the length")
        var data = try Data(contentsOf: dataFile)
        var count = 0
        var start = data.startIndex
        while let range = data.range(of: Data(old), in: start..<data.endIndex) {
            data.replaceSubrange(range, with: new)
            start = range.upperBound
            count += 1
        }
        try data.write(to: dataFile)
        return count
    }
}

/// A pseudo-random sequence that is the same in every process.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The key of a validator by its number.
func testKey(_ number: UInt8) -> ValidatorKey {
    made(ValidatorKey(bytes: [number] + Array(repeating: 7, count: 31)))
}

/// What a test made of parts that fit.
private func made<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a test made something of parts that do not fit") }
    return value
}

/// A chain of four validators.
func testGenesis(name: String = "test", maxWindow: Int = 64, chainLength: Int = 2) -> Genesis {
    let members = (0..<4).map { Validator(key: testKey($0), power: 1) }
    var genesis = Genesis(chainName: name, validators: made(try? ValidatorSet(members)))
    genesis.maxWindow = maxWindow
    genesis.commitChainLength = chainLength
    return genesis
}

/// A certificate on a block; whose signatures mean nothing, since no test here looks at them.
func certificate(on block: Block) -> QuorumCertificate {
    let signatures = (0..<3).map {
        IndexedSignature(signer: $0, signature: made(Signature(bytes: Array(repeating: UInt8($0), count: 64))))
    }
    return QuorumCertificate(
        epoch: block.header.epoch, view: block.view, height: block.height, index: block.header.index,
        block: block.hash, signatures: signatures)
}

/// Blocks, each the parent of the next.
struct TestChain {
    let genesis: Genesis
    private(set) var blocks: [Block] = []

    init(_ genesis: Genesis = testGenesis()) { self.genesis = genesis }

    /// A chain of `count` blocks, each of which certifies the one before it.
    init(_ genesis: Genesis = testGenesis(), count: Int) {
        self.init(genesis)
        for _ in 0..<count { append() }
    }

    /// The block at a height above genesis.
    subscript(height: Int) -> Block { blocks[height - 1] }

    /// The place at a height.
    func position(_ height: Int) -> LogPosition { height == 0 ? genesis.genesisPosition : self[height].position }

    /// Makes a block on the last one; its payload tells chains and heights apart.
    func makeBlock(view: UInt64 = 0, justify: Int? = nil, salt: UInt8 = 0, size: Int? = nil) -> Block {
        let height = blocks.count + 1
        let justified = justify ?? height - 1
        let size = size ?? 100 + height % 7 * 900
        let payload = Payload { writer in
            guard size > 0 else { return }
            writer.append(UInt64(height))
            for byte in 0..<max(0, size - 8) { writer.append(UInt8(truncatingIfNeeded: byte &* 31 &+ height) ^ salt) }
        }
        let header = BlockHeader(
            chainID: genesis.chainID, epoch: Epoch(0), view: View(view), height: Height(UInt64(height)),
            index: blocks.last.map { $0.view.rawValue == view ? $0.header.index + 1 : 0 } ?? 0,
            parent: position(height - 1).block,
            justify: justified == 0
                ? .genesis(of: Epoch(0), at: genesis.genesisPosition) : certificate(on: self[justified]),
            entry: nil, closes: nil, payloadDigest: payload.digest, payloadLength: UInt64(payload.count),
            nextValidators: nil)
        return made(Block(header: header, payload: payload))
    }

    mutating func append(_ block: Block) { blocks.append(block) }
    mutating func append() { append(makeBlock()) }

    /// The proof of a block where each block certifies the one before it and `L` is 2.
    func proof(of height: Int) -> CommitProof {
        CommitProof(headers: [self[height + 1].header], certificate: certificate(on: self[height + 1]))
    }

    /// What commits the blocks of these heights.
    func commit(_ heights: ClosedRange<Int>) -> LogWrite {
        .commit(heights.map(position), proof: proof(of: heights.upperBound))
    }

    /// What writes the blocks of these heights.
    func writes(_ heights: ClosedRange<Int>) -> [LogWrite] { heights.map { .block(self[$0]) } }

    /// A record of a vote for the block at a height.
    func record(votedFor height: Int) -> VotingRecord {
        var record = VotingRecord.fresh(epoch: Epoch(0), genesis: genesis.genesisPosition)
        let block = self[height]
        record.lastVoted = VotingRecord.Voted(
            view: block.view, height: block.height, index: block.header.index, block: block.hash)
        record.highQC = block.header.justify
        return record
    }
}

/// The error that `body` throws; `nil` if it throws none.
func storageError(_ body: () throws -> Void) throws -> StorageError? {
    do { try body() } catch let error as StorageError { return error }
    return nil
}

extension [Block] {
    /// Hashes and payloads, to compare blocks by.
    var contents: [String] { map { "\($0.hash.hexadecimalText) \($0.payload.digest.hexadecimalText)" } }
}
