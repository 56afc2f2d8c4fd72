public import HotStuffCore
internal import LMDB

extension ReplicaStore {
    /// Makes the writes of waiting tickets durable, in their order, in one transaction and with one sync.
    ///
    /// When it returns, all of them survive a power cut; when it throws, none of them may be taken to be there, nor to
    /// be gone, and every later call throws. Called by one thread, the writer's. What is written is held in memory
    /// until the sync, so whoever gathers the tickets bounds their bytes; a ticket of any size is written, the map
    /// growing as it must.
    ///
    /// Breaches of the log's own rules trap: a commit that does not extend the tip, or a proof of another block.
    ///
    /// - Parameter writes: the changes of each ticket.
    /// - Throws: kinds `diskFull`, `damaged` (what a commit refers to), `closed`, `failed`.
    public func apply(_ writes: [[LogWrite]]) throws(StorageError) {
        guard writes.contains(where: { !$0.isEmpty }) else { return }
        let (tables, path) = (tables, tables.path)
        try StorageError.wrapping(path: path) {
            // The closure runs again after the map has grown: all that it learns, it learns anew.
            try tables.environment.writeGrowing(upTo: mapLimit) { (transaction: inout WriteTransaction) in
                var change = LogChange(tables, try tables.seal(transaction))
                for write in writes.joined() { try change.add(write, &transaction) }
                try change.finish(&transaction)
            }
        }
    }
}

/// The changes of one transaction while they are made.
private struct LogChange {
    private let tables: Tables
    /// What this transaction leaves: the tip, with what it commits, and the blocks above it.
    private var seal: Seal
    private var tip: LogPosition {
        get { seal.tip }
        set { seal.tip = newValue }
    }
    /// Written at the end, since of several only the last one counts.
    private var record: VotingRecord?
    private var tipProof: CommitProof?

    init(_ tables: Tables, _ seal: Seal) {
        self.tables = tables
        self.seal = seal
    }

    mutating func add(_ write: LogWrite, _ transaction: inout WriteTransaction) throws {
        switch write {
        case .block(let block): try put(block, &transaction)
        case .record(let new): record = new
        case .commit(let positions, let proof): try commit(positions, proof: proof, &transaction)
        }
    }

    mutating func finish(_ transaction: inout WriteTransaction) throws {
        if let record { try tables.put(record, into: &seal, &transaction) }
        if let tipProof { try tables.put(tipProof.encoded(), under: .tipProof, &transaction) }
        try tables.put(seal, &transaction)
    }

    private mutating func put(_ block: Block, _ transaction: inout WriteTransaction) throws {
        if block.height <= tip.height {
            // Decided: of blocks down here only the committed ones are kept, and may be put right.
            guard try tables.position(at: block.height, transaction) == block.position else { return }
        } else if try !tables.holds(block.position, transaction) {
            seal.toggle(block.hash)
        }
        try tables.put(block, &transaction)
    }

    private mutating func commit(
        _ positions: [LogPosition], proof: CommitProof, _ transaction: inout WriteTransaction
    ) throws {
        guard let first = positions.first, let last = positions.last else {
            preconditionFailure("a commit of no block")
        }
        precondition(proof.proven == last, "a commit of \(last) with a proof of \(String(describing: proof.proven))")
        for position in positions {
            precondition(position.height == tip.height.successor, "a commit of \(position) right above \(tip)")
            guard let header = try tables.header(at: position, transaction) else {
                throw tables.missing(position)
            }
            precondition(header.parent == tip.block, "a commit of \(position), which does not extend \(tip)")
            try tables.append(position, &transaction)
            seal.toggle(position.block)
            tip = position
        }
        let dropped = try tables.dropBlocks(
            from: first.height, through: last.height, except: positions, &transaction)
        for hash in dropped { seal.toggle(hash) }
        tipProof = proof
    }
}
