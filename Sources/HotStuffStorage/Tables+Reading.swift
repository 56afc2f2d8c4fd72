internal import HotStuffCore
internal import LMDB

extension Tables {
    // MARK: - The committed chain

    /// The committed tip.
    func tip(_ transaction: borrowing some Transaction & ~Copyable) throws -> LogPosition {
        guard let tip = try newestPositions(1, transaction).last else { throw noTip() }
        return tip
    }

    /// The newest committed places, lowest first, at most `limit` of them.
    func newestPositions(
        _ limit: Int, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> [LogPosition] {
        var places: [LogPosition] = []
        try forEach(in: .committed, .all, .descending, transaction) { key, record in
            guard key.count == 8 else { throw damaged(.committed, .text("of \(key.count) bytes"), "no height") }
            let height = Height(UInt64(bigEndianBytes: key))
            places.append(try committed(record, at: height, key: key))
            return places.count < limit ? .continue : .stop
        }
        for (higher, lower) in zip(places, places.dropFirst()) where lower.height.successor != higher.height {
            throw damaged(.committed, .place(higher.height), "the entry below it is of height \(lower.height)")
        }
        return places.reversed()
    }

    /// The committed place at `height`; nil above the tip, and where places are gone with the blocks.
    func position(
        at height: Height, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> LogPosition? {
        let key = height.rawValue.bigEndianBytes
        return try find(key, in: .committed, transaction) { record in
            try committed(record, at: height, key: key)
        }
    }

    /// The committed place at `height`, where nil is right only for what was pruned.
    func position(
        atOrBelowTip height: Height, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> LogPosition? {
        if let position = try position(at: height, transaction) { return position }
        guard let next = height.successor, try next < firstHeight(transaction) else {
            throw damaged(.committed, .place(height), "there is no entry, and the tip is above it")
        }
        return nil
    }

    private func committed(_ record: RawSpan, at height: Height, key: [UInt8]) throws -> LogPosition {
        let hash = try decode(record, .committed, key, .place(height)) { content in
            content.withUnsafeBytes { Digest(bytes: Array($0)) }
        }
        guard let hash else { throw damaged(.committed, .place(height), "it is no hash") }
        return LogPosition(height: height, block: hash)
    }

    /// The lowest height whose block is held; above the tip if none is.
    func firstHeight(_ transaction: borrowing some Transaction & ~Copyable) throws -> Height {
        let bytes = try bytes(under: .prunedBelow, transaction)
        guard bytes.count == 8 else { throw damaged(.meta, .text(MetaKey.prunedBelow.rawValue), "it is no height") }
        return Height(max(1, UInt64(littleEndianBytes: bytes)))
    }

    /// The proof of the tip, which must be `tip`; nil at genesis.
    func proof(of tip: LogPosition, _ transaction: borrowing some Transaction & ~Copyable) throws -> CommitProof? {
        let name = KeyName.text(MetaKey.tipProof.rawValue)
        let key = Array(MetaKey.tipProof.rawValue.utf8)
        let proof = try find(key, in: .meta, transaction) { record in
            try decode(record, .meta, key, name) { content throws(WireError) in try CommitProof.decode(content) }
        }
        guard proof?.proven == (tip.height == .genesis ? nil : tip) else {
            throw damaged(.meta, name, "it does not prove the tip, \(tip)")
        }
        return proof
    }

    // MARK: - Blocks

    /// The header of a block; nil if the block is not there.
    func header(
        at position: LogPosition, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> BlockHeader? {
        let key = position.blockKey
        return try find(key, in: .blocks, transaction) { record in
            try header(record, at: position, key: key).header
        }
    }

    /// A block, its payload copied and checked; nil if it is not there.
    func block(at position: LogPosition, _ transaction: borrowing some Transaction & ~Copyable) throws -> Block? {
        let key = position.blockKey
        return try find(key, in: .blocks, transaction) { record in
            try block(record, at: position, key: key)
        }
    }

    /// Lends the payload of a block, checked; does nothing if the block is not there.
    func withPayload<Result>(
        at position: LogPosition, _ transaction: borrowing some Transaction & ~Copyable,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        let key = position.blockKey
        return try find(key, in: .blocks, transaction) { record in
            let (header, end) = try header(record, at: position, key: key)
            let payload = record.extracting(end..<record.byteCount)
            // The map stays where it is until the transaction ends, and this payload ends before.
            let digest = payload.withUnsafeBytes { Payload(adopting: $0, release: {}).digest }
            guard header.payloadLength == UInt64(payload.byteCount), header.payloadDigest == digest else {
                throw damaged(position, "its payload is not that of its header")
            }
            return try body(payload)
        }
    }

    /// All blocks above `height`, in the order of their heights, and the places of those that are damaged.
    func blocks(
        above height: Height, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> (whole: [Block], damaged: [LogPosition]) {
        guard let next = height.successor else { return ([], []) }
        var (blocks, damaged): ([Block], [LogPosition]) = ([], [])
        let range = KeyRange.from(next.rawValue.bigEndianBytes)
        try forEach(in: .blocks, range, .ascending, transaction) { key, record in
            guard let position = LogPosition(blockKey: key) else {
                throw self.damaged(.blocks, .text("of \(key.count) bytes"), "it is no height and hash")
            }
            do {
                blocks.append(try block(record, at: position, key: key))
            } catch let error as StorageError where error.damagedBlock == position {
                damaged.append(position)
            }
            return .continue
        }
        return (blocks, damaged)
    }

    /// The places of all blocks above `height`, in their order; their contents are not looked at.
    func positions(
        above height: Height, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> [LogPosition] {
        guard let next = height.successor else { return [] }
        var positions: [LogPosition] = []
        try forEach(in: .blocks, .from(next.rawValue.bigEndianBytes), .ascending, transaction) { key, _ in
            guard let position = LogPosition(blockKey: key) else {
                throw damaged(.blocks, .text("of \(key.count) bytes"), "it is no height and hash")
            }
            positions.append(position)
            return .continue
        }
        return positions
    }

    /// Whether there is a block at this place; its content is not looked at.
    func holds(_ position: LogPosition, _ transaction: borrowing some Transaction & ~Copyable) throws -> Bool {
        try transaction.contains(position.blockKey.span.bytes, in: self[.blocks])
    }

    /// Where the block with this hash is; nil if it is not there.
    func position(
        of hash: Digest, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> LogPosition? {
        let bytes = try find(hash.bytes, in: .hashes, transaction) { height in height.withUnsafeBytes { Array($0) } }
        guard let bytes else { return nil }
        guard bytes.count == 8 else { throw damaged(.hashes, .hash(hash), "it is no height") }
        return LogPosition(height: Height(UInt64(bigEndianBytes: bytes)), block: hash)
    }

    private func block(_ record: RawSpan, at position: LogPosition, key: [UInt8]) throws -> Block {
        let (header, end) = try header(record, at: position, key: key)
        let bytes = record.extracting(end..<record.byteCount)
        let payload = Payload(capacity: bytes.byteCount) { $0.append(bytes) }
        guard let block = Block(header: header, payload: payload) else {
            throw damaged(position, "its payload is not that of its header")
        }
        guard block.position == position else {
            throw damaged(position, "its header is that of \(block.position)")
        }
        return block
    }

    /// A block's header, checked, and where its payload begins.
    private func header(
        _ record: RawSpan, at position: LogPosition, key: [UInt8]
    ) throws -> (header: BlockHeader, end: Int) {
        var end = 0
        let header: BlockHeader
        do {
            header = try decode(record, .blocks, key, .position(position)) { content throws(WireError) in
                end = RecordFrame.size + content.byteCount
                return try BlockHeader.decode(content)
            }
        } catch { throw damaged(position, error.detail) }
        guard header.height == position.height else {
            throw damaged(position, "its header is of height \(header.height)")
        }
        return (header, end)
    }

    // MARK: - Everything else

    /// The voting record.
    func votingRecord(_ transaction: borrowing some Transaction & ~Copyable) throws -> VotingRecord {
        let (key, name) = (Self.recordKey, KeyName.text("voting"))
        let found = try find(key, in: .record, transaction) { record in
            try decode(record, .record, key, name) { content throws(WireError) in try VotingRecord.decode(content) }
        }
        guard let found else { throw damaged(.record, name, "there is no voting record") }
        return found
    }

    /// The start of the newest epoch.
    func newestEpoch(_ transaction: borrowing some Transaction & ~Copyable) throws -> EpochStart {
        var found: EpochStart?
        try forEach(in: .epochs, .all, .descending, transaction) { key, record in
            found = try decode(record, .epochs, key, .epoch) { content throws(WireError) in
                try EpochStart.decode(content)
            }
            return .stop
        }
        guard let found else { throw damaged(.epochs, .epoch, "there is none") }
        return found
    }

    /// Whether this store may vouch for what its replica signed.
    func mayVote(_ transaction: borrowing some Transaction & ~Copyable) throws -> Bool {
        switch try bytes(under: .mayVote, transaction) {
        case [0]: return false
        case [1]: return true
        default: throw damaged(.meta, .text(MetaKey.mayVote.rawValue), "it is neither 0 nor 1")
        }
    }

    /// The digest that `meta` has under a key.
    func digest(under key: MetaKey, _ transaction: borrowing some Transaction & ~Copyable) throws -> Digest {
        guard let digest = Digest(bytes: try bytes(under: key, transaction)) else {
            throw damaged(.meta, .text(key.rawValue), "it is no digest")
        }
        return digest
    }

    /// What `meta` has under a key, where it must have something.
    func bytes(under key: MetaKey, _ transaction: borrowing some Transaction & ~Copyable) throws -> [UInt8] {
        let (name, key) = (KeyName.text(key.rawValue), Array(key.rawValue.utf8))
        let found = try find(key, in: .meta, transaction) { record in
            try decode(record, .meta, key, name) { content in content.withUnsafeBytes { Array($0) } }
        }
        guard let found else { throw damaged(.meta, name, "there is no such entry") }
        return found
    }

    /// The checksum in a record's frame, which is that of its bytes.
    func checksum(
        of key: [UInt8], in table: TableName, _ name: KeyName, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8] {
        let found = try find(key, in: table, transaction) { record throws in
            try decode(record, table, key, name) { _ in }
            return record.withUnsafeBytes { Array($0[8..<RecordFrame.size]) }
        }
        guard let found else { throw damaged(table, name, "there is no such entry") }
        return found
    }

    // MARK: - Entries

    private func find<Result>(
        _ key: [UInt8], in table: TableName, _ transaction: borrowing some Transaction & ~Copyable,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        onRead(table)
        return try transaction.get(key.span.bytes, in: self[table]) { record throws in try body(record) }
    }

    /// Runs `body` with each entry of a range.
    func forEach(
        in table: TableName, _ range: KeyRange, _ order: KeyOrder,
        _ transaction: borrowing some Transaction & ~Copyable, _ body: ([UInt8], RawSpan) throws -> RangeStep
    ) throws {
        try transaction.forEach(in: self[table], range, order) { key, record throws in
            onRead(table)
            return try body(key.withUnsafeBytes { Array($0) }, record)
        }
    }

    /// A copy of a record's content, its frame checked.
    func content(
        of record: RawSpan, in table: TableName, _ key: [UInt8], _ name: KeyName
    ) throws(StorageError) -> [UInt8] {
        try decode(record, table, key, name) { content in content.withUnsafeBytes { Array($0) } }
    }

    /// Checks a record's frame and decodes its content.
    private func decode<Value>(
        _ record: RawSpan, _ table: TableName, _ key: [UInt8], _ name: KeyName,
        _ decode: (RawSpan) throws(WireError) -> Value
    ) throws(StorageError) -> Value {
        let content: Range<Int>
        do { content = try RecordFrame.content(of: record, in: table, for: key) } catch {
            throw damaged(table, name, error.text)
        }
        do { return try decode(record.extracting(content)) } catch { throw damaged(table, name, "\(error)") }
    }
}
