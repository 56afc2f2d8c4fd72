@testable import HotStuffCore

/// The log of a replica in a test: what is durable survives a crash, what is not is lost.
final class MemoryLog: CommittedBlocks {
    let genesis: Genesis
    private let genesisPosition: LogPosition
    private let genesisHeader: BlockHeader
    private(set) var committed: [LogPosition] = []
    private(set) var held: [Digest: Block] = [:]
    private(set) var record: VotingRecord
    private(set) var tipProof: CommitProof?

    init(genesis: Genesis) {
        self.genesis = genesis
        genesisPosition = genesis.genesisPosition
        genesisHeader = genesis.genesisHeader
        record = .fresh(epoch: Epoch(0), genesis: genesisPosition)
    }

    func apply(_ writes: [LogWrite]) {
        for write in writes {
            switch write {
            case .block(let block): held[block.hash] = block
            case .record(let new): record = new
            case .commit(let positions, let proof):
                for position in positions {
                    precondition(
                        held[position.block]?.header.parent == tip.block, "a commit that does not extend the log")
                    committed.append(position)
                }
                tipProof = proof
            }
        }
    }

    func recovered(mayVote: Bool = true) -> RecoveredLog {
        let window = genesis.maxWindow
        let uncommitted = held.values.filter { $0.height > tip.height }
            .sorted { ($0.height, $0.hash) < ($1.height, $1.hash) }
        return RecoveredLog(
            tip: held[tip.block]?.header ?? genesisHeader, tipPosition: tip, tipProof: tipProof,
            epoch: EpochStart(
                epoch: Epoch(0), genesis: genesisPosition, validators: genesis.validators, firstLeader: 0),
            record: record, recent: [genesisPosition] + committed.suffix(window), uncommitted: uncommitted,
            mayVote: mayVote)
    }

    var tip: LogPosition { committed.last ?? genesisPosition }
    var firstHeight: Height { Height(1) }
    func position(at height: Height) -> LogPosition? {
        if height == .genesis { return genesisPosition }
        let index = Int(height.rawValue) - 1
        return committed.indices.contains(index) ? committed[index] : nil
    }
    func block(at height: Height) -> Block? { position(at: height).flatMap { held[$0.block] } }
    func header(at height: Height) -> BlockHeader? { block(at: height)?.header }
    func block(with hash: Digest) -> Block? { held[hash] }
}
