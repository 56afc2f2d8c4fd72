/// A Merkle tree over a fixed number of leaves, sixteen children to a node; a change costs the path above it.
///
/// The number of leaves never changes, so no leaf can be taken for a node. `digest` of one leaf is what its owner says.
struct MerkleTree {
    /// How many children a node has.
    private static let width = 16

    /// The leaves first, the root, alone, last.
    private var levels: [[NodeDigest]]

    /// Nodes as they were before an update: all it takes to undo it.
    struct Before {
        /// Which nodes, and what they were; a list for each level.
        fileprivate var levels: [[(place: Int32, digest: NodeDigest)]] = []
    }

    /// A tree all of whose leaves are zero, up to the root, until all are updated.
    init(leaves: Int) {
        precondition(leaves > 0, "a tree without leaves")
        levels = [Array(repeating: NodeDigest(), count: leaves)]
        while let below = levels.last, below.count > 1 {
            levels.append(Array(repeating: NodeDigest(), count: (below.count + Self.width - 1) / Self.width))
        }
    }

    /// The root.
    var root: NodeDigest { levels[levels.count - 1][0] }

    /// Takes new digests for `leaves`, which are in order, and hashes what is above them.
    mutating func update(_ leaves: [Int32], workers: Int, digest: (Int32) -> NodeDigest) -> Before {
        var before = Before()
        guard !leaves.isEmpty else { return before }
        before.levels.append(replace(leaves, level: 0, workers: workers, digest: digest))
        var changed = leaves
        for level in 1..<max(levels.count, 1) {
            changed = parents(of: changed)
            let below = levels[level - 1]
            before.levels.append(
                replace(changed, level: level, workers: workers) { node in
                    let children = (Int(node) * Self.width)..<min(below.count, (Int(node) + 1) * Self.width)
                    return below.withUnsafeBytes { bytes in
                        let size = MemoryLayout<NodeDigest>.stride
                        let part = bytes[(children.lowerBound * size)..<(children.upperBound * size)]
                        return NodeDigest(of: UnsafeRawBufferPointer(rebasing: part))
                    }
                })
        }
        return before
    }

    /// Takes the newest update back.
    mutating func undo(_ before: Before) {
        for (level, nodes) in before.levels.enumerated() {
            for node in nodes { levels[level][Int(node.place)] = node.digest }
        }
    }

    private mutating func replace(
        _ places: [Int32], level: Int, workers: Int, digest: (Int32) -> NodeDigest
    ) -> [(place: Int32, digest: NodeDigest)] {
        levels[level].withUnsafeMutableBufferPointer { nodes in
            let before = places.map { (place: $0, digest: nodes[Int($0)]) }
            // Workers write different nodes.
            inParallel(places.count, workers: workers) { range in
                for place in places[range] { nodes[Int(place)] = digest(place) }
            }
            return before
        }
    }

    private func parents(of places: [Int32]) -> [Int32] {
        var parents: [Int32] = []
        for place in places where parents.last != place / Int32(Self.width) {
            parents.append(place / Int32(Self.width))
        }
        return parents
    }
}
