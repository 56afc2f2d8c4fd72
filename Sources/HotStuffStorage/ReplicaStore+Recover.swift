public import HotStuffCore
internal import LMDB

extension ReplicaStore {
    /// What a start needs to know, checked: the record, the tip and its proof, the places of the newest committed
    /// blocks, and the blocks above the tip with their payloads.
    ///
    /// Blocks above the tip that are damaged are left out and named: their replica fetches them again if they are needed.
    ///
    /// Reads as many entries whatever the log's length: `maxWindow` places at most, and the uncommitted blocks.
    ///
    /// - Throws: kinds `damaged`, `closed`, `failed`.
    public func recover() throws(StorageError) -> RecoveredLog { try recover(from: tables) }

    /// Recovers from these tables, which are the store's own.
    func recover(from tables: Tables) throws(StorageError) -> RecoveredLog {
        try StorageError.wrapping(path: tables.path) {
            try tables.environment.read { transaction in
                let record = try tables.votingRecord(transaction)
                var recent = try tables.newestPositions(genesis.maxWindow, transaction)
                guard let tip = recent.last else { throw tables.noTip() }
                // A replica that has slept through more than a window must still know that its newest vote is committed.
                if let voted = record.lastVoted, let lowest = recent.first, voted.height < lowest.height,
                    let committed = try tables.position(at: voted.height, transaction)
                {
                    recent.insert(committed, at: 0)
                }
                let uncommitted = try tables.blocks(above: tip.height, transaction)
                let epoch = try tables.newestEpoch(transaction)
                let above = uncommitted.whole.map(\.position) + uncommitted.damaged
                try tables.check(epoch: epoch.epoch, uncommitted: above, transaction)
                return RecoveredLog(
                    tip: try header(of: tip, tables, transaction), tipPosition: tip,
                    tipProof: try tables.proof(of: tip, transaction), epoch: epoch, record: record, recent: recent,
                    uncommitted: uncommitted.whole, damaged: uncommitted.damaged,
                    firstHeight: try tables.firstHeight(transaction), mayVote: try tables.mayVote(transaction))
            }
        }
    }

    private func header(
        of tip: LogPosition, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> BlockHeader {
        if tip.height == .genesis {
            // Checked by its hash here, as every other header is by its own.
            guard tip == origin.position else {
                throw tables.damaged(.committed, .place(tip.height), "it is not the genesis block of this chain")
            }
            return origin.header
        }
        guard let header = try tables.header(at: tip, transaction) else { throw tables.missing(tip) }
        return header
    }
}
