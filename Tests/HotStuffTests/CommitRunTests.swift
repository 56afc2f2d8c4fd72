import Testing

@testable import HotStuff

@Suite("Runs of committed blocks for a peer that is behind (protocol 8)")
struct CommitRunTests {
    private let log: Chain

    init() throws { log = try Chain(length: 20, lead: 2) }

    @Test("goes from the proven block down to the one asked for")
    func wholeRun() throws {
        let (proof, blocks) = try run(from: 3, limit: 1 << 20)
        #expect(blocks.first?.position == proof.proven)
        #expect(blocks.first?.height == Height(20))
        #expect(blocks.last?.height == Height(3))
        #expect(proof.flaw(commitChainLength: 2) == nil)
        for (block, parent) in zip(blocks, blocks.dropFirst()) { #expect(block.header.parent == parent.hash) }
    }

    @Test("ends at its limit, at a block that later blocks prove")
    func limited() throws {
        let (proof, blocks) = try run(from: 1, limit: 100 * 8)
        #expect(blocks.first?.position == proof.proven)
        #expect(proof.flaw(commitChainLength: 2) == nil)
        #expect(blocks.first.map { $0.height < Height(9) } == true)
    }

    @Test("never stops before the first block that can be proved, however low the limit")
    func neverNothing() throws {
        for height in UInt64(1)...20 {
            let (proof, blocks) = try run(from: height, limit: 0)
            #expect(blocks.last?.height == Height(height))
            #expect(blocks.first?.position == proof.proven)
        }
    }

    @Test("above the tip there is nothing, and what is gone is said to be gone")
    func outside() throws {
        guard case .nothing(let committed) = try answer(21, 100) else {
            Issue.record("something above the tip")
            return
        }
        #expect(committed == Height(20))
        let pruned = try Chain(length: 20, lead: 2, firstHeight: 5)
        let request = CommitRequest(from: Height(4), limit: 100)
        guard case .prunedBelow(let height) = try CommitRun.answer(to: request, from: pruned, commitChainLength: 2)
        else {
            Issue.record("something below what is held")
            return
        }
        #expect(height == Height(5))
    }

    private func answer(_ height: UInt64, _ limit: UInt64) throws -> CommitsAnswer {
        try CommitRun.answer(
            to: CommitRequest(from: Height(height), limit: limit), from: log, commitChainLength: 2)
    }

    private func run(from height: UInt64, limit: UInt64) throws -> (CommitProof, [Block]) {
        guard case .run(let proof, let blocks) = try answer(height, limit) else { throw ProposeError.notRunning }
        return (proof, blocks)
    }
}

/// A committed chain whose blocks carry certificates on the block a few below them.
private struct Chain: CommittedBlocks {
    let tip: LogPosition
    let tipProof: CommitProof?
    let firstHeight: Height
    private let blocks: [Block]

    init(length: UInt64, lead: UInt64, firstHeight: UInt64 = 1) throws {
        guard let identity = Identity(seed: Array(repeating: 1, count: 32)),
            let signature = Signature(bytes: Array(repeating: 0, count: 64))
        else { throw ProposeError.notRunning }
        let genesis = Genesis(
            chainName: "chain", validators: try ValidatorSet([Validator(key: identity.key, power: 1)]))
        func certificate(on block: Block) -> QuorumCertificate {
            QuorumCertificate(
                epoch: Epoch(0), view: View(0), height: block.height, index: block.header.index, block: block.hash,
                signatures: [IndexedSignature(signer: 0, signature: signature)])
        }
        var blocks: [Block] = []
        // Those above the tip only prove it.
        for height in 1...length + 2 * lead {
            let payload = Payload(bytes: Array(repeating: UInt8(height), count: 100))
            let header = BlockHeader(
                chainID: genesis.chainID, epoch: Epoch(0), view: View(0), height: Height(height), index: height - 1,
                parent: blocks.last?.hash ?? genesis.genesisPosition.block,
                justify: height > lead
                    ? certificate(on: blocks[Int(height - lead) - 1])
                    : .genesis(of: Epoch(0), at: genesis.genesisPosition),
                entry: nil, closes: nil, payloadDigest: payload.digest, payloadLength: 100, nextValidators: nil)
            blocks.append(Block(header: header, stored: payload, hash: header.hash))
        }
        tip = blocks[Int(length) - 1].position
        let second = blocks[Int(length + lead) - 1]
        tipProof = CommitProof(headers: [second.header], certificate: certificate(on: second))
        self.firstHeight = Height(firstHeight)
        self.blocks = Array(blocks.prefix(Int(length)))
    }

    func block(at height: Height) -> Block? {
        height >= firstHeight && height <= tip.height ? blocks[Int(height.rawValue) - 1] : nil
    }
    func header(at height: Height) -> BlockHeader? { block(at: height)?.header }
    func position(at height: Height) -> LogPosition? { block(at: height)?.position }
    func block(with hash: Digest) -> Block? { blocks.first { $0.hash == hash } }
}
