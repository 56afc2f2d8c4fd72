internal import HotStuffCore

/// Tells replicas that have forgotten that it has never left view 0; else as an honest one.
final class LiarAboutViews: Behaviour {
    let name = "liar about its views"

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        guard case .recallAnswer(let answer) = message else { return [Outgoing(message, to: addressees)] }
        let epoch = answer.recollection.epoch
        let lie = Recollection(
            epoch: epoch, view: View(0), entry: nil, highQC: hands.genesisCertificate, hasForgotten: false)
        let statement = Statement.recall(epoch: epoch, view: View(0), hasForgotten: false, nonce: answer.nonce)
        guard let signature = hands.sign(statement) else { return [] }
        let told = RecallAnswer(recollection: lie, nonce: answer.nonce, signer: hands.me, signature: signature)
        return [Outgoing(.recallAnswer(told), to: addressees)]
    }
}
