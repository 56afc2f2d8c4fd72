/// Protocol §§1, 3 and 8: when blocks, and what tells of blocks, may be looked at by the engine.
extension Verifier {
    /// A header and its hash.
    struct Link {
        let header: BlockHeader
        let hash: Digest
    }

    /// Checks a signed run of blocks.
    func check(_ proposal: Proposal) throws(VerificationFault) {
        try checkRun(
            proposal.blocks.map { Link(header: $0.header, hash: $0.hash) }, signedBy: proposal.signature)
        for block in proposal.blocks { try check(block.header) }
    }

    /// Checks that these are one chain of one view, and that the view's leader signed the last; before anything else
    /// is, so that nobody but the leader can make a replica check its certificates.
    func checkRun(_ run: [Link], signedBy signature: Signature) throws(VerificationFault) {
        try count(run.count, of: "blocks in a run", in: 1...Limits.run)
        guard let first = run.first?.header, let last = run.last else { return }
        guard first.chainID == chainID else { throw .otherChain(first.chainID) }
        for (link, next) in zip(run, run.dropFirst()) {
            guard next.header.chainID == first.chainID, next.header.epoch == first.epoch,
                next.header.view == first.view, next.header.parent == link.hash,
                link.header.height.successor == next.header.height,
                link.header.index.addingReportingOverflow(1) == (next.header.index, false)
            else { throw .brokenChain(at: next.header.height) }
        }
        let start = try start(of: first.epoch)
        let statement = Statement.proposal(last.header, hash: last.hash)
        try check(
            signature, by: start.leader(of: first.view, by: rotation).key,
            over: statement.preimage(chainID: chainID), isRemembered: true)
    }

    /// Checks a header alone, as far as it can be without its ancestors.
    private func check(_ header: BlockHeader) throws(VerificationFault) {
        guard header.chainID == chainID else { throw .otherChain(header.chainID) }
        guard header.payloadLength <= payloadLimit else {
            throw .payloadTooLong(header.payloadLength, at: header.height)
        }
        if header.closes != nil || header.nextValidators != nil {
            // Behind a change of validators nothing may be decided, so that it can be dropped (protocol §7).
            let isBelow = header.closes?.height ?? .genesis < header.height
            let isWishedBelow = header.nextValidators?.wishedAt ?? .genesis < header.height
            let isOneOfTwo = header.closes == nil || header.nextValidators == nil
            guard isBelow, isWishedBelow, isOneOfTwo, header.payloadLength == 0 else {
                throw .badChange(at: header.height)
            }
        }
        guard header.justify.epoch == header.epoch else { throw .epochsDiffer(header.epoch, header.justify.epoch) }
        guard header.justify.height < header.height else { throw .badJustify(at: header.height) }
        try check(header.justify)
        if let entry = header.entry {
            guard header.index == 0 else { throw .misplacedEntry(header.view) }
            try check(entry, opening: header.view, of: header.epoch)
        }
    }

    /// Checks blocks that were asked for: nobody's signature is on them, their hashes are what was asked for.
    func check(_ answer: BlocksAnswer) throws(VerificationFault) {
        try count(answer.blocks.count, of: "blocks", in: 0...Limits.answeredBlocks)
        try count(answer.unknown.count, of: "unknown blocks", in: 0...Limits.requestedBlocks)
        for block in answer.blocks { try check(block.header) }
    }

    /// Checks committed blocks: one proof for the highest, and hashes from there down.
    ///
    /// What they carry need not be checked: honest members of a quorum did that before they voted.
    func check(_ answer: CommitsAnswer) throws(VerificationFault) {
        guard case .run(let proof, let blocks) = answer else { return }
        try count(blocks.count, of: "committed blocks", in: 1...Limits.committedRun)
        guard let first = blocks.first else { return }
        guard first.header.chainID == chainID else { throw .otherChain(first.header.chainID) }
        guard first.position == proof.proven else { throw .notProven(at: first.height) }
        for (block, parent) in zip(blocks, blocks.dropFirst()) {
            guard block.header.parent == parent.hash, parent.height.successor == block.height else {
                throw .brokenChain(at: parent.height)
            }
        }
        for block in blocks where block.header.payloadLength > payloadLimit {
            throw .payloadTooLong(block.header.payloadLength, at: block.height)
        }
        try check(proof)
    }

    /// Checks that a proof proves what it names (protocol §5).
    func check(_ proof: CommitProof) throws(VerificationFault) {
        if let flaw = proof.flaw(commitChainLength: commitChainLength) { throw .badProof(flaw) }
        for header in proof.headers where header.chainID != chainID { throw .otherChain(header.chainID) }
        try check(proof.certificate)
    }

    /// Checks that one leader has signed two blocks of one view of which neither is the other's ancestor.
    func check(_ evidence: Evidence) throws(VerificationFault) {
        let runs = [evidence.first, evidence.second].map { $0.headers.map { Link(header: $0, hash: $0.hash) } }
        try checkRun(runs[0], signedBy: evidence.first.signature)
        try checkRun(runs[1], signedBy: evidence.second.signature)
        guard let one = runs[0].last?.header, let other = runs[1].last?.header, one.epoch == other.epoch,
            one.view == other.view
        else { throw .noConflict }
        let places = runs.map(places)
        for place in places[0] {
            if places[1].contains(where: { $0.height == place.height && $0.block != place.block }) { return }
        }
        throw .noConflict
    }

    /// Every height whose block a run names, its first block's parent included.
    private func places(of run: [Link]) -> [LogPosition] {
        var places = run.map { LogPosition(height: $0.header.height, block: $0.hash) }
        if let first = run.first?.header, first.height > .genesis {
            places.append(LogPosition(height: Height(first.height.rawValue - 1), block: first.parent))
        }
        return places
    }
}
