internal import HotStuffCore

/// Sends old messages again, everybody's, to anybody, views and epochs later.
final class Replayer: Behaviour {
    let name = "replayer"
    private var kept: [Message] = []

    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool {
        keep(message, hands)
        if !kept.isEmpty, hands.chance(perMille: 100) {
            let others = hands.others
            hands.send(kept[hands.below(kept.count)], to: [others[hands.below(others.count)]])
        }
        return true
    }

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        keep(message, hands)
        return [Outgoing(message, to: addressees)]
    }

    private func keep(_ message: Message, _ hands: ByzantineHands) {
        if kept.count < 256 { kept.append(message) } else { kept[hands.below(256)] = message }
    }
}
