public import HotStuffCore
internal import LMDB

/// What looking at all of a log found.
public struct LogVerification: Sendable {
    /// Something that is not what was written, or is not there.
    public struct Flaw: Sendable, Hashable {
        /// The height concerned, if it is one.
        public let height: Height?
        /// What is wrong, with table and key.
        public let text: String
    }

    /// The lowest height that was looked at.
    public let firstHeight: Height
    /// The committed tip.
    public let tip: LogPosition
    /// How many blocks were read and hashed.
    public internal(set) var blockCount: UInt64 = 0
    /// How many bytes of payloads were.
    public internal(set) var payloadSize = ByteCount.bytes(0)
    /// How many runs of blocks were found proved by certificates; 0 without a genesis configuration.
    public internal(set) var provedRunCount = 0
    /// How many pages are neither in use nor free: no harm, and gone after compaction.
    public internal(set) var lostPageCount = 0
    /// What was found wrong, lowest height first, but for flaws of no height, which come first; at most a thousand.
    public internal(set) var flaws: [Flaw] = []

    static let flawLimit = 1_000

    mutating func note(_ height: Height?, _ error: any Error) {
        guard flaws.count < Self.flawLimit else { return }
        let text = (error as? StorageError)?.message ?? "\(error)"
        flaws.append(Flaw(height: height, text: text))
    }
}

extension StoredLog {
    /// Looks at everything: each page, the seal, each committed block with its hash, its place, its parent and its entry in
    /// `hashes`, and the tip's proof; with a genesis configuration also the certificates that prove the blocks, as a peer
    /// would that asks for them.
    ///
    /// Each block is a read of its own; only the look at the pages keeps pages from being used again while it lasts.
    ///
    /// - Parameters:
    ///   - genesis: what the chain's ID is the hash of; nil to look at no signature.
    ///   - progress: told how many blocks of how many are done; false ends it early.
    /// - Returns: what was found. Damage is a flaw there, not an error.
    /// - Throws: kinds `wrongChain`, `closed`, `failed`; `damaged` if so much is that the tip is not known.
    public func verify(
        genesis: Genesis? = nil, progress: (_ done: UInt64, _ all: UInt64) -> Bool = { _, _ in true }
    ) throws(StorageError) -> LogVerification {
        let owner = try owner()
        if let genesis, genesis.chainID != owner.chainID {
            throw StorageError(
                .wrongChain(found: owner.chainID, expected: genesis.chainID), path: tables.path, detail: "in table meta"
            )
        }
        let reader = try reader()
        var found = LogVerification(firstHeight: reader.firstHeight, tip: reader.tip)
        try lookAtPages(&found)
        let all = reader.tip.height.rawValue + 1 - min(reader.tip.height.rawValue + 1, reader.firstHeight.rawValue)
        var next = reader.firstHeight
        while next <= reader.tip.height {
            do throws(StorageError) { try lookAtBlock(next, reader, &found) } catch {
                guard error.isDamage else { throw error }
                found.note(next, error)
            }
            guard progress(next.rawValue + 1 - reader.firstHeight.rawValue, all), let higher = next.successor else {
                return found
            }
            next = higher
        }
        if let genesis, reader.tip.height > .genesis { lookAtProofs(genesis, owner.replica, reader, &found) }
        return found
    }

    private func lookAtPages(_ found: inout LogVerification) throws(StorageError) {
        do throws(StorageError) {
            found.lostPageCount = try StorageError.wrapping(path: tables.path) {
                let summary = try tables.environment.checkStructure()
                try tables.environment.read { transaction in
                    // A replica that runs may have written since: then the seal before is not the one before this one.
                    try tables.checkSealNumber(transaction)
                }
                return summary.lostPageCount
            }
        } catch {
            guard error.isDamage else { throw error }
            found.note(nil, error)
        }
    }

    private func lookAtBlock(
        _ height: Height, _ reader: LogReader, _ found: inout LogVerification
    ) throws(StorageError) {
        guard let block = try reader.block(at: height) else { return }  // pruned meanwhile
        found.blockCount += 1
        found.payloadSize = .bytes(found.payloadSize.bytes + block.payload.count)
        let below = try height.rawValue > 1 ? reader.position(at: Height(height.rawValue - 1)) : nil
        if let below, block.header.parent != below.block {
            throw tables.damaged(block.position, "its parent is not the committed block below it")
        }
        let indexed = try StorageError.wrapping(path: tables.path) {
            try tables.environment.read { try tables.position(of: block.hash, $0) }
        }
        guard indexed == block.position else {
            throw tables.damaged(.hashes, .hash(block.hash), "there is no entry, or one of another height")
        }
    }

    /// Asks for all blocks as a peer would, and checks the answers as it would.
    private func lookAtProofs(
        _ genesis: Genesis, _ replica: ValidatorKey, _ reader: LogReader, _ found: inout LogVerification
    ) {
        let verifier = Verifier(genesis: genesis)
        var next = max(reader.firstHeight, Height(1))
        while next <= reader.tip.height {
            do {
                let answer = try CommitsAnswer(
                    to: CommitRequest(from: next, limit: 4 << 20), from: reader,
                    commitChainLength: genesis.commitChainLength)
                guard case .run(let proof, let blocks) = answer, let proven = proof.proven, proven.height >= next,
                    blocks.last?.height == next
                else { return }
                _ = try verifier.verify(.commits(answer), from: replica)
                found.provedRunCount += 1
                guard let higher = proven.height.successor else { return }
                next = higher
            } catch {
                found.note(next, error)
                return
            }
        }
    }
}
