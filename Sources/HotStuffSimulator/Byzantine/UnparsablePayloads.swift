internal import HotStuffCore

/// Proposes payloads that the state machine does not take, on a chain of its own.
final class UnparsablePayloads: Behaviour {
    let name = "leader with unparsable payloads"
    private var chain = ForgedChain()

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        guard case .proposal(let proposal) = message, hands.chance(perMille: 300) else {
            return [Outgoing(message, to: addressees)]
        }
        let blocks = proposal.blocks.map { block in
            chain.forge(block) { _, payload in
                if !payload.isEmpty { payload = Payload(bytes: Array(repeating: 0xDD, count: 5)) }
            }
        }
        guard let forged = hands.proposal(blocks) else { return [] }
        return [Outgoing(forged, to: addressees)]
    }
}
