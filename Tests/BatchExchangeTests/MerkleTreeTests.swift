import Testing

@testable import BatchExchange

struct MerkleTreeTests {
    private func leaf(_ number: UInt64) -> NodeDigest {
        withUnsafeBytes(of: number) { NodeDigest(of: $0) }
    }

    @Test(arguments: [1, 2, 16, 17, 255, 256, 257, 5_000])
    func changingLeavesGivesTheRootOfATreeMadeOfThem(leaves: Int) {
        var random = SeededRandom(seed: UInt64(leaves))
        var values = (0..<leaves).map { _ in random.next() }
        let all = (0..<Int32(leaves)).map { $0 }
        var tree = MerkleTree(leaves: leaves)
        _ = tree.update(all, workers: 2) { leaf(values[Int($0)]) }
        var undo: [(root: NodeDigest, before: MerkleTree.Before)] = []
        for _ in 0..<10 {
            let changed = all.filter { _ in random.below(5) == 0 }
            for place in changed { values[Int(place)] = random.next() }
            let root = tree.root
            undo.append((root, tree.update(changed, workers: 1) { leaf(values[Int($0)]) }))
            var fresh = MerkleTree(leaves: leaves)
            _ = fresh.update(all, workers: 1) { leaf(values[Int($0)]) }
            #expect(tree.root == fresh.root)
            #expect(changed.isEmpty == (tree.root == root))
        }
        for (root, before) in undo.reversed() {
            tree.undo(before)
            #expect(tree.root == root)
        }
    }

    @Test func everyLeafReachesTheRoot() {
        var tree = MerkleTree(leaves: 300)
        _ = tree.update((0..<300).map { $0 }, workers: 1) { leaf(UInt64($0)) }
        var roots: Set<[UInt8]> = [tree.root.bytes]
        for place in 0..<Int32(300) {
            let before = tree.update([place], workers: 1) { _ in leaf(1_000) }
            #expect(roots.insert(tree.root.bytes).inserted)
            tree.undo(before)
        }
    }
}
