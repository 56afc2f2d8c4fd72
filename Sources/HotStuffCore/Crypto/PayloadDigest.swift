/// How a payload becomes the digest in its block's header: a Merkle tree over pieces of 64 KiB.
///
/// A leaf is SHA-256(0x00 ‖ piece), a node SHA-256(0x01 ‖ left ‖ right); an odd node is promoted, and the empty
/// payload's root is SHA-256(0x00). The prefixes keep a node from being taken for a piece. Pieces can so be checked
/// one by one against the list of leaves, in any order, from anyone.
enum PayloadDigest {
    /// Bytes in every piece but the last.
    static let pieceSize = 64 << 10

    /// The root over `bytes`; one pass, no copy.
    static func root(of bytes: UnsafeRawBufferPointer) -> Digest {
        guard bytes.count > pieceSize else { return Digest(prefix: 0, bytes) }
        return root(ofLeaves: leaves(of: bytes))
    }

    /// The leaves over `bytes`: one for each piece, at least one.
    static func leaves(of bytes: UnsafeRawBufferPointer) -> [Digest] {
        guard bytes.count > 0 else { return [Digest(prefix: 0)] }
        return stride(from: 0, to: bytes.count, by: pieceSize).map { start in
            Digest(prefix: 0, .init(rebasing: bytes[start..<min(start + pieceSize, bytes.count)]))
        }
    }

    /// The root over a list of leaves, which must not be empty.
    static func root(ofLeaves leaves: [Digest]) -> Digest {
        var level = leaves
        while level.count > 1 {
            var above: [Digest] = []
            above.reserveCapacity((level.count + 1) / 2)
            for left in stride(from: 0, to: level.count, by: 2) {
                above.append(left + 1 < level.count ? node(level[left], level[left + 1]) : level[left])
            }
            level = above
        }
        return level[0]
    }

    private static func node(_ left: Digest, _ right: Digest) -> Digest {
        left.bytes.withUnsafeBytes { left in right.bytes.withUnsafeBytes { right in Digest(prefix: 1, left, right) } }
    }
}
