internal import HotStuffCore

/// Proposes nothing and passes on no certificate, and otherwise does its part.
final class SilentLeader: Behaviour {
    let name = "silent leader"

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        switch message {
        case .proposal, .certificate: []
        default: [Outgoing(message, to: addressees)]
        }
    }
}
