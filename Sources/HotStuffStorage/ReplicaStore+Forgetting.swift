internal import HotStuffCore
internal import LMDB

extension ReplicaStore {
    /// Lets the replica of this store, which may lack records of what its key has signed, come to sign again: it is a copy
    /// from an earlier time, be it one of ``backUp(directory:to:options:)``'s or any other.
    ///
    /// Whoever puts a copy in the place of a store calls this before a replica opens it. In one transaction, durable when it
    /// returns; a store that was marked before and has since recovered begins anew. What it holds is kept, since it is true
    /// as far as it goes.
    ///
    /// - Throws: kinds `diskFull`, `damaged` (the voting record), `closed`, `failed`.
    public func markForgotten() throws(StorageError) {
        precondition(!isEphemeral, "a store that goes with its replica cannot remember what it signs")
        let tables = tables
        try StorageError.wrapping(path: tables.path) {
            try tables.environment.writeGrowing(upTo: mapLimit) { (transaction: inout WriteTransaction) in
                var seal = try tables.seal(transaction)
                var record = try tables.votingRecord(transaction)
                record.forgetting = .asking
                try tables.put(record, into: &seal, &transaction)
                try tables.put([1], under: .mayVote, &transaction)
                try tables.put(seal, &transaction)
            }
        }
    }
}
