internal import HotStuffCore

/// Leads so slowly that the others' timers just do not expire.
final class CrawlingLeader: Behaviour {
    let name = "crawling leader"

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        guard case .proposal = message else { return [Outgoing(message, to: addressees)] }
        return [Outgoing(message, to: addressees, after: hands.viewDuration * 3 / 5)]
    }
}
