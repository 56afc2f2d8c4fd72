/// Where things are in LMDB's pages: data format 1, on systems with 64 bits and the least significant byte first.
///
/// LMDB itself follows what a page says without looking at whether it can be: a damaged one makes it read or write where
/// it must not. So every page is looked at here before LMDB follows it; see ``Snapshot``.
enum PageLayout {
    /// How many bytes come before what a page holds.
    static let headerSize = 16
    /// How many bytes come before a node's key.
    static let nodeSize = 8
    /// How many bytes describe a database.
    static let databaseSize = 48
    /// The number that stands for no page.
    static let noPage = UInt64.max
    /// How many pages at the beginning of a file are meta pages.
    static let metaCount: UInt64 = 2
    /// How many levels LMDB's cursors can hold.
    static let depthLimit = 32

    /// What kind of page it is: the only flags that a page on the disk has.
    enum Kind: UInt16 {
        case branch = 1
        case leaf = 2
        case overflow = 4
        case meta = 8
    }

    /// What a leaf's node holds, in its flags.
    enum Value: UInt16 {
        /// The value itself.
        case inline = 0
        /// The number of the first page of the value.
        case overflow = 1
        /// The description of a database.
        case database = 2
    }

    /// How many pages a value of so many bytes takes, outside a leaf.
    static func overflowPages(_ byteCount: Int, pageSize: Int) -> UInt64 {
        UInt64((headerSize - 1 + byteCount) / pageSize + 1)
    }
}

/// What is wrong with a page, in words; the environment's error says the rest.
struct PageFlaw: Error {
    let text: String
    /// Whether the file is none of LMDB's at all, or of another format of LMDB's.
    let isForeign: Bool

    init(_ text: String, isForeign: Bool = false) {
        self.text = text
        self.isForeign = isForeign
    }
}

extension UnsafeRawBufferPointer {
    /// The number that begins at a byte, which must be within.
    func number<Number: FixedWidthInteger>(at offset: Int, _: Number.Type) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

/// LMDB's description of a database: where its tree begins, and of what kind it is.
struct TreeRoot {
    /// The flags of a database with plain keys and values.
    static let plain: UInt16 = 0
    /// The flags of the list of free pages, whose keys are numbers.
    static let integerKeys: UInt16 = 8

    /// The page size in a meta page's first description; 0 in others.
    let pad: UInt32
    let flags: UInt16
    /// How many levels its tree has; 0 when empty.
    let depth: Int
    /// The number of the tree's first page.
    let page: UInt64

    /// The description in 48 bytes.
    init(_ bytes: UnsafeRawBufferPointer) {
        pad = bytes.number(at: 0, UInt32.self)
        flags = bytes.number(at: 4, UInt16.self)
        depth = Int(bytes.number(at: 6, UInt16.self))
        page = bytes.number(at: 40, UInt64.self)
    }

    /// Whether there is nothing in it.
    var isEmpty: Bool { page == PageLayout.noPage }

    /// Finds out whether it can be a tree, of these flags, in a file of so many pages.
    func check(flags: UInt16, lastPage: UInt64) throws(PageFlaw) {
        guard self.flags == flags else {
            throw PageFlaw("a database with flags \(self.flags), where \(flags) were put")
        }
        guard !isEmpty else {
            guard depth == 0 else { throw PageFlaw("a database of \(depth) levels and no pages") }
            return
        }
        guard page >= PageLayout.metaCount, page <= lastPage else {
            throw PageFlaw("a database that begins at page \(page) of \(lastPage)")
        }
        guard depth > 0, depth <= PageLayout.depthLimit else { throw PageFlaw("a database of \(depth) levels") }
    }
}
