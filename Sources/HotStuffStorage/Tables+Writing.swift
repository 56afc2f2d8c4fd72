internal import HotStuffCore
internal import LMDB

extension Tables {
    /// Puts a record under a key of `meta`.
    func put(_ content: [UInt8], under key: MetaKey, _ transaction: inout WriteTransaction) throws(LMDBError) {
        try put(content, in: .meta, for: Array(key.rawValue.utf8), &transaction)
    }

    /// Puts a record.
    func put(
        _ content: [UInt8], in table: TableName, for key: [UInt8], _ transaction: inout WriteTransaction,
        _ options: PutOptions = []
    ) throws(LMDBError) {
        let record = RecordFrame.record(of: content, in: table, for: key)
        try transaction.put(record.span.bytes, for: key.span.bytes, in: self[table], options)
    }

    /// Puts the voting record, and its checksum into the seal that is written after it.
    func put(_ record: VotingRecord, into seal: inout Seal, _ transaction: inout WriteTransaction) throws {
        let (content, key) = (record.encoded(), Tables.recordKey)
        try put(content, in: .record, for: key, &transaction)
        seal.record = Array(RecordFrame.head(of: content, in: .record, for: key)[8...])
    }

    /// Puts a committed place above all others.
    func append(_ position: LogPosition, _ transaction: inout WriteTransaction) throws(LMDBError) {
        try put(
            position.block.bytes, in: .committed, for: position.height.rawValue.bigEndianBytes, &transaction, .append)
    }

    /// Puts a block, in place of the one that is there: its payload is copied once, into the page.
    func put(_ block: Block, _ transaction: inout WriteTransaction) throws(LMDBError) {
        precondition(UInt64(block.payload.count) == block.header.payloadLength, "a block without its payload")
        let key = block.position.blockKey
        do {
            // Most blocks are higher than all before: their pages are then filled whole, and no place is searched for.
            try put(block, for: key, .append, &transaction)
        } catch {
            guard error.isKeyExists else { throw error }
            try put(block, for: key, [], &transaction)
        }
        let height = block.height.rawValue.bigEndianBytes
        try transaction.put(height.span.bytes, for: block.hash.bytes.span.bytes, in: self[.hashes])
    }

    private func put(
        _ block: Block, for key: [UInt8], _ options: PutOptions, _ transaction: inout WriteTransaction
    ) throws(LMDBError) {
        let header = block.header.encoded()
        let head = RecordFrame.head(of: header, in: .blocks, for: key)
        let size = head.count + header.count + block.payload.count
        try transaction.put(byteCount: size, for: key.span.bytes, in: self[.blocks], options) { output in
            output.append(bytes: head.span.bytes)
            output.append(bytes: header.span.bytes)
            block.payload.withUnsafeBytes { output.append(bytes: $0.bytes) }
        }
    }

    /// Drops the blocks at these heights but for those at `kept`.
    ///
    /// - Returns: the hashes of those that were dropped.
    func dropBlocks(
        from first: Height, through last: Height, except kept: [LogPosition], _ transaction: inout WriteTransaction
    ) throws -> [Digest] {
        let lowest = LogPosition(height: first, block: .zero).blockKey
        let highest = last.rawValue.bigEndianBytes + Array(repeating: .max, count: 32)
        var dropped: [LogPosition] = []
        try transaction.forEach(in: self[.blocks], .from(lowest, through: highest)) { key, _ throws in
            let key = key.withUnsafeBytes { Array($0) }
            guard let position = LogPosition(blockKey: key) else {
                throw damaged(.blocks, .text("of \(key.count) bytes"), "it is no height and hash")
            }
            // One kept block a height, in the order of heights, so its place is known.
            if kept[Int(position.height.blocks(above: first))] != position { dropped.append(position) }
            return .continue
        }
        for position in dropped { try drop(position, &transaction) }
        return dropped.map(\.block)
    }

    /// Drops a block, if it is there.
    func drop(_ position: LogPosition, _ transaction: inout WriteTransaction) throws(LMDBError) {
        try transaction.delete(position.blockKey.span.bytes, in: self[.blocks])
        try transaction.delete(position.block.bytes.span.bytes, in: self[.hashes])
    }
}
