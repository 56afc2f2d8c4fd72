internal import HotStuffCore

/// Votes for every run of blocks that it gets, whatever it has voted for or given up, and whatever is wrong with it.
final class VoteForEverything: Behaviour {
    let name = "voter for everything"

    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool {
        guard case .proposal(let proposal) = message, let last = proposal.blocks.last,
            let vote = hands.vote(for: last)
        else { return true }
        hands.send(.vote(vote), to: hands.others)
        return true
    }
}
