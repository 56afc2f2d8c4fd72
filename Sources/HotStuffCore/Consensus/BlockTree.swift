/// The blocks held above the committed tip, and the places just below it.
///
/// It bounds what leaders can make a replica hold: at most two conflicting blocks of one view and height unless one is
/// certified (protocol §4), at most a window of blocks whose parent is missing, and at most four windows in all.
struct BlockTree: Sendable {
    /// What is known of a held block.
    struct Node: Sendable {
        let block: Block
        /// Whether all its ancestors down to the committed tip are held.
        var isConnected: Bool
        /// Payload bytes from the tree's origin up to and including this block; 0 while it is not connected.
        var bytesUpTo: UInt64
        /// Whether it and its ancestors keep rules 3, 4, 6 and 7 of protocol §4; nil until that was looked at.
        var isValid: Bool?
        /// Whether it or a descendant is certified; then a quorum has found it valid.
        var isCertified = false
        /// Whether the state machine does not accept its payload.
        var isRefused = false
        /// What the state machine said of it, where it is asked before a vote.
        var verdict: Verdict?
        /// Since when a vote for it waits for the state machine.
        var waitingSince: Timestamp?
        /// Whether a write of it has been asked for.
        var isWritten: Bool
        /// The certificate on it, if one was seen.
        var certificate: QuorumCertificate?
        /// The signed run that it came in, if it came in one.
        var run: SignedRun?
    }

    /// A proposal as its leader signed it; kept as evidence in case another conflicts with it.
    final class SignedRun: Sendable {
        let blocks: [Block]
        let signature: Signature

        init(blocks: [Block], signature: Signature) {
            self.blocks = blocks
            self.signature = signature
        }

        var headers: SignedHeaders { SignedHeaders(headers: blocks.map(\.header), signature: signature) }
    }

    /// The committed tip: what every block here must descend from in the end.
    private(set) var root: LogPosition
    /// The committed tip's header.
    private(set) var rootHeader: BlockHeader
    private var rootBytes: UInt64 = 0

    private var nodes: [Digest: Node] = [:]
    private var byHeight: [UInt64: [Digest]] = [:]
    private var orphanCount = 0
    private var orphanBytes = 0

    /// Committed places at and below the root, by height; `memory` of them.
    private var recent: [UInt64: (block: Digest, bytesUpTo: UInt64)] = [:]
    private let memory: UInt64
    /// A committed place that is remembered however far below the root it lies.
    private var pinned: LogPosition?
    /// No uncertified block of a lower view is held.
    ///
    /// A replica that is far behind gets one block after the other that there is no room for: looking through all that is
    /// held for room each time would keep it from ever catching up.
    private var lowestView = View(0)
    private let orphanLimit: Int
    private let windowBytes: Int
    private let blockLimit: Int

    /// A tree with nothing above `root`.
    ///
    /// - Parameter recent: committed places at and below the root; as far as `window` blocks down is enough.
    init(root: LogPosition, header: BlockHeader, recent: [LogPosition], window: Int, windowSize: ByteCount) {
        self.root = root
        rootHeader = header
        memory = UInt64(window)
        orphanLimit = window
        windowBytes = windowSize.bytes
        // Two branches of one view and what it extends fill three windows; more comes only of views that are over.
        blockLimit = 4 * max(window, 16)
        for position in recent { self.recent[position.height.rawValue] = (position.block, 0) }
        self.recent[root.height.rawValue] = (root.block, 0)
    }

    /// How many blocks are held.
    var count: Int { nodes.count }

    /// What is known of the block with this hash.
    subscript(hash: Digest) -> Node? { nodes[hash] }

    /// The held block with this hash.
    func block(_ hash: Digest) -> Block? { nodes[hash]?.block }

    /// Whether the block is held or is the committed tip.
    func reaches(_ hash: Digest) -> Bool { hash == root.block || nodes[hash] != nil }

    /// The hashes held at `height`, in the order in which they came.
    func blocks(at height: Height) -> [Digest] { byHeight[height.rawValue] ?? [] }

    /// Changes what is known of a held block.
    mutating func update(_ hash: Digest, _ change: (inout Node) -> Void) {
        guard var node = nodes[hash] else { return }
        change(&node)
        nodes[hash] = node
    }

    /// What became of a block that was to be held.
    enum Insertion: Sendable, Equatable {
        /// It is held now; its parent is held too.
        case connected
        /// It is held now; its parent is missing.
        case orphaned
        /// It was held before, or is committed.
        case known
        /// It is not held: it lies at or below the committed tip beside the log, or a bound would be passed.
        case refused
    }

    /// Holds a block, unless that would pass a bound.
    ///
    /// - Parameter isCertified: whether a certificate on it is known; then it may be held beside two that conflict.
    mutating func insert(_ block: Block, isWritten: Bool, isCertified: Bool) -> Insertion {
        guard nodes[block.hash] == nil else { return .known }
        guard block.height > root.height else {
            return recent[block.height.rawValue]?.block == block.hash ? .known : .refused
        }
        var siblings = 0
        for hash in blocks(at: block.height) {
            guard let header = nodes[hash]?.block.header else { continue }
            if header.epoch == block.header.epoch, header.view == block.view { siblings += 1 }
        }
        guard siblings < 2 || isCertified else { return .refused }
        if nodes.count >= blockLimit, !isCertified {
            dropUncertified(below: block.view)
            guard nodes.count < blockLimit else { return .refused }
        }

        let bytesBelow = bytes(upToParentOf: block)
        if let bytesBelow, !isCertified, run(of: block, from: bytesBelow) > UInt64(windowBytes) {
            return .refused  // rule 3, before the bytes are held rather than at the vote
        }
        if bytesBelow == nil {
            if orphanCount >= orphanLimit || orphanBytes + block.payload.count > windowBytes {
                dropUncertified(below: block.view)
            }
            guard isCertified || orphanCount < orphanLimit && orphanBytes + block.payload.count <= windowBytes else {
                return .refused
            }
            orphanCount += 1
            orphanBytes += block.payload.count
        }
        nodes[block.hash] = Node(
            block: block, isConnected: bytesBelow != nil,
            bytesUpTo: bytesBelow.map { $0 &+ UInt64(block.payload.count) } ?? 0,
            isValid: nil, isWritten: isWritten, certificate: nil, run: nil)
        byHeight[block.height.rawValue, default: []].append(block.hash)
        lowestView = min(lowestView, block.view)
        return bytesBelow == nil ? .orphaned : .connected
    }

    /// Connects the held descendants of a block that is connected itself, or is the root; parents before children.
    mutating func connectDescendants(of position: LogPosition) -> [Block] {
        guard orphanCount > 0 else { return [] }
        var connected: [Block] = []
        var parents = [position]
        while let parent = parents.popLast() {
            guard let next = parent.height.successor else { continue }
            for hash in blocks(at: next) {
                guard var node = nodes[hash], !node.isConnected, node.block.header.parent == parent.block,
                    let bytesBelow = bytes(upToParentOf: node.block)
                else { continue }
                node.isConnected = true
                node.bytesUpTo = bytesBelow &+ UInt64(node.block.payload.count)
                nodes[hash] = node
                orphanCount -= 1
                orphanBytes -= node.block.payload.count
                connected.append(node.block)
                parents.append(node.block.position)
            }
        }
        return connected
    }

    /// Drops blocks of views below `view` that no certificate covers: were one certified after all, it is fetched again.
    private mutating func dropUncertified(below view: View) {
        guard view > lowestView else { return }
        lowestView = view
        for height in byHeight.keys.sorted() {
            for hash in byHeight[height] ?? [] {
                guard let node = nodes[hash], !node.isCertified, node.block.view < view else { continue }
                remove(hash)
            }
        }
        dropConflicting()
    }

    /// Payload bytes between what the block's certificate certifies and the block, itself included.
    private func run(of block: Block, from bytesBelow: UInt64) -> UInt64 {
        let justify = block.header.justify
        let certified = nodes[justify.block]?.bytesUpTo ?? recent[justify.height.rawValue]?.bytesUpTo ?? 0
        return (bytesBelow &- min(certified, bytesBelow)) &+ UInt64(block.payload.count)
    }

    /// Payload bytes up to the block's parent; nil if the parent is not connected.
    private func bytes(upToParentOf block: Block) -> UInt64? {
        if block.header.parent == root.block { return rootBytes }
        guard let parent = nodes[block.header.parent], parent.isConnected else { return nil }
        return parent.bytesUpTo
    }

    /// Forgets a block that will never be voted for, so that it cannot be built on.
    mutating func remove(_ hash: Digest) {
        guard let node = nodes[hash] else { return }
        let height = node.block.height.rawValue
        byHeight[height]?.removeAll { $0 == hash }
        if byHeight[height]?.isEmpty == true { byHeight[height] = nil }
        forget(hash)
    }

    /// The committed block at `height`, if that is remembered.
    func committed(at height: Height) -> Digest? { recent[height.rawValue]?.block }

    /// Whether the block at `ancestor` is `block` or one of its ancestors, as far as this tree remembers.
    ///
    /// O(height difference).
    func isAncestor(_ ancestor: LogPosition, of block: Digest) -> Bool {
        var current = block
        while let node = nodes[current] {
            if node.block.height == ancestor.height { return current == ancestor.block }
            if node.block.height < ancestor.height { return false }
            current = node.block.header.parent
        }
        guard current == root.block, ancestor.height <= root.height else { return false }
        return recent[ancestor.height.rawValue]?.block == ancestor.block || ancestor == pinned
    }

    /// Remembers one committed place for good: that of the newest vote, which rule 5 asks for whatever this replica
    /// has slept through since.
    mutating func pin(_ position: LogPosition) { pinned = position }

    /// Payload bytes in the blocks above `ancestor` up to and including `block`; an ancestor that is no longer
    /// remembered counts as the lowest that is.
    func bytes(above ancestor: LogPosition, to block: Digest) -> UInt64 {
        guard let upTo = nodes[block]?.bytesUpTo else { return 0 }
        let below = nodes[ancestor.block]?.bytesUpTo ?? recent[ancestor.height.rawValue]?.bytesUpTo ?? 0
        return upTo &- min(below, upTo)
    }

    /// The held blocks from just above the committed tip to `block`, lowest first; nil if one between is missing.
    func path(to block: Digest) -> [Block]? { path(to: block, above: root.block) }

    /// The held blocks from just above `ancestor` to `block`, lowest first; nil if `block` does not descend from it
    /// over held blocks.
    func path(to block: Digest, above ancestor: Digest) -> [Block]? {
        var path: [Block] = []
        var current = block
        while current != ancestor {
            guard let node = nodes[current] else { return nil }
            path.append(node.block)
            current = node.block.header.parent
        }
        path.reverse()
        return path
    }

    /// The lowest ancestor of `block`, or itself, that is not held though it is needed to connect it with the
    /// committed tip; nil if none is missing.
    func firstMissing(from block: LogPosition) -> LogPosition? {
        var current = block
        while current.block != root.block {
            guard let node = nodes[current.block] else { return current.height > root.height ? current : nil }
            guard node.block.height.rawValue > root.height.rawValue + 1 else { return nil }
            current = LogPosition(height: Height(node.block.height.rawValue - 1), block: node.block.header.parent)
        }
        return nil
    }

    /// Makes the last block of `path` the committed tip, and drops whatever conflicts with it.
    ///
    /// - Parameter path: the blocks from just above the old tip to the new one; they need not be held.
    mutating func commit(_ path: [Block]) {
        guard let last = path.last else { return }
        var hasBranches = orphanCount > 0
        for block in path {
            let height = block.height.rawValue
            rootBytes = rootBytes &+ UInt64(block.payload.count)
            for hash in byHeight[height] ?? [] {
                if hash != block.hash { hasBranches = true }
                forget(hash)
            }
            byHeight[height] = nil
            recent[height] = (block.hash, rootBytes)
            if height > memory { recent[height - memory - 1] = nil }
        }
        root = last.position
        rootHeader = last.header
        if hasBranches { dropConflicting() }
    }

    private mutating func forget(_ hash: Digest) {
        guard let node = nodes.removeValue(forKey: hash) else { return }
        if !node.isConnected {
            orphanCount -= 1
            orphanBytes -= node.block.payload.count
        }
    }

    /// Drops what cannot descend from the root; keeps orphans above it whose ancestors may still come.
    private mutating func dropConflicting() {
        for height in byHeight.keys.sorted() {
            for hash in byHeight[height] ?? [] {
                guard let node = nodes[hash] else { continue }
                let parent = node.block.header.parent
                let isChildOfRoot = parent == root.block
                let isBesideTheLog = height <= root.height.rawValue + 1 && !isChildOfRoot
                let lostItsParent = node.isConnected && !isChildOfRoot && nodes[parent] == nil
                if isBesideTheLog || lostItsParent { remove(hash) }
            }
        }
    }
}
