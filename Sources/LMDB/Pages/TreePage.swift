/// A branch or leaf page, copied out of the file and found possible: whatever it says of itself lies within it.
final class TreePage {
    /// What holds for every page of a file.
    struct Bounds {
        /// The size of a page in bytes.
        let pageSize: Int
        /// The number of the last page in use.
        let lastPage: UInt64
        /// The size of the file in bytes.
        let fileSize: UInt64

        /// Whether so many pages from this one on are in use and in the file.
        func contain(_ page: UInt64, count: UInt64 = 1) -> Bool {
            guard page >= PageLayout.metaCount, page <= lastPage, count <= lastPage - page + 1 else { return false }
            return (page + count) * UInt64(pageSize) <= fileSize
        }
    }

    /// What a leaf has under a key.
    enum Content {
        /// These bytes of the page.
        case inline(Range<Int>)
        /// Pages of their own, from this one on.
        case overflow(page: UInt64, count: UInt64)
        /// A database.
        case database(TreeRoot)
    }

    /// The page's number.
    let number: UInt64
    /// Whether it leads to further pages.
    let isBranch: Bool
    /// How many entries it has.
    let count: Int
    /// Whether keys are numbers, as those of the list of free pages are.
    private let isFreeList: Bool
    private let bytes: UnsafeMutableRawBufferPointer

    /// Takes over a page's bytes and looks at all of them that mean anything.
    ///
    /// - Parameter isFreeList: the page belongs to the list of free pages, where a branch may have a single entry.
    init(
        _ bytes: UnsafeMutableRawBufferPointer, number: UInt64, in bounds: Bounds, isFreeList: Bool
    ) throws(PageFlaw) {
        self.bytes = bytes
        self.number = number
        self.isFreeList = isFreeList
        let page = UnsafeRawBufferPointer(bytes)
        let flags = page.number(at: 10, UInt16.self)
        let (lower, upper) = (Int(page.number(at: 12, UInt16.self)), Int(page.number(at: 14, UInt16.self)))
        isBranch = flags == PageLayout.Kind.branch.rawValue
        count = (lower - PageLayout.headerSize) / 2
        guard page.number(at: 0, UInt64.self) == number else {
            throw PageFlaw("it says that it is page \(page.number(at: 0, UInt64.self))")
        }
        guard isBranch || flags == PageLayout.Kind.leaf.rawValue else { throw PageFlaw("its flags are \(flags)") }
        guard lower % 2 == 0, lower >= PageLayout.headerSize, lower <= upper, upper <= page.count else {
            throw PageFlaw("its space is from \(lower) to \(upper)")
        }
        guard count >= (isBranch && !isFreeList ? 2 : 1) else { throw PageFlaw("it has \(count) entries") }
        var used = 0
        for index in 0..<count { used += try nodeSize(index, upper, bounds) }
        guard used == page.count - upper else {
            throw PageFlaw("its entries take \(used) bytes of \(page.count - upper)")
        }
    }

    deinit { bytes.deallocate() }

    /// The size of an entry, all of which is within the page.
    private func nodeSize(_ index: Int, _ upper: Int, _ bounds: Bounds) throws(PageFlaw) -> Int {
        let page = UnsafeRawBufferPointer(bytes)
        let start = self.start(index)
        guard start >= upper, start % 2 == 0, start <= page.count - PageLayout.nodeSize else {
            throw PageFlaw("entry \(index) is at \(start)")
        }
        let keySize = Int(page.number(at: start + 6, UInt16.self))
        var size = PageLayout.nodeSize + keySize
        // The first key of a branch stands for all that are less than the second, whatever it is.
        guard keySize <= 511, keySize > 0 || (isBranch && index == 0) else {
            throw PageFlaw("entry \(index) has a key of \(keySize) bytes")
        }
        if isFreeList, keySize != 8, keySize > 0 { throw PageFlaw("entry \(index) has no number for a key") }
        if !isBranch { size += try valueSize(start, keySize, bounds) }
        guard start + size <= page.count else { throw PageFlaw("entry \(index) is cut off") }
        if isBranch, !bounds.contain(child(index)) { throw PageFlaw("entry \(index) leads to page \(child(index))") }
        if index > (isBranch ? 1 : 0), !isIncreasing(index) { throw PageFlaw("entry \(index) is out of order") }
        return (size + 1) & ~1
    }

    /// How many bytes a leaf's entry has behind its key.
    private func valueSize(_ start: Int, _ keySize: Int, _ bounds: Bounds) throws(PageFlaw) -> Int {
        let page = UnsafeRawBufferPointer(bytes)
        let size = Int(page.number(at: start, UInt32.self))
        switch PageLayout.Value(rawValue: page.number(at: start + 4, UInt16.self)) {
        case .inline: return size
        case .database:
            guard size == PageLayout.databaseSize else { throw PageFlaw("a database is described in \(size) bytes") }
            return size
        case .overflow:
            let place = start + PageLayout.nodeSize + keySize
            guard place + 8 <= page.count else { throw PageFlaw("an entry is cut off") }
            let first = page.number(at: place, UInt64.self)
            let count = PageLayout.overflowPages(size, pageSize: bounds.pageSize)
            guard bounds.contain(first, count: count) else {
                throw PageFlaw("a value lies in \(count) pages from page \(first) on")
            }
            return 8
        case nil: throw PageFlaw("an entry's flags are \(page.number(at: start + 4, UInt16.self))")
        }
    }

    private func isIncreasing(_ index: Int) -> Bool {
        let (left, right) = (key(index - 1), key(index))
        return isFreeList
            ? left.number(at: 0, UInt64.self) < right.number(at: 0, UInt64.self) : left.order(right) < 0
    }

    private func start(_ index: Int) -> Int {
        Int(UnsafeRawBufferPointer(bytes).number(at: PageLayout.headerSize + 2 * index, UInt16.self))
    }

    /// The key of an entry.
    func key(_ index: Int) -> UnsafeRawBufferPointer {
        let page = UnsafeRawBufferPointer(bytes)
        let start = start(index)
        let size = Int(page.number(at: start + 6, UInt16.self))
        return UnsafeRawBufferPointer(
            rebasing: page[(start + PageLayout.nodeSize)..<(start + PageLayout.nodeSize + size)])
    }

    /// The page that an entry of a branch leads to.
    func child(_ index: Int) -> UInt64 {
        let page = UnsafeRawBufferPointer(bytes)
        let start = start(index)
        return UInt64(page.number(at: start, UInt32.self)) | UInt64(page.number(at: start + 4, UInt16.self)) << 32
    }

    /// What an entry of a leaf holds.
    func content(_ index: Int) -> Content {
        let page = UnsafeRawBufferPointer(bytes)
        let start = start(index)
        let size = Int(page.number(at: start, UInt32.self))
        let place = start + PageLayout.nodeSize + Int(page.number(at: start + 6, UInt16.self))
        switch PageLayout.Value(rawValue: page.number(at: start + 4, UInt16.self)) {
        case .overflow:
            return .overflow(
                page: page.number(at: place, UInt64.self),
                count: PageLayout.overflowPages(size, pageSize: page.count))
        case .database:
            return .database(TreeRoot(UnsafeRawBufferPointer(rebasing: page[place..<(place + size)])))
        case .inline, nil: return .inline(place..<(place + size))
        }
    }

    /// A copy of these bytes of the page.
    func copy(_ range: Range<Int>) -> [UInt8] { Array(UnsafeRawBufferPointer(bytes)[range]) }

    /// The entry of a branch behind which a key is to be looked for.
    func index(leadingTo key: UnsafeRawBufferPointer) -> Int {
        var (low, high) = (1, count)
        while low < high {
            let middle = (low + high) / 2
            if self.key(middle).order(key) <= 0 { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    /// The entry of a leaf with this key; nil if there is none.
    func index(of key: UnsafeRawBufferPointer) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            let order = self.key(middle).order(key)
            if order == 0 { return middle }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    /// How these bytes sort beside others, as LMDB sorts keys: below 0 for before, above 0 for behind.
    func order(_ other: UnsafeRawBufferPointer) -> Int {
        let shared = Swift.min(count, other.count)
        if shared > 0, let left = baseAddress, let right = other.baseAddress {
            let order = compareBytes(left, right, shared)
            if order != 0 { return order }
        }
        return count - other.count
    }
}
