internal import HotStuffCore

/// Sends its proposals only to some, others in each view: enough for a quorum, or just too few.
final class LeaderThatServesSome: Behaviour {
    let name = "leader that serves only some"
    private var view: View?
    private var served: [ValidatorKey] = []

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        guard case .proposal(let proposal) = message, let now = proposal.blocks.last?.view else {
            return [Outgoing(message, to: addressees)]
        }
        if now != view {
            view = now
            let left = hands.below(2) + (hands.others.count - 1) / 3
            var chosen = hands.others
            for _ in 0..<left where !chosen.isEmpty { chosen.remove(at: hands.below(chosen.count)) }
            served = chosen
        }
        return [Outgoing(message, to: addressees.filter { served.contains($0) })]
    }
}
