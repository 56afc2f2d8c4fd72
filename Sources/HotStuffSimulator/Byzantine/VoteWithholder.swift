internal import HotStuffCore

/// Sends its votes late, to some leaders only, or not at all.
final class VoteWithholder: Behaviour {
    let name = "vote withholder"

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        guard case .vote(let vote) = message else { return [Outgoing(message, to: addressees)] }
        switch (vote.view.rawValue + UInt64(vote.signer)) % 3 {
        case 0: return []
        case 1: return [Outgoing(message, to: addressees, after: hands.viewDuration / 2)]
        default: return hands.chance(perMille: 500) ? [] : [Outgoing(message, to: addressees)]
        }
    }
}
