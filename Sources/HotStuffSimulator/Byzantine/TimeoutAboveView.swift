internal import HotStuffCore

/// Gives up views, again and again, with a certificate of the view after them.
final class TimeoutAboveView: Behaviour {
    let name = "sender of timeouts with later certificates"
    private var last: Digest?

    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool {
        guard case .proposal(let proposal) = message, let justify = proposal.blocks.last?.header.justify,
            justify.block != last, let view = justify.view.previous, let signer = hands.validators.index(of: hands.me),
            let signature = hands.sign(.timeout(epoch: justify.epoch, view: view, rank: justify.rank))
        else { return true }
        last = justify.block
        let timeout = Timeout(
            epoch: justify.epoch, view: view, highQC: justify, signer: UInt16(signer), signature: signature)
        hands.send(.timeout(timeout), to: hands.others)
        return true
    }
}
