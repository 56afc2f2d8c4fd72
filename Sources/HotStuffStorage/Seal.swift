internal import HotStuffCore
internal import LMDB

/// What the last transaction left, said once more in one place, written by every transaction.
///
/// Records carry checksums, but LMDB's pages, which lead to them, do not: a single wrong bit in a page's number can lead to
/// an older copy of a page, where every checksum fits, and the last vote is not among the records. A start holds the
/// seal against what it finds.
struct Seal: Equatable {
    /// The number of the transaction that wrote it.
    var transaction: UInt64
    /// The committed tip.
    var tip: LogPosition
    /// The checksum in the frame of the voting record.
    var record: [UInt8]
    /// The checksum in the frame of the newest epoch.
    var epoch: [UInt8]
    /// The hashes of all blocks above the tip, exclusive-or.
    var uncommitted: [UInt8]

    /// How many bytes a checksum has.
    private static let checksumSize = 8
    private static let size = 8 + 40 + 2 * checksumSize + 32

    /// A seal with these parts.
    init(transaction: UInt64, tip: LogPosition, record: [UInt8], epoch: [UInt8], uncommitted: [UInt8]) {
        self.transaction = transaction
        self.tip = tip
        self.record = record
        self.epoch = epoch
        self.uncommitted = uncommitted
    }

    /// The seal with these bytes; nil if it is none.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size, let tip = Digest(bytes: Array(bytes[16..<48])) else { return nil }
        transaction = UInt64(littleEndianBytes: bytes[..<8])
        self.tip = LogPosition(height: Height(UInt64(littleEndianBytes: bytes[8..<16])), block: tip)
        record = Array(bytes[48..<56])
        epoch = Array(bytes[56..<64])
        uncommitted = Array(bytes[64...])
    }

    /// Its bytes, as `Documentation/LogFormat.md` has them.
    var encoded: [UInt8] {
        transaction.littleEndianBytes + tip.height.rawValue.littleEndianBytes + tip.block.bytes + record + epoch
            + uncommitted
    }

    /// Takes a block in among those above the tip, or out.
    mutating func toggle(_ block: Digest) {
        for (index, byte) in block.bytes.enumerated() { uncommitted[index] ^= byte }
    }

    /// The exclusive-or of no hashes.
    static let noBlocks = [UInt8](repeating: 0, count: 32)
}

extension Tables {
    /// The seal of the last transaction.
    func seal(_ transaction: borrowing some Transaction & ~Copyable) throws -> Seal {
        guard let seal = Seal(try bytes(under: .seal, transaction)) else {
            throw damaged(.meta, .text(MetaKey.seal.rawValue), "it is no seal")
        }
        return seal
    }

    /// Checks that this is the last state that was written.
    func checkSeal(_ transaction: borrowing ReadTransaction) throws {
        try checkPreviousSeal()
        try checkSealNumber(transaction)
    }

    /// Checks that the seal is of this state.
    func checkSealNumber(_ transaction: borrowing ReadTransaction) throws {
        let seal = try seal(transaction)
        guard seal.transaction == transaction.number else {
            throw damagedSeal("it is that of transaction \(seal.transaction), in the state of \(transaction.number)")
        }
        let tip = try tip(transaction)
        guard seal.tip == tip else { throw damagedSeal("the tip is \(tip), and was \(seal.tip)") }
    }

    /// A meta page whose transaction number is damaged may pass the older state for the newer: then what it calls the
    /// older one bears the number of the newer.
    private func checkPreviousSeal() throws {
        let key = Array(MetaKey.seal.rawValue.utf8)
        guard let (number, record) = try environment.previousBytes(for: key, inDatabaseNamed: TableName.meta.rawValue),
            let content = try? RecordFrame.content(of: record.span.bytes, in: .meta, for: key),
            let seal = Seal(Array(record[content]))
        else { throw damagedSeal("the state before the last one has none") }
        guard seal.transaction == number else {
            throw damagedSeal("that of transaction \(seal.transaction) is in the state of \(number)")
        }
    }

    /// Checks that the voting record, the epoch and the blocks above the tip are those that were written last.
    func check(epoch: Epoch, uncommitted: [LogPosition], _ transaction: borrowing ReadTransaction) throws {
        let seal = try seal(transaction)
        guard seal.record == (try checksum(of: Tables.recordKey, in: .record, .text("voting"), transaction)) else {
            throw damaged(.record, .text("voting"), "it is not the newest one")
        }
        let key = epoch.rawValue.bigEndianBytes
        guard seal.epoch == (try checksum(of: key, in: .epochs, .epoch, transaction)) else {
            throw damaged(.epochs, .epoch, "it is not the newest one")
        }
        var found = seal
        found.uncommitted = Seal.noBlocks
        for position in uncommitted { found.toggle(position.block) }
        guard found == seal else {
            throw damaged(.blocks, .text("above the tip"), "a block is missing, or is there again")
        }
    }

    /// Seals what this transaction has written.
    func put(_ seal: Seal, _ transaction: inout WriteTransaction) throws(LMDBError) {
        var seal = seal
        seal.transaction = transaction.number
        try put(seal.encoded, under: .seal, &transaction)
    }

    /// Seals a store of which something was just made by other means: twice, since the state before the last one is
    /// looked at too.
    func sealAnew(upTo mapLimit: Int) throws {
        for _ in 0..<2 {
            try environment.writeGrowing(upTo: mapLimit) { (transaction: inout WriteTransaction) in
                try sealAnew(&transaction)
            }
        }
    }

    /// Seals what the tables hold now, whatever was sealed before.
    func sealAnew(_ transaction: inout WriteTransaction) throws {
        let epoch = try newestEpoch(transaction).epoch.rawValue.bigEndianBytes
        let tip = try tip(transaction)
        var seal = Seal(
            transaction: 0, tip: tip,
            record: try checksum(of: Tables.recordKey, in: .record, .text("voting"), transaction),
            epoch: try checksum(of: epoch, in: .epochs, .epoch, transaction), uncommitted: Seal.noBlocks)
        for block in try positions(above: tip.height, transaction) { seal.toggle(block.block) }
        try put(seal, &transaction)
    }

    private func damagedSeal(_ detail: String) -> StorageError {
        damaged(.meta, .text(MetaKey.seal.rawValue), detail)
    }
}
