internal import HotStuffCore

/// Sends some replicas blocks whose payload is not the one that their header names.
final class WrongPayload: Behaviour {
    let name = "leader with wrong payloads"

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        guard case .proposal(let proposal) = message, let last = proposal.blocks.last, !last.isNudge else {
            return [Outgoing(message, to: addressees)]
        }
        let wrong = Payload(bytes: Array(repeating: 0xEE, count: last.payload.count))
        let blocks = proposal.blocks.dropLast() + [Block(header: last.header, stored: wrong, hash: last.hash)]
        let forged = Message.proposal(Proposal(blocks: Array(blocks), signature: proposal.signature))
        let fooled = addressees.filter { _ in hands.chance(perMille: 400) }
        return [Outgoing(forged, to: fooled), Outgoing(message, to: addressees.filter { !fooled.contains($0) })]
    }
}
