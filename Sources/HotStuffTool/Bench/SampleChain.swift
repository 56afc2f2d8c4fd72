import HotStuffCore

/// A chain of four validators for measurements of the log, which looks at no signature.
struct SampleChain {
    /// The chain's configuration.
    let genesis: Genesis
    /// Whose log is measured.
    let key: ValidatorKey
    private var last: BlockHeader
    private var lastHash: Digest
    private let signature: Signature

    /// A chain at its genesis.
    ///
    /// - Parameter maxWindow: so many of the last blocks are never dropped; nil for the default.
    init(maxWindow: Int? = nil) throws {
        let keys = try (0..<4).map { number in
            guard let key = ValidatorKey(bytes: [UInt8(number)] + Array(repeating: 9, count: 31)) else {
                throw ToolError("a sample key is none", remedy: "report this")
            }
            return key
        }
        guard let signature = Signature(bytes: Array(repeating: 5, count: 64)) else {
            throw ToolError("a sample signature is none", remedy: "report this")
        }
        var genesis = Genesis(
            chainName: "bench", validators: try ValidatorSet(keys.map { Validator(key: $0, power: 1) }))
        if let maxWindow { genesis.maxWindow = maxWindow }
        self.genesis = genesis
        key = keys[0]
        last = genesis.genesisHeader
        lastHash = last.hash
        self.signature = signature
    }

    /// The next block, which certifies the one before it.
    mutating func next(_ payload: Payload) throws -> Block {
        guard let height = last.height.successor else { throw ToolError("no more heights", remedy: "measure less") }
        let header = BlockHeader(
            chainID: genesis.chainID, epoch: Epoch(0), view: View(0), height: height,
            index: last.height == .genesis ? 0 : last.index + 1, parent: lastHash, justify: certificateOnLast,
            entry: nil, closes: nil, payloadDigest: payload.digest, payloadLength: UInt64(payload.count),
            nextValidators: nil)
        guard let block = Block(header: header, payload: payload) else {
            throw ToolError("a sample block is none", remedy: "report this")
        }
        (last, lastHash) = (header, block.hash)
        return block
    }

    /// What commits blocks, the last of which is right below `above`, the newest one.
    func commit(_ blocks: [LogPosition], above: Block) -> LogWrite {
        .commit(blocks, proof: CommitProof(headers: [above.header], certificate: certificateOnLast))
    }

    /// The record of a vote for the newest block.
    var record: VotingRecord {
        var record = VotingRecord.fresh(epoch: Epoch(0), genesis: genesis.genesisPosition)
        record.lastVoted = VotingRecord.Voted(view: last.view, height: last.height, index: last.index, block: lastHash)
        record.highQC = last.justify
        return record
    }

    private var certificateOnLast: QuorumCertificate {
        guard last.height > .genesis else { return .genesis(of: Epoch(0), at: genesis.genesisPosition) }
        return QuorumCertificate(
            epoch: last.epoch, view: last.view, height: last.height, index: last.index, block: lastHash,
            signatures: (0..<3).map { IndexedSignature(signer: $0, signature: signature) })
    }
}
