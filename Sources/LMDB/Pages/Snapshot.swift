/// The file as one transaction sees it, read page by page beside LMDB's map.
///
/// LMDB trusts its pages: one that is damaged, or not there, makes it trap, or read and write elsewhere. So before LMDB
/// goes down a tree, the same way is gone here, through copies of the pages, each looked at first. Pages of a snapshot do
/// not change while its transaction is open, so what was found good stays good; pages that a writer has changed are
/// LMDB's own copies in memory, made of pages that were looked at.
///
/// Belongs to one transaction, and to its thread.
final class Snapshot {
    /// Where in a database to look.
    enum Target {
        case first
        case last
        case key(UnsafeRawBufferPointer)
    }

    /// What says where everything is.
    let meta: MetaPage
    /// What every page is held against.
    let bounds: TreePage.Bounds
    let file: PageFile
    /// Pages found good, so that none is read for every key that it holds.
    private var pages: [UInt64: TreePage] = [:]
    private var roots: [String: TreeRoot] = [:]

    /// How many pages are remembered: 4 MiB of them, as a rule.
    private static let pageLimit = 1024

    /// The file as `meta` describes it.
    init(_ file: PageFile, _ meta: MetaPage) throws(PageFlaw) {
        self.file = file
        self.meta = meta
        bounds = TreePage.Bounds(pageSize: meta.pageSize, lastPage: meta.lastPage, fileSize: try file.size())
    }

    /// A page of a tree.
    func page(_ number: UInt64, isFreeList: Bool = false) throws(PageFlaw) -> TreePage {
        if let page = pages[number] { return page }
        guard bounds.contain(number) else { throw PageFlaw("page \(number) is beyond the file's end, or not in use") }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: bounds.pageSize, alignment: 8)
        do throws(PageFlaw) { try file.read(at: number * UInt64(bounds.pageSize), into: bytes) } catch {
            bytes.deallocate()
            throw PageFlaw("page \(number): \(error.text)")
        }
        let page: TreePage
        do throws(PageFlaw) {
            page = try TreePage(bytes, number: number, in: bounds, isFreeList: isFreeList)
        } catch { throw PageFlaw("page \(number): \(error.text)") }
        if pages.count >= Self.pageLimit { pages.removeAll(keepingCapacity: true) }
        pages[number] = page
        return page
    }

    /// Where the named database begins; nil if there is none.
    func root(of database: String) throws(PageFlaw) -> TreeRoot? {
        if let root = roots[database] { return root }
        let name = Array(database.utf8)
        let root = try name.span.bytes.withUnsafeBytes { name throws(PageFlaw) -> TreeRoot? in
            guard let leaf = try leaf(.key(name), in: meta.main, neighbours: false),
                let index = leaf.index(of: name)
            else { return nil }
            guard case .database(let root) = leaf.content(index) else {
                throw PageFlaw("page \(leaf.number): \(database) is no database")
            }
            // Of another kind, if it is whole: made by somebody else, as opening it finds out.
            if root.flags == TreeRoot.plain { try root.check(flags: TreeRoot.plain, lastPage: bounds.lastPage) }
            return root
        }
        if let root { roots[database] = root }
        return root
    }

    /// Goes down a tree to the leaf where a key is or would be; nil if the tree is empty.
    ///
    /// - Parameter neighbours: look at the pages to both sides as well, on every level: a deletion merges them, and a
    ///   cursor steps to them.
    @discardableResult
    func leaf(_ target: Target, in root: TreeRoot, neighbours: Bool) throws(PageFlaw) -> TreePage? {
        guard !root.isEmpty else { return nil }
        // Held, so that keys of theirs may be pointed to.
        var path: [TreePage] = []
        var number = root.page
        var sides: (left: UInt64?, right: UInt64?) = (nil, nil)
        var range: (lower: UnsafeRawBufferPointer?, upper: UnsafeRawBufferPointer?) = (nil, nil)
        for level in 1...root.depth {
            let isLeaf = level == root.depth
            let page = try page(number, leaf: isLeaf)
            try check(page, isWithin: range)
            path.append(page)
            var beside: (left: TreePage?, right: TreePage?) = (nil, nil)
            if neighbours {
                if let left = sides.left { beside.left = try self.page(left, leaf: isLeaf) }
                if let right = sides.right { beside.right = try self.page(right, leaf: isLeaf) }
            }
            guard !isLeaf else { break }
            let index = index(for: target, in: page)
            if index > 0 { range.lower = page.key(index) }
            if index + 1 < page.count { range.upper = page.key(index + 1) }
            sides.left = index > 0 ? page.child(index - 1) : beside.left.map { $0.child($0.count - 1) }
            sides.right = index + 1 < page.count ? page.child(index + 1) : beside.right.map { $0.child(0) }
            number = page.child(index)
        }
        return path.last
    }

    private func page(_ number: UInt64, leaf isLeaf: Bool) throws(PageFlaw) -> TreePage {
        let page = try page(number)
        guard page.isBranch != isLeaf else { throw PageFlaw("page \(number): it is on a wrong level of its tree") }
        return page
    }

    private func index(for target: Target, in page: TreePage) -> Int {
        switch target {
        case .first: 0
        case .last: page.count - 1
        case .key(let key): page.index(leadingTo: key)
        }
    }

    /// A page that was left at its place by a write that went elsewhere has other keys than its parent says.
    private func check(
        _ page: TreePage, isWithin range: (lower: UnsafeRawBufferPointer?, upper: UnsafeRawBufferPointer?)
    ) throws(PageFlaw) {
        let first = page.isBranch ? 1 : 0
        if let lower = range.lower, page.key(first).order(lower) < 0 {
            throw PageFlaw("page \(page.number): it has keys below those it should have")
        }
        if let upper = range.upper, page.key(page.count - 1).order(upper) >= 0 {
            throw PageFlaw("page \(page.number): it has keys above those it should have")
        }
    }

    /// Looks at the first page of a key's value, if the value has pages of its own: how many they are, LMDB takes from
    /// there when it frees them.
    func checkValue(of key: UnsafeRawBufferPointer, on leaf: TreePage) throws(PageFlaw) {
        guard let index = leaf.index(of: key), case .overflow(let page, let count) = leaf.content(index) else { return }
        try checkOverflow(page, count: count)
    }

    /// Looks at the first page of a value that has pages of its own.
    func checkOverflow(_ number: UInt64, count: UInt64) throws(PageFlaw) {
        try withUnsafeTemporaryAllocation(byteCount: PageLayout.headerSize, alignment: 8) { bytes throws(PageFlaw) in
            try file.read(at: number * UInt64(bounds.pageSize), into: bytes)
            let head = UnsafeRawBufferPointer(bytes)
            guard head.number(at: 0, UInt64.self) == number,
                head.number(at: 10, UInt16.self) == PageLayout.Kind.overflow.rawValue,
                UInt64(head.number(at: 12, UInt32.self)) == count
            else { throw PageFlaw("page \(number): it does not begin a value of \(count) pages") }
        }
    }

    /// A copy of a key's value, read without LMDB; nil if there is no such key, or the value has pages of its own.
    func bytes(for key: [UInt8], in database: String) throws(PageFlaw) -> [UInt8]? {
        guard let root = try root(of: database), root.flags == TreeRoot.plain else { return nil }
        return try key.span.bytes.withUnsafeBytes { key throws(PageFlaw) -> [UInt8]? in
            guard let leaf = try leaf(.key(key), in: root, neighbours: false), let index = leaf.index(of: key),
                case .inline(let range) = leaf.content(index)
            else { return nil }
            return leaf.copy(range)
        }
    }
}
