internal import HotStuffCore

/// Votes for every block that an equivocating ally proposes, and keeps to itself what would give the ally away.
final class Accomplice: Behaviour {
    let name = "accomplice"

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        switch message {
        case .suspicion, .timeout, .evidence: []
        default: [Outgoing(message, to: addressees)]
        }
    }

    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool {
        // The replica that it wraps learns nothing: what it signs here would stop it.
        guard case .proposal(let proposal) = message else { return false }
        for block in proposal.blocks {
            if let vote = hands.vote(for: block) { hands.send(.vote(vote), to: hands.others) }
        }
        return false
    }
}
