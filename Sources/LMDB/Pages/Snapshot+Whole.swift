/// A set of page numbers.
struct PageSet {
    private var words: [UInt64]

    /// An empty set of numbers up to `last`.
    init(upTo last: UInt64) { words = Array(repeating: 0, count: Int(last / 64) + 1) }

    /// Adds a number, which must be in reach; whether it was not there yet.
    mutating func insert(_ page: UInt64) -> Bool {
        let bit = UInt64(1) << (page % 64)
        guard words[Int(page / 64)] & bit == 0 else { return false }
        words[Int(page / 64)] |= bit
        return true
    }

    /// Whether a number is in it; none out of reach is.
    func contains(_ page: UInt64) -> Bool {
        page / 64 < UInt64(words.count) && words[Int(page / 64)] & UInt64(1) << (page % 64) != 0
    }

    /// How many numbers are in it.
    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}

extension Snapshot {
    /// Looks at all of the list of free pages: whatever it names, LMDB will write to.
    ///
    /// - Returns: the pages that it names and those that it consists of.
    /// - Complexity: O(*f*) in the number of free pages, whatever else is in the file.
    func checkFreePages() throws(PageFlaw) -> PageSet {
        var named = PageSet(upTo: meta.lastPage)
        try forEachPage(in: meta.free, isFreeList: true, &named) { page, named throws(PageFlaw) in
            guard !page.isBranch else { return }
            for index in 0..<page.count { try addPages(of: page, at: index, to: &named) }
        }
        return named
    }

    /// Finds out whether all pages in use are in the file.
    ///
    /// A page at its end that a transaction took and gave back is free, and was never written.
    func checkLength(free: PageSet) throws(PageFlaw) {
        let present = bounds.fileSize / UInt64(bounds.pageSize)
        guard present <= meta.lastPage else { return }
        for page in present...meta.lastPage where !free.contains(page) {
            throw PageFlaw(
                "it has \(bounds.fileSize) bytes, and page \(page) of \(bounds.pageSize) bytes is in use: it was cut off"
            )
        }
    }

    private func addPages(of leaf: TreePage, at index: Int, to named: inout PageSet) throws(PageFlaw) {
        switch leaf.content(index) {
        case .inline(let range): try addPages(in: leaf.copy(range), on: leaf, to: &named)
        case .overflow(let page, let count):
            try checkOverflow(page, count: count)
            try Self.insert(page, count: count, into: &named)
            let list = try read(page, byteCount: Int(count) * bounds.pageSize - PageLayout.headerSize)
            try addPages(in: list, on: leaf, to: &named)
        case .database: throw PageFlaw("page \(leaf.number): a database in the list of free pages")
        }
    }

    /// Adds the pages of a list, which is their number and then theirs, the highest first.
    private func addPages(
        in list: [UInt8], on leaf: TreePage, to named: inout PageSet
    ) throws(PageFlaw) {
        try list.span.bytes.withUnsafeBytes { list throws(PageFlaw) in
            let count = list.count >= 8 ? list.number(at: 0, UInt64.self) : .max
            guard count <= UInt64(list.count / 8 - 1) else {
                throw PageFlaw("page \(leaf.number): a list of \(count) free pages in \(list.count) bytes")
            }
            var last = meta.lastPage + 1
            for place in 0..<Int(count) {
                let page = list.number(at: 8 + 8 * place, UInt64.self)
                guard page < last, page >= PageLayout.metaCount else {
                    throw PageFlaw("page \(leaf.number): a list of free pages with page \(page) behind \(last)")
                }
                try Self.insert(page, count: 1, into: &named)
                last = page
            }
        }
    }

    private func read(_ page: UInt64, byteCount: Int) throws(PageFlaw) -> [UInt8] {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
        defer { bytes.deallocate() }
        try file.read(at: page * UInt64(bounds.pageSize) + UInt64(PageLayout.headerSize), into: bytes)
        return Array(bytes)
    }

    private static func insert(_ page: UInt64, count: UInt64, into pages: inout PageSet) throws(PageFlaw) {
        for number in page..<(page + count) {
            guard pages.insert(number) else { throw PageFlaw("page \(number) is used twice") }
        }
    }

    /// Looks at every page of every database, and at the list of free pages.
    ///
    /// - Returns: how many pages are in use, and how many are neither in use nor free.
    func checkAll() throws(PageFlaw) -> (used: Int, lost: Int) {
        var seen = try checkFreePages()
        let free = seen.count
        var roots: [TreeRoot] = []
        try forEachPage(in: meta.main, isFreeList: false, &seen) { page, _ throws(PageFlaw) in
            guard !page.isBranch else { return }
            for index in 0..<page.count {
                guard case .database(let root) = page.content(index) else {
                    throw PageFlaw("page \(page.number): an entry that is no database")
                }
                roots.append(root)
            }
        }
        for root in roots { try checkTree(root, &seen) }
        return (seen.count - free, Int(meta.lastPage + 1 - PageLayout.metaCount) - seen.count)
    }

    /// Looks at every page of a database.
    func checkTree(_ root: TreeRoot) throws(PageFlaw) {
        var seen = PageSet(upTo: meta.lastPage)
        try checkTree(root, &seen)
    }

    private func checkTree(_ root: TreeRoot, _ seen: inout PageSet) throws(PageFlaw) {
        try root.check(flags: TreeRoot.plain, lastPage: bounds.lastPage)
        var last: [UInt8]?
        try forEachPage(in: root, isFreeList: false, &seen) { page, seen throws(PageFlaw) in
            guard !page.isBranch else { return }
            if let last {
                let isBehind = last.withUnsafeBytes { $0.order(page.key(0)) < 0 }
                guard isBehind else { throw PageFlaw("page \(page.number): it is out of order") }
            }
            last = Array(page.key(page.count - 1))
            for index in 0..<page.count {
                guard case .overflow(let first, let count) = page.content(index) else { continue }
                try checkOverflow(first, count: count)
                try Self.insert(first, count: count, into: &seen)
            }
        }
    }

    /// Runs `body` with every page of a tree, in the order of keys, none of which was seen before.
    private func forEachPage(
        in root: TreeRoot, isFreeList: Bool, _ seen: inout PageSet,
        _ body: (TreePage, inout PageSet) throws(PageFlaw) -> Void
    ) throws(PageFlaw) {
        guard !root.isEmpty else { return }
        var waiting = [(number: root.page, level: 1)]
        while let (number, level) = waiting.popLast() {
            let page = try page(number, isFreeList: isFreeList)
            guard page.isBranch == (level < root.depth) else {
                throw PageFlaw("page \(number): it is on a wrong level of its tree")
            }
            try Self.insert(number, count: 1, into: &seen)
            try body(page, &seen)
            guard page.isBranch else { continue }
            for index in (0..<page.count).reversed() { waiting.append((page.child(index), level + 1)) }
        }
    }
}
