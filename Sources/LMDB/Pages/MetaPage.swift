/// One of the two pages that say what a file holds: each commit replaces the older one.
struct MetaPage {
    private static let magic: UInt32 = 0xBEEF_C0DE
    private static let version: UInt32 = 1
    /// How many bytes of a meta page mean something.
    static let size = 152

    /// The size of all pages of the file, in bytes.
    let pageSize: Int
    /// The most that the file may grow to, in bytes, when it was last written.
    let mapSize: UInt64
    /// The list of free pages.
    let free: TreeRoot
    /// The names of the databases.
    let main: TreeRoot
    /// The number of the last page in use.
    let lastPage: UInt64
    /// The number of the transaction that wrote it; 0 if none has.
    let transaction: UInt64

    /// The meta page in these bytes, found possible.
    init(_ bytes: UnsafeRawBufferPointer, number: UInt64) throws(PageFlaw) {
        guard bytes.count >= Self.size else { throw PageFlaw("it is cut off") }
        guard bytes.number(at: 0, UInt64.self) == number,
            bytes.number(at: 10, UInt16.self) == PageLayout.Kind.meta.rawValue
        else { throw PageFlaw("it is no meta page", isForeign: true) }
        guard bytes.number(at: 16, UInt32.self) == Self.magic else {
            throw PageFlaw("it is not LMDB's", isForeign: true)
        }
        let version = bytes.number(at: 20, UInt32.self)
        guard version == Self.version else { throw PageFlaw("it is of LMDB's data format \(version)", isForeign: true) }
        mapSize = bytes.number(at: 32, UInt64.self)
        free = TreeRoot(UnsafeRawBufferPointer(rebasing: bytes[40..<88]))
        main = TreeRoot(UnsafeRawBufferPointer(rebasing: bytes[88..<136]))
        lastPage = bytes.number(at: 136, UInt64.self)
        transaction = bytes.number(at: 144, UInt64.self)
        let size = free.pad
        guard size >= 512, size <= 1 << 15, size & (size - 1) == 0 else {
            throw PageFlaw("it says that pages have \(size) bytes")
        }
        pageSize = Int(size)
        let pages = mapSize / UInt64(size)
        guard mapSize % UInt64(size) == 0, mapSize < 1 << 56, lastPage >= PageLayout.metaCount - 1, lastPage < pages
        else {
            throw PageFlaw("it says that page \(lastPage) is the last in a map of \(mapSize) bytes")
        }
        try free.check(flags: TreeRoot.integerKeys, lastPage: lastPage)
        try main.check(flags: TreeRoot.plain, lastPage: lastPage)
        guard main.pad == 0 else { throw PageFlaw("its databases have keys of a fixed size") }
    }

    /// Whether two meta pages can be those of one file: transactions write them in turn, and only ever add pages.
    static func areOfOneFile(newer: MetaPage, older: MetaPage) -> Bool {
        guard newer.pageSize == older.pageSize, newer.lastPage >= older.lastPage else { return false }
        return newer.transaction == older.transaction &+ 1 || (newer.transaction == 0 && older.transaction == 0)
    }
}
