extension CommitsAnswer {
    /// Answers a request for committed blocks from a log (protocol §8).
    ///
    /// The run ends at the highest block that can be proved and still fits: at one whose proof lies in the log itself,
    /// or at the tip. It never ends before the first block at or above `request.from` that can be proved, whatever it
    /// takes; beyond that it has at most `request.limit` and `Limits.answeredBytes` bytes, and `Limits.answeredBlocks`
    /// blocks. Reads each header of the run once, those that prove its end, and its blocks, some at a time.
    ///
    /// - Parameters:
    ///   - request: what a peer asks for.
    ///   - log: the committed blocks as of one moment.
    ///   - commitChainLength: `L`.
    /// - Throws: what the log throws, and `CommittedLog.Unreadable` if it lacks a block that it must have.
    public init(
        to request: CommitRequest, from log: some CommittedBlocks, commitChainLength: Int
    ) throws {
        let (tip, firstHeight) = (try log.tip, try log.firstHeight)
        // Genesis is nobody's to send.
        let from = max(request.from, Height(1))
        guard from <= tip.height else {
            self = .nothing(committed: tip.height)
            return
        }
        guard from >= firstHeight else {
            self = .prunedBelow(firstHeight)
            return
        }
        var search = ProvableRun(from: from, limit: request.limit, commitChainLength: commitChainLength)
        var next: Height? = from
        while let height = next, height <= tip.height, !search.isComplete {
            let headers = try log.nextHeaders(from: height, through: tip.height)
            guard let last = headers.last else {
                self = try Self.lost(height, in: log)
                return
            }
            for header in headers where !search.isComplete { search.take(header) }
            next = last.height.successor
        }
        if !search.isComplete, let proof = try log.tipProof { search.offer(proof) }
        guard let proof = search.proof, let end = proof.proven else {
            throw CommittedLog.Unreadable.missing(tip.height)
        }
        var blocks: [Block] = []
        next = from
        while let height = next, height <= end.height {
            let more = try log.nextBlocks(from: height, through: end.height)
            guard let last = more.last else {
                self = try Self.lost(height, in: log)
                return
            }
            blocks += more
            next = last.height.successor
        }
        guard blocks.last?.position == end else { throw CommittedLog.Unreadable.missing(end.height) }
        self = .run(proof: proof, blocks: blocks.reversed())
    }

    /// The answer where a block is not there: it was pruned while this looked, or the log is broken.
    private static func lost(_ height: Height, in log: some CommittedBlocks) throws -> CommitsAnswer {
        let firstHeight = try log.firstHeight
        guard height < firstHeight else { throw CommittedLog.Unreadable.missing(height) }
        return .prunedBelow(firstHeight)
    }
}

/// The search for the end of a run, over committed headers from its lowest upwards.
private struct ProvableRun {
    /// The proof of the best end so far.
    private(set) var proof: CommitProof?
    /// Whether no later header can give a better end.
    private(set) var isComplete = false

    private let from: Height
    private let limit: UInt64
    private let commitChainLength: Int
    /// The headers taken so far, the first one at `from`.
    private var headers: [BlockHeader] = []
    /// How many bytes the blocks up to each of `headers` have, about.
    private var sizes: [UInt64] = []
    /// What the last header certified: the next ones often certify the same.
    private var lastJustify: LogPosition?

    init(from: Height, limit: UInt64, commitChainLength: Int) {
        self.from = from
        self.limit = min(limit, UInt64(Limits.answeredBytes))
        self.commitChainLength = commitChainLength
    }

    /// Takes the header above the one taken before, and looks at what it proves.
    mutating func take(_ header: BlockHeader) {
        headers.append(header)
        sizes.append((sizes.last ?? 0) + header.payloadLength + header.approximateSize)
        guard header.justify.position != lastJustify else { return }
        lastJustify = header.justify.position
        if let proof = proof(by: header.justify) { offer(proof) }
    }

    /// Takes a proof as the new end, if it is of a higher block that fits or is needed.
    mutating func offer(_ candidate: CommitProof) {
        guard let end = candidate.proven, let size = size(upTo: end.height) else { return }
        let count = end.height.blocks(above: from) + 1
        let fits = size <= limit && count <= UInt64(Limits.answeredBlocks)
        // What later headers prove is no lower, since certificates only grow along a chain.
        isComplete = !fits
        if fits || proof == nil { proof = candidate }
    }

    /// The proof that ends in this certificate, if it proves a block of the run: the certified block and those below
    /// it, each certified by the next, are committed themselves.
    private func proof(by certificate: QuorumCertificate) -> CommitProof? {
        guard var lowest = header(at: certificate.height) else { return nil }
        var chain = [lowest]
        while chain.count < commitChainLength - 1 {
            guard let below = header(at: lowest.justify.height) else { return nil }
            chain.insert(below, at: 0)
            lowest = below
        }
        let proof = CommitProof(headers: chain, certificate: certificate)
        guard let proven = proof.proven, proven.height >= from else { return nil }
        return proof.flaw(commitChainLength: commitChainLength) == nil ? proof : nil
    }

    private func header(at height: Height) -> BlockHeader? {
        guard height >= from, height.blocks(above: from) < UInt64(headers.count) else { return nil }
        return headers[Int(height.blocks(above: from))]
    }

    private func size(upTo height: Height) -> UInt64? {
        guard height >= from, height.blocks(above: from) < UInt64(sizes.count) else { return nil }
        return sizes[Int(height.blocks(above: from))]
    }
}

extension BlockHeader {
    /// About how many bytes the encoding has: a fixed part, and 66 bytes a signature or 82 a report.
    fileprivate var approximateSize: UInt64 {
        var signatures = justify.signatures.count
        switch entry {
        case .timeout(let certificate): signatures += certificate.highest.signatures.count + certificate.reports.count
        case .rotation(let certificate): signatures += certificate.signatures.count
        case nil: break
        }
        return 300 + 72 * UInt64(signatures)
    }
}
