internal import CLMDB

extension Environment {
    /// How many commits the oldest open reader of any process lags behind; 0 if there is none, or all see the last one.
    ///
    /// Pages that were freed in those commits wait for it. A reader of this process is bounded by
    /// ``Options/readerAgeLimit``, a process that died by ``clearStaleReaders()``; one that was stopped in the middle of
    /// a read shows here only.
    public func readerLag() throws(LMDBError) -> Int {
        let last = try information().lastTransactionID
        let list = ReaderList()
        let code = try whileOpen("mdb_reader_list") { handle in
            mdb_reader_list(
                handle,
                { line, list in
                    guard let line, let list else { return -1 }
                    Unmanaged<ReaderList>.fromOpaque(list).takeUnretainedValue().add(String(cString: line))
                    return 0
                }, Unmanaged.passUnretained(list).toOpaque())
        }
        guard code >= 0 else { throw failure(code, "mdb_reader_list") }
        return list.oldest.map { max(0, last - $0) } ?? 0
    }
}

/// What LMDB says of its readers, line by line: process, thread, and transaction or a dash.
private final class ReaderList {
    /// The number of the oldest transaction that is open for reading.
    private(set) var oldest: Int?

    func add(_ line: String) {
        guard let last = line.split(whereSeparator: \.isWhitespace).last, let number = Int(last) else { return }
        oldest = min(oldest ?? .max, number)
    }
}
