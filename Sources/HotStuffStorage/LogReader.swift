public import HotStuffCore
internal import LMDB

/// The committed blocks of a store as they were when this was made; see ``ReplicaStore/reader()``.
///
/// A value that may be kept and shared, and keeps the store open. Every call reads in a transaction of its own and copies
/// what it gives out: committed blocks do not change, so that is sound, and a state machine that replays a long log
/// then does not keep the writer from using freed pages again.
///
/// Every block that is given out was checked: its header against its checksum and its hash, its payload against the
/// digest in the header. A failed check throws kind `damaged`, naming table and key.
public struct LogReader: CommittedBlocks, Sendable {
    /// The committed tip; later commits do not move it.
    public let tip: LogPosition
    /// The proof of the tip; nil at genesis.
    public let tipProof: CommitProof?
    /// The lowest height whose block is still held; above the tip if none is.
    public let firstHeight: Height

    /// How many blocks, and after how many bytes of payloads no more, are read in one transaction.
    private static let (countLimit, sizeLimit) = (64, 1 << 20)

    private let tables: Tables
    /// What closes the store when it is dropped: not as long as somebody reads.
    private let owner: any AnyObject & Sendable

    init(_ tables: Tables, of owner: any AnyObject & Sendable) throws(StorageError) {
        let moment = try StorageError.wrapping(path: tables.path) {
            try tables.environment.read { transaction in
                let tip = try tables.tip(transaction)
                return (
                    tip: tip, proof: try tables.proof(of: tip, transaction),
                    first: try tables.firstHeight(transaction)
                )
            }
        }
        (tip, tipProof, firstHeight) = (moment.tip, moment.proof, moment.first)
        self.tables = tables
        self.owner = owner
    }

    /// The committed block at `height`; nil above the tip, below `firstHeight` and at genesis.
    ///
    /// - Throws: kinds `damaged`, `closed`, `failed`.
    public func block(at height: Height) throws(StorageError) -> Block? {
        try read(at: height) { position, transaction in try tables.block(at: position, transaction) }
    }

    /// The header of the committed block at `height`; nil as for ``block(at:)``.
    ///
    /// - Throws: kinds `damaged`, `closed`, `failed`.
    public func header(at height: Height) throws(StorageError) -> BlockHeader? {
        try read(at: height) { position, transaction in try tables.header(at: position, transaction) }
    }

    /// The committed blocks from `height` on, lowest first, none above `last`: at most 64, and none once they have 1 MiB.
    ///
    /// One transaction reads them all, so that the pages they share are looked at once.
    ///
    /// - Throws: as for ``block(at:)``, of the first; one behind it that can't be read ends them.
    public func nextBlocks(from height: Height, through last: Height) throws(StorageError) -> [Block] {
        try readSome(from: height, through: last) { position, transaction in
            try tables.block(at: position, transaction).map { ($0, size: $0.payload.count) }
        }
    }

    /// The headers of the committed blocks from `height` on, as for ``nextBlocks(from:through:)``.
    ///
    /// - Throws: as for ``header(at:)``, of the first.
    public func nextHeaders(from height: Height, through last: Height) throws(StorageError) -> [BlockHeader] {
        try readSome(from: height, through: last) { position, transaction in
            try tables.header(at: position, transaction).map { ($0, size: 0) }
        }
    }

    /// The committed block's place at `height`; nil above the tip, and below the place right below `firstHeight`.
    ///
    /// - Throws: kinds `damaged`, `closed`, `failed`.
    public func position(at height: Height) throws(StorageError) -> LogPosition? {
        guard height <= tip.height else { return nil }
        return try StorageError.wrapping(path: tables.path) {
            try tables.environment.read { transaction in
                try tables.position(atOrBelowTip: height, transaction)
            }
        }
    }

    /// The block with this hash, committed or not, as the store holds it now; nil if it does not.
    ///
    /// - Throws: kinds `damaged`, `closed`, `failed`.
    public func block(with hash: Digest) throws(StorageError) -> Block? {
        try StorageError.wrapping(path: tables.path) {
            try tables.environment.read { transaction in
                guard let position = try tables.position(of: hash, transaction) else { return nil }
                guard let block = try tables.block(at: position, transaction) else {
                    throw tables.damaged(.hashes, .hash(hash), "it names height \(position.height), where it is not")
                }
                return block
            }
        }
    }

    /// Lends `body` the payload of the committed block at `height`, where it lies in the file: nothing is copied.
    ///
    /// Until `body` returns, pages that the writer frees are not used again, and a writer whose map must grow waits; so
    /// `body` must not wait for the writer.
    ///
    /// - Returns: what `body` returns; nil, without running it, where ``block(at:)`` gives none.
    /// - Throws: what `body` throws, and `StorageError` of kinds `damaged`, `closed`, `failed`.
    public func withPayload<Result>(at height: Height, _ body: (RawSpan) throws -> Result) throws -> Result? {
        var answer: Swift.Result<Result, any Error>?
        try read(at: height) { position, transaction in
            try tables.withPayload(at: position, transaction) { bytes in
                // Kept apart, so that an error of the caller's is not taken for one of the store's.
                do { answer = .success(try body(bytes)) } catch { answer = .failure(error) }
            }
        }
        return try answer?.get()
    }

    /// Reads at the place of the committed block at `height`; nil where no block is or was held.
    @discardableResult
    private func read<Result>(
        at height: Height, _ body: (LogPosition, borrowing ReadTransaction) throws -> Result?
    ) throws(StorageError) -> Result? {
        guard isWithin(height) else { return nil }
        return try StorageError.wrapping(path: tables.path) {
            try tables.environment.read { transaction in try read(at: height, in: transaction, body) }
        }
    }

    /// Reads at the places of committed blocks in one short transaction, lest it keep pages from being used again.
    private func readSome<Element>(
        from height: Height, through last: Height,
        _ body: (LogPosition, borrowing ReadTransaction) throws -> (Element, size: Int)?
    ) throws(StorageError) -> [Element] {
        guard isWithin(height) else { return [] }
        return try StorageError.wrapping(path: tables.path) {
            try tables.environment.read { transaction in
                var (found, bytes): ([Element], Int) = ([], 0)
                var next: Height? = height
                while let height = next, height <= min(last, tip.height), found.count < Self.countLimit,
                    bytes < Self.sizeLimit
                {
                    do {
                        guard let (element, size) = try read(at: height, in: transaction, body) else { break }
                        found.append(element)
                        bytes += size
                    } catch {
                        if found.isEmpty { throw error }
                        break
                    }
                    next = height.successor
                }
                return found
            }
        }
    }

    private func isWithin(_ height: Height) -> Bool {
        height > .genesis && height >= firstHeight && height <= tip.height
    }

    private func read<Result>(
        at height: Height, in transaction: borrowing ReadTransaction,
        _ body: (LogPosition, borrowing ReadTransaction) throws -> Result?
    ) throws -> Result? {
        guard let position = try tables.position(atOrBelowTip: height, transaction) else { return nil }
        if let result = try body(position, transaction) { return result }
        // Gone since this reader was made, or lost.
        guard try height < tables.firstHeight(transaction) else { throw tables.missing(position) }
        return nil
    }
}
