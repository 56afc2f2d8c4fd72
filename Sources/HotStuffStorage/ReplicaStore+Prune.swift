internal import HotStuffCore
internal import LMDB

extension ReplicaStore {
    /// Drops some of the oldest committed blocks, in one transaction, which a vote that comes meanwhile waits for.
    ///
    /// To be called by the writer's thread, again and again.
    ///
    /// Their pages are used again by later blocks; the file keeps its size. What is dropped is below `firstHeight` of
    /// readers that are made later; peers that ask for it are told so.
    ///
    /// - Parameters:
    ///   - retention: what is to be kept.
    ///   - bounds: what must be kept whatever `retention` says, and how much may be dropped at once.
    ///   - seconds: the time since 1970, for `Retention.days`. A clock that goes back keeps blocks for longer.
    /// - Throws: kinds `diskFull`, `damaged`, `closed`, `fileChanged`, `failed`. A step that threw `damaged` has changed
    ///   nothing.
    public func prune(
        _ retention: Retention, within bounds: PruningBounds, seconds: UInt64
    ) throws(StorageError) -> Pruned {
        let (tables, path) = (tables, tables.path)
        if let first = try firstHeightIfAllIsKept(retention, bounds) {
            return Pruned(blockCount: 0, firstHeight: first, isUnfinished: false)
        }
        return try StorageError.wrapping(path: path) {
            try tables.environment.writeGrowing(upTo: mapLimit) { (transaction: inout WriteTransaction) in
                var step = PruningStep(tables, retention, bounds, seconds: seconds)
                step.bounds.served = max(bounds.served, UInt64(genesis.maxWindow))
                return try step.run(&transaction)
            }
        }
    }

    /// The lowest height that is held, if a step would drop nothing and note nothing: then there is nothing to sync for.
    private func firstHeightIfAllIsKept(
        _ retention: Retention, _ bounds: PruningBounds
    ) throws(StorageError) -> Height? {
        let (tables, path) = (tables, tables.path)
        return try StorageError.wrapping(path: path) {
            try tables.environment.read { transaction -> Height? in
                let (first, tip) = (try tables.firstHeight(transaction), try tables.tip(transaction).height)
                let isAllKept: Bool
                switch retention {
                case .everything: isAllKept = true
                case .blocks(let count): isAllKept = tip.blocks(above: first) < count
                case .size(let limit):
                    isAllKept = try transaction.statistics(of: tables[.blocks]).byteCount <= limit.bytes
                // The times that tell blocks' ages are noted whatever is needed.
                case .days: return nil
                }
                return isAllKept || bounds.neededFrom <= first || tip.blocks(above: first) < bounds.served ? first : nil
            }
        }
    }
}

/// One transaction of pruning.
private struct PruningStep {
    let tables: Tables
    let retention: Retention
    var bounds: PruningBounds
    let seconds: UInt64

    /// How far apart the times are that `times` has.
    private static let interval: UInt64 = 3_600

    init(_ tables: Tables, _ retention: Retention, _ bounds: PruningBounds, seconds: UInt64) {
        self.tables = tables
        self.retention = retention
        self.bounds = bounds
        self.seconds = seconds
    }

    func run(_ transaction: inout WriteTransaction) throws -> Pruned {
        let seal = try tables.seal(transaction)
        let first = try tables.firstHeight(transaction).rawValue
        let tip = seal.tip.height.rawValue
        if case .days = retention { try noteTime(tip, &transaction) }
        // The tip itself always stays: its header is what a start begins with.
        let end = min(
            bounds.neededFrom.rawValue, tip - min(tip, max(1, bounds.served) - 1), try target(tip, transaction))
        // Of a vote that old a start must still know that its block is committed.
        let voted = try tables.votingRecord(transaction).lastVoted?.height.rawValue
        var next = first
        var freed = 0
        while next < end, next - first < UInt64(bounds.blockLimit), freed < bounds.sizeLimit.bytes,
            try isTooMuch(transaction)
        {
            let height = Height(next)
            guard let position = try tables.position(at: height, transaction) else {
                throw tables.damaged(.committed, .place(height), "there is no entry, and the tip is above it")
            }
            freed += try tables.size(of: position, transaction)
            try tables.drop(position, &transaction)
            // The place right below the first block stays: it is that block's parent.
            if next > 1, next - 1 != voted {
                try transaction.delete((next - 1).bigEndianBytes.span.bytes, in: tables[.committed])
            }
            next += 1
        }
        if next > first { try tables.put(next.littleEndianBytes, under: .prunedBelow, &transaction) }
        try tables.put(seal, &transaction)
        return Pruned(
            blockCount: next - first, firstHeight: Height(next),
            isUnfinished: try next < end && isTooMuch(transaction))
    }

    /// The height from which on blocks are kept, as far as heights or times decide.
    private func target(_ tip: UInt64, _ transaction: borrowing WriteTransaction) throws -> UInt64 {
        switch retention {
        case .everything: return 0
        case .blocks(let count): return tip + 1 - min(tip + 1, count)
        case .size: return .max
        case .days(let days):
            let (age, overflow) = days.multipliedReportingOverflow(by: 86_400)
            guard !overflow, seconds >= age else { return 0 }
            return try tables.height(at: seconds - age, transaction).map { $0 + 1 } ?? 0
        }
    }

    /// Whether the size of what is held, if that decides, is above what is to be kept.
    private func isTooMuch(_ transaction: borrowing WriteTransaction) throws -> Bool {
        guard case .size(let limit) = retention else { return true }
        return try transaction.statistics(of: tables[.blocks]).byteCount > limit.bytes
    }

    /// Notes the tip's height at this time, once an hour, and drops the times of blocks that are gone.
    private func noteTime(_ tip: UInt64, _ transaction: inout WriteTransaction) throws {
        let since = (seconds - min(seconds, Self.interval - 1)).bigEndianBytes
        var isNoted = false
        try transaction.forEach(in: tables[.times], .from(since)) { _, _ in
            isNoted = true
            return .stop
        }
        if !isNoted {
            try tables.put(tip.littleEndianBytes, in: .times, for: seconds.bigEndianBytes, &transaction)
        }
        let first = try tables.firstHeight(transaction).rawValue
        for time in try tables.times(before: first, limit: bounds.blockLimit, transaction) {
            try transaction.delete(time.bigEndianBytes.span.bytes, in: tables[.times])
        }
    }
}

extension Tables {
    /// How many bytes a block's record takes; 0 if it is not there.
    fileprivate func size(
        of position: LogPosition, _ transaction: borrowing some Transaction & ~Copyable
    ) throws(LMDBError) -> Int {
        try transaction.get(position.blockKey.span.bytes, in: self[.blocks]) { $0.byteCount } ?? 0
    }

    /// The tip's height at the newest time noted that is not later than this one; nil if none is.
    fileprivate func height(
        at seconds: UInt64, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> UInt64? {
        var height: UInt64?
        let range = KeyRange.from([], through: seconds.bigEndianBytes)
        try forEachTime(range, .descending, transaction) { _, found in
            height = found
            return .stop
        }
        return height
    }

    /// The oldest times noted at which the tip was below a height.
    fileprivate func times(
        before height: UInt64, limit: Int, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt64] {
        var times: [UInt64] = []
        try forEachTime(.all, .ascending, transaction) { time, found in
            guard found < height, times.count < limit else { return .stop }
            times.append(time)
            return .continue
        }
        // The newest of them says how old the first block is at least.
        return times.dropLast()
    }

    private func forEachTime(
        _ range: KeyRange, _ order: KeyOrder, _ transaction: borrowing some Transaction & ~Copyable,
        _ body: (_ seconds: UInt64, _ height: UInt64) throws -> RangeStep
    ) throws {
        try forEach(in: .times, range, order, transaction) { key, record in
            guard key.count == 8 else { throw damaged(.times, .text("of \(key.count) bytes"), "it is no time") }
            let seconds = UInt64(bigEndianBytes: key)
            let content = try content(of: record, in: .times, key, .text("\(seconds)"))
            guard content.count == 8 else { throw damaged(.times, .text("\(seconds)"), "it is no height") }
            return try body(seconds, UInt64(littleEndianBytes: content))
        }
    }
}
