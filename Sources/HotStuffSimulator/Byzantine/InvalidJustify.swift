internal import HotStuffCore

/// Proposes blocks whose certificate, entry or place breaks one rule of protocol §4, on a chain that keeps the others.
final class InvalidJustify: Behaviour {
    let name = "leader with invalid certificates"
    private var chain = ForgedChain()
    private var seen: [QuorumCertificate] = []

    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool {
        if case .proposal(let proposal) = message, let justify = proposal.blocks.last?.header.justify,
            seen.last?.block != justify.block
        {
            seen.append(justify)
            if seen.count > 32 { seen.removeFirst() }
        }
        return true
    }

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        guard case .proposal(let proposal) = message else { return [Outgoing(message, to: addressees)] }
        if let justify = proposal.blocks.last?.header.justify, seen.last?.block != justify.block {
            seen.append(justify)
        }
        let first = proposal.blocks.first
        let isOpening = first?.header.index == 0
        guard hands.chance(perMille: isOpening ? 700 : 200) else { return [Outgoing(message, to: addressees)] }
        let fault = hands.below(6)
        let old = seen.isEmpty ? nil : seen[hands.below(seen.count)]
        let blocks = proposal.blocks.map { block in
            chain.forge(block) { header, _ in
                guard block === first else { return }
                switch fault {
                case 0:
                    // An older certificate than the view's entry reports, and a block that extends that.
                    guard let old, header.index == 0 else { return }
                    header.justify = old
                    header.parent = old.block
                    header.height = old.height.successor ?? header.height
                case 1: header.entry = nil
                case 2: if let old { header.justify = old }
                case 3: header.index += 1
                case 4: header.height = header.height.successor ?? header.height
                default: if let old { header.parent = old.block }
                }
            }
        }
        guard let forged = hands.proposal(blocks) else { return [] }
        return [Outgoing(forged, to: addressees)]
    }
}
