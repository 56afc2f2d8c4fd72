public import HotStuffCore
internal import LMDB

extension ReplicaStore {
    /// How many blocks below the height asked for are looked at for one that can be proved.
    private static let provableWithin: UInt64 = 10_000

    /// Takes committed blocks back, from the tip down to the highest at or below `height` that the log itself proves.
    ///
    /// For a log whose upper part is damaged, or whose state machine is to run over it once more: what is taken back is
    /// fetched from peers again. The log does not know any more what its replica signed, so its record says that it has
    /// forgotten: the replica signs nothing until the others have told it how far that may reach.
    ///
    /// - Returns: the tip now.
    /// - Throws: kinds `damaged`, `diskFull`, `closed`, `failed` (also if no block there is held, or none can be proved).
    public func truncate(to height: Height) throws(StorageError) -> LogPosition {
        let proof = try proof(atOrBelow: height)
        guard let tip = proof.proven else { throw noProof(height) }
        let tables = tables
        try StorageError.wrapping(path: tables.path) {
            try tables.environment.writeGrowing(upTo: mapLimit) { (transaction: inout WriteTransaction) in
                for position in try tables.positions(above: tip.height, transaction) {
                    try tables.drop(position, &transaction)
                }
                let above = KeyRange.after(tip.height.rawValue.bigEndianBytes)
                try transaction.deleteRange(above, in: tables[.committed])
                var epoch = try tables.newestEpoch(transaction)
                while epoch.genesis.height > tip.height {
                    try transaction.delete(epoch.epoch.rawValue.bigEndianBytes.span.bytes, in: tables[.epochs])
                    epoch = try tables.newestEpoch(transaction)
                }
                let record = VotingRecord.fresh(
                    epoch: epoch.epoch, genesis: epoch.genesis, forgetting: .asking)
                try tables.put(record.encoded(), in: .record, for: Tables.recordKey, &transaction)
                try tables.put(proof.encoded(), under: .tipProof, &transaction)
                try tables.put([1], under: .mayVote, &transaction)
                try tables.sealAnew(&transaction)
            }
        }
        return tip
    }

    private func proof(atOrBelow height: Height) throws(StorageError) -> CommitProof {
        let reader = try reader()
        guard height < reader.tip.height, height >= reader.firstHeight else {
            throw StorageError(
                .failed, path: tables.path,
                detail: "the log can be cut back to heights from \(reader.firstHeight) up to below \(reader.tip.height)"
            )
        }
        var candidate = height.rawValue
        while candidate >= reader.firstHeight.rawValue, height.rawValue - candidate < Self.provableWithin {
            let request = CommitRequest(from: Height(candidate), limit: 0)
            let answer = try StorageError.wrapping(path: tables.path) {
                try CommitsAnswer(to: request, from: reader, commitChainLength: genesis.commitChainLength)
            }
            if case .run(let proof, _) = answer, let proven = proof.proven, proven.height <= height { return proof }
            candidate -= 1
        }
        throw noProof(height)
    }

    private func noProof(_ height: Height) -> StorageError {
        StorageError(
            .failed, path: tables.path, detail: "no block at or near height \(height) can be proved by the log")
    }
}
