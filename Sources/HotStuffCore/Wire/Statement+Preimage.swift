extension Statement {
    /// The bytes that are signed: domain tag, kind, chain, and all that the statement says (protocol §1).
    ///
    /// A fixed layout of 113 bytes for blocks, 81 for ranks and 98 for recollections, so no two statements share their
    /// bytes.
    public func preimage(chainID: Digest) -> [UInt8] {
        var encoder = WireEncoder(capacity: 113)
        encoder.write(Domain.statement)
        encoder.write(kind)
        encoder.write(chainID)
        switch self {
        case .proposal(let epoch, let view, let height, let index, let block),
            .vote(let epoch, let view, let height, let index, let block):
            encoder.write(epoch)
            encoder.write(view)
            encoder.write(height)
            encoder.write(index)
            encoder.write(block)
        case .suspicion(let epoch, let view, let rank), .timeout(let epoch, let view, let rank):
            encoder.write(epoch)
            encoder.write(view)
            encoder.write(rank)
        case .recall(let epoch, let view, let hasForgotten, let nonce):
            encoder.write(epoch)
            encoder.write(view)
            encoder.write(hasForgotten)
            encoder.write(nonce)
        }
        return encoder.bytes
    }

    /// Tells the meanings apart, so that a proposal's signature is never taken for a vote, nor a suspicion's for a
    /// timeout.
    var kind: UInt8 {
        switch self {
        case .proposal: 1
        case .vote: 2
        case .suspicion: 3
        case .timeout: 4
        case .recall: 5
        }
    }
}
