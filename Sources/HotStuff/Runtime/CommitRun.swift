/// Answers a peer that is behind with a run of committed blocks and the proof of the highest (protocol §8).
///
/// A proof of the tip is in the log; below it, proofs lie in the blocks themselves: where a committed block carries a
/// certificate on one whose certificates lead down a chain of `L`, the lowest of that chain is proved.
enum CommitRun {
    /// The answer to `request` from the log as it is.
    ///
    /// The run goes up to the highest block that the log can prove and that fits into the limits, but never stops before
    /// the first that it can prove, or the peer would never get on.
    static func answer(
        to request: CommitRequest, from log: any CommittedBlocks, commitChainLength length: Int
    ) throws -> CommitsAnswer {
        let tip = try log.tip
        guard request.from <= tip.height, request.from > .genesis else { return .nothing(committed: tip.height) }
        let first = try log.firstHeight
        guard request.from >= first else { return .prunedBelow(first) }

        let limit = Int(clamping: min(request.limit, UInt64(Limits.answeredBytes)))
        var blocks: [Block] = []
        var bytes = 0
        /// The best proof so far, and how many blocks it takes in.
        var best: (proof: CommitProof, count: Int)?
        var next: Height? = request.from
        while let height = next, height <= tip.height {
            let isFull = blocks.count >= Limits.answeredBlocks || (!blocks.isEmpty && bytes >= limit)
            if isFull, best != nil { break }
            guard let block = try log.block(at: height) else { break }
            blocks.append(block)
            bytes += block.payload.count
            if let proof = try proof(endingIn: block.header.justify, from: log, length: length),
                let count = count(of: blocks, upTo: proof.proven), count > best?.count ?? 0
            {
                best = (proof, count)
            }
            next = height.successor
        }
        if blocks.last?.position == tip, let proof = try log.tipProof, proof.proven == tip {
            best = (proof, blocks.count)
        }
        guard let best, best.count <= Limits.answeredBlocks else { return .nothing(committed: tip.height) }
        return .run(proof: best.proof, blocks: blocks.prefix(best.count).reversed())
    }

    /// How many of `blocks` lie at or below `place`; nil if it is none of them.
    private static func count(of blocks: [Block], upTo place: LogPosition?) -> Int? {
        guard let place, let first = blocks.first, place.height >= first.height else { return nil }
        let index = place.height.blocks(above: first.height)
        guard index < blocks.count, blocks[Int(index)].position == place else { return nil }
        return Int(index) + 1
    }

    /// The proof that ends in this certificate, if the blocks under it are a commit chain.
    private static func proof(
        endingIn certificate: QuorumCertificate, from log: any CommittedBlocks, length: Int
    ) throws -> CommitProof? {
        var headers: [BlockHeader] = []
        var certified = certificate
        while headers.count < length - 1 {
            guard !certified.isGenesis, let header = try log.header(at: certified.height) else { return nil }
            headers.insert(header, at: 0)
            certified = header.justify
        }
        let proof = CommitProof(headers: headers, certificate: certificate)
        return proof.flaw(commitChainLength: length) == nil ? proof : nil
    }
}
