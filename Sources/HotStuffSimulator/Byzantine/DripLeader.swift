internal import HotStuffCore

/// Never moves its blocks' certificate, and lets certificates travel alone: a chain that is certified for the timers and
/// uncertified for the rules, as long as anybody follows it.
final class DripLeader: Behaviour {
    let name = "drip leader"
    private var chain = ForgedChain()
    private var view: View?
    private var frozen: QuorumCertificate?

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        guard case .proposal(let proposal) = message, let first = proposal.blocks.first else {
            return [Outgoing(message, to: addressees)]
        }
        if first.view != view {
            view = first.view
            chain = ForgedChain()
            frozen = first.header.index == 0 ? first.header.justify : nil
        }
        guard let frozen else { return [Outgoing(message, to: addressees)] }
        let blocks = proposal.blocks.map { block in
            chain.forge(block) { header, _ in if header.index > 0 { header.justify = frozen } }
        }
        guard let forged = hands.proposal(blocks) else { return [] }
        return [Outgoing(forged, to: addressees)]
    }
}
