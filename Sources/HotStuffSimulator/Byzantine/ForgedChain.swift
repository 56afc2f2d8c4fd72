internal import HotStuffCore

/// A chain that mirrors another block by block, with something changed.
struct ForgedChain {
    private var forged: [Digest: Block] = [:]
    private var order: [Digest] = []

    /// The block that stands for this one, once it was forged.
    func standIn(for hash: Digest) -> Block? { forged[hash] }

    /// Forges a block: its parent is the one that stands for its parent, if there is one.
    mutating func forge(_ block: Block, _ change: (inout BlockHeader, inout Payload) -> Void) -> Block {
        if let known = forged[block.hash] { return known }
        var header = block.header
        var payload = block.payload
        if let parent = forged[header.parent] { header.parent = parent.hash }
        change(&header, &payload)
        header.payloadDigest = payload.digest
        header.payloadLength = UInt64(payload.count)
        let result = Block(header: header, stored: payload, hash: header.hash)
        forged[block.hash] = result
        order.append(block.hash)
        if order.count > 512 { forged[order.removeFirst()] = nil }
        return result
    }
}
