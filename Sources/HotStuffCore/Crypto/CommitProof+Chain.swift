extension CommitProof {
    /// Why these headers and this certificate are no chain of `L` certificates (protocol §5); nil if they are.
    ///
    /// The one statement of the commit rule, for whoever makes a proof and whoever gets one. It looks at no signature:
    /// the proof counts if its certificate verifies too, since who voted for `b_L` has verified all that it carries.
    public func flaw(commitChainLength length: Int) -> String? {
        guard headers.count == length - 1, let second = headers.first, let last = headers.last else {
            return "\(headers.count) headers, where the commit chain length \(length) asks for \(length - 1)"
        }
        guard certifies(certificate, last) else { return "its certificate is not on its last header" }
        for (below, above) in zip(headers, headers.dropFirst()) {
            guard certifies(above.justify, below) else { return "a header does not certify the one before it" }
            // Over a gap of two views, a certificate that no timeout reported may be hidden (protocol §9, lemma 2).
            guard follows(above, below.epoch, below.view) else { return Self.gap }
        }
        let first = second.justify
        guard !first.isGenesis else { return "what it certifies began the epoch, and was committed before" }
        guard first.height < second.height else { return "its first certificate is not on an ancestor" }
        guard follows(second, first.epoch, first.view) else { return Self.gap }
        return nil
    }

    /// Whether a certificate is on the block with this header.
    private func certifies(_ certificate: QuorumCertificate, _ header: BlockHeader) -> Bool {
        !certificate.isGenesis && certificate.epoch == header.epoch && certificate.view == header.view
            && certificate.height == header.height && certificate.index == header.index
            && certificate.block == header.hash
    }

    /// Whether a block is of this epoch, and of this view or the next.
    private func follows(_ header: BlockHeader, _ epoch: Epoch, _ view: View) -> Bool {
        header.epoch == epoch && (header.view == view || header.view == view.next)
    }

    private static let gap = "its blocks are not of one epoch, and of one view or of two in a row"
}
