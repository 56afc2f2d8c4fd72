internal import HotStuffCore

/// Proposes one block that cannot be voted for, and goes on with good ones above it.
final class InvalidAncestor: Behaviour {
    let name = "leader with one bad block"
    private var chain = ForgedChain()
    private let isMissing: Bool
    /// Where the bad block is, once it was proposed.
    private(set) var badHeight: Height?

    /// - Parameter isMissing: whether the bad block is not sent at all; else its payload is none of the machine's.
    init(isMissing: Bool = false) { self.isMissing = isMissing }

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        switch message {
        case .blocks(let answer) where isMissing:
            let shown = answer.blocks.filter { $0.height != badHeight }
            return [Outgoing(.blocks(BlocksAnswer(blocks: shown, unknown: answer.unknown)), to: addressees)]
        case .proposal(let proposal):
            if badHeight == nil { badHeight = proposal.blocks.first { !$0.isNudge }?.height }
            guard let badHeight else { return [Outgoing(message, to: addressees)] }
            guard !isMissing else {
                let holdsBad = proposal.blocks.contains { $0.height == badHeight }
                return holdsBad ? [] : [Outgoing(message, to: addressees)]
            }
            let blocks = proposal.blocks.map { block in
                chain.forge(block) { header, payload in
                    if header.height == badHeight { payload = Payload(bytes: Array(repeating: 0xDD, count: 5)) }
                }
            }
            guard let forged = hands.proposal(blocks) else { return [] }
            return [Outgoing(forged, to: addressees)]
        default: return [Outgoing(message, to: addressees)]
        }
    }
}
