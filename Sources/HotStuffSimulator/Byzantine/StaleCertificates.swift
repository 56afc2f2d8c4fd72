internal import HotStuffCore

/// Reports old certificates as its highest, passes old ones on, and invents some.
final class StaleCertificates: Behaviour {
    let name = "sender of stale certificates"
    private var seen: [QuorumCertificate] = []

    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool {
        if case .proposal(let proposal) = message, let justify = proposal.blocks.last?.header.justify { keep(justify) }
        return true
    }

    private func keep(_ certificate: QuorumCertificate) {
        guard seen.last?.block != certificate.block else { return }
        seen.append(certificate)
        if seen.count > 32 { seen.remove(at: 8) }
    }

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        guard let old = seen.isEmpty ? nil : seen[hands.below(seen.count)] else {
            return [Outgoing(message, to: addressees)]
        }
        switch message {
        case .timeout(let timeout):
            let statement = Statement.timeout(epoch: timeout.epoch, view: timeout.view, rank: old.rank)
            guard old.view <= timeout.view, let signature = hands.sign(statement) else { break }
            let stale = Timeout(
                epoch: timeout.epoch, view: timeout.view, highQC: old, signer: timeout.signer, signature: signature)
            return [Outgoing(.timeout(stale), to: addressees)]
        case .suspicion(let suspicion):
            let statement = Statement.suspicion(epoch: suspicion.epoch, view: suspicion.view, rank: old.rank)
            guard let signature = hands.sign(statement) else { break }
            let stale = Suspicion(
                epoch: suspicion.epoch, view: suspicion.view, rank: old.rank, signer: suspicion.signer,
                signature: signature)
            return [Outgoing(.suspicion(stale), to: addressees)]
        case .hello(var hello):
            hello.highQC = old
            return [Outgoing(.hello(hello), to: addressees)]
        case .vote: return [Outgoing(message, to: addressees), Outgoing(.certificate(invented(old)), to: hands.others)]
        default: break
        }
        return [Outgoing(message, to: addressees), Outgoing(.certificate(old), to: addressees)]
    }

    /// A certificate of a block that nobody voted for, with signatures that were given for another.
    private func invented(_ old: QuorumCertificate) -> QuorumCertificate {
        QuorumCertificate(
            epoch: old.epoch, view: old.view.next, height: old.height.successor ?? old.height, index: 0,
            block: Digest(of: old.block.bytes), signatures: old.signatures)
    }
}
