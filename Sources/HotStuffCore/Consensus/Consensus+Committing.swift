/// Protocol §5: what a certificate commits.
extension Consensus {
    /// Commits what a certificate on a held block commits, if it commits anything.
    mutating func commit(by certificate: QuorumCertificate) {
        guard keeps(.commitChain) else { return commitAtOnce(by: certificate) }
        guard !isHalted, let proof = commitProof(by: certificate), let proven = proof.proven,
            proven.height > tree.root.height, let path = tree.path(to: proven.block)
        else { return }
        commit(path, proof: proof)
    }

    /// The chain of `L` certificates that ends in this one, as a proof; nil if there is none.
    ///
    /// Each block must be of the view of the one before it or of the next view: over a gap of two views, a certificate
    /// that no timeout reported may be hidden (protocol §9, lemma 2).
    private func commitProof(by certificate: QuorumCertificate) -> CommitProof? {
        guard let newest = tree.block(certificate.block) else { return nil }
        var headers = [newest.header]
        while headers.count < configuration.genesis.commitChainLength - 1 {
            guard let below = tree.block(headers[0].justify.block), follows(headers[0], below.header.view) else {
                return nil
            }
            headers.insert(below.header, at: 0)
        }
        let justify = headers[0].justify
        guard !justify.isGenesis, justify.epoch == epoch.epoch, follows(headers[0], justify.view) else { return nil }
        return CommitProof(headers: headers, certificate: certificate)
    }

    private func follows(_ header: BlockHeader, _ view: View) -> Bool {
        header.epoch == epoch.epoch && (header.view == view || header.view == view.next || !keeps(.consecutiveViews))
    }

    /// What `BrokenRule.commitChain` does: one certificate is enough.
    private mutating func commitAtOnce(by certificate: QuorumCertificate) {
        guard let block = tree.block(certificate.block), let path = tree.path(to: block.hash) else { return }
        commit(path, proof: CommitProof(headers: [block.header], certificate: certificate))
    }

    /// Commits the blocks from just above the tip, stopping at the first that changes the validators.
    mutating func commit(_ path: [Block], proof: CommitProof) {
        var writes: [LogWrite] = []
        for block in path where tree[block.hash]?.isWritten != true { writes.append(.block(block)) }
        writes.append(.commit(path.map(\.position), proof: proof))
        if let voted = path.last(where: { $0.hash == record.lastVoted?.block }) { tree.pin(voted.position) }
        for block in path { nudgesInARow = block.isNudge ? min(nudgesInARow + 1, 1 << 20) : 0 }
        tree.commit(path)
        tipProof = proof
        unheldCertificates.removeAll { $0.height <= tree.root.height }
        candidates.removeAll { tree.block($0) == nil }
        timer.timeoutsSinceCommit = 0
        leading?.committed(upTo: tree.root.height)
        let ticket = write(writes)
        durability.await(ticket, then: .committed(keeps(.commitAfterLog) ? path : []))
        if !keeps(.commitAfterLog) { decisions += path.map { .committed($0) } }
        for block in tree.connectDescendants(of: tree.root) { connected(block) }
    }

    /// All writes up to `ticket` are synced: what waited for them happens.
    mutating func durable(_ ticket: WriteTicket) {
        for consequence in durability.release(upTo: ticket) {
            switch consequence {
            case .vote(let voted): send(voted)
            case .timeout(let view, let highest): timedOut(view, with: highest)
            case .entered(let view): entered(view)
            case .committed(let blocks):
                for block in blocks {
                    emit(.event(.committed(block.position, isNudge: block.isNudge)))
                    decisions.append(.committed(block))
                }
            case .runWritten: runWritten()
            case .recollect(let recollection, let nonce, let peer): tell(recollection, nonce: nonce, to: peer)
            }
        }
    }
}
