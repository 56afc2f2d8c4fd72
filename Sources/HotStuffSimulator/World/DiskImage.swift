internal import HotStuffCore

/// What a replica's disk holds durably: a value, so that a copy of it is an old state to restore.
struct DiskImage: Sendable {
    private let genesisPosition: LogPosition
    let genesisHeader: BlockHeader
    private let epoch: EpochStart
    private let window: Int
    /// The committed chain, height 1 first.
    private(set) var committed: [Block] = []
    /// Uncommitted blocks, in the order of their heights and hashes.
    private(set) var uncommitted: [Block] = []
    /// What the replica has promised.
    private(set) var record: VotingRecord
    /// The proof of the tip.
    private(set) var tipProof: CommitProof?
    /// What of its writes cannot be, if anything.
    private(set) var flaw: String?
    /// Whether this disk may vouch for what its replica has signed.
    var mayVote = true

    /// A disk that was just formatted.
    ///
    /// - Parameter hasForgotten: whether for a key that may have signed before.
    init(genesis: Genesis, hasForgotten: Bool = false) {
        genesisHeader = genesis.genesisHeader
        genesisPosition = LogPosition(height: .genesis, block: genesisHeader.hash)
        epoch = genesis.firstEpoch
        window = genesis.maxWindow
        record = .fresh(epoch: Epoch(0), genesis: genesisPosition, forgetting: hasForgotten ? .asking : nil)
    }

    /// The committed tip.
    var tip: LogPosition { committed.last?.position ?? genesisPosition }

    /// The view in which the tip was proposed; nil at genesis.
    var tipView: View? { committed.last?.view }

    /// Makes one group of writes durable, as one transaction does.
    mutating func apply(_ writes: [LogWrite]) {
        for write in writes {
            switch write {
            case .block(let block): hold(block)
            case .record(let new): record = new
            case .commit(let positions, let proof): commit(positions, proof)
            }
        }
    }

    private mutating func hold(_ block: Block) {
        guard block.height > tip.height, !uncommitted.contains(where: { $0.hash == block.hash }) else { return }
        let place = uncommitted.lastIndex { ($0.height, $0.hash) < (block.height, block.hash) }.map { $0 + 1 } ?? 0
        uncommitted.insert(block, at: place)
    }

    private mutating func commit(_ positions: [LogPosition], _ proof: CommitProof) {
        guard proof.proven == positions.last else {
            flaw = "a commit with a proof of another block"
            return
        }
        for position in positions {
            guard let block = uncommitted.first(where: { $0.hash == position.block }) else {
                flaw = "a commit of \(position), which was never written"
                return
            }
            guard block.header.parent == tip.block else {
                flaw = "a commit of \(position), which does not extend the log"
                return
            }
            committed.append(block)
        }
        let height = tip.height
        uncommitted.removeAll { $0.height <= height }
        tipProof = proof
    }

    /// Notes that it is a copy from an earlier time, as `ReplicaStore.markForgotten` does.
    mutating func markForgotten() { record.forgetting = .asking }

    /// Commits a block that nobody decided.
    mutating func place(_ block: Block) { committed.append(block) }

    /// What a start of the replica finds.
    func recovered() -> RecoveredLog {
        let recent = committed.suffix(window).map(\.position)
        return RecoveredLog(
            tip: committed.last?.header ?? genesisHeader, tipPosition: tip, tipProof: tipProof, epoch: epoch,
            record: record, recent: committed.count < window ? [genesisPosition] + recent : recent,
            uncommitted: uncommitted, mayVote: mayVote)
    }

    /// The highest rank of a certificate that a restart finds here: in the record, the tip's proof, or a block.
    var highestCertified: Rank {
        var highest = max(record.highQC.rank, tipProof?.certificate.rank ?? record.highQC.rank)
        for block in uncommitted { highest = max(highest, block.header.justify.rank) }
        return highest
    }

    /// Whether the block is here, committed or not.
    func holds(_ position: LogPosition) -> Bool {
        let index = Int(position.height.rawValue) - 1
        if committed.indices.contains(index) { return committed[index].hash == position.block }
        return position.height == .genesis || uncommitted.contains { $0.hash == position.block }
    }
}

extension DiskImage: CommittedBlocks {
    /// Nothing is ever pruned.
    var firstHeight: Height { Height(1) }

    /// The committed block at `height`.
    func block(at height: Height) -> Block? {
        let index = Int(clamping: height.rawValue) - 1
        return committed.indices.contains(index) ? committed[index] : nil
    }

    /// Its header.
    func header(at height: Height) -> BlockHeader? { block(at: height)?.header }

    /// Its place; genesis has one too.
    func position(at height: Height) -> LogPosition? {
        height == .genesis ? genesisPosition : block(at: height)?.position
    }

    /// The block with this hash, committed or not.
    func block(with hash: Digest) -> Block? {
        uncommitted.first { $0.hash == hash } ?? committed.last { $0.hash == hash }
    }
}
