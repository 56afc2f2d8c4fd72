internal import HotStuffCore

/// Proposes two chains, one to each half of the others, gathers the votes of both, and goes on with both.
final class EquivocatingLeader: Behaviour {
    let name = "equivocating leader"
    private var view: View?
    private var chain = ForgedChain()
    /// Blocks of the second chain by their hashes, and the votes for them.
    private var ballots: [Digest: Ballot] = [:]
    /// The highest certificate on the second chain.
    private var highest: QuorumCertificate?
    private var firstHalf: [ValidatorKey] = []
    /// Whether this view is led as it should be.
    private var isTame = false

    /// Of a thousand views, how many it leads as it should.
    private let tamePerMille: Int

    init(tamePerMille: Int = 200) { self.tamePerMille = tamePerMille }

    private struct Ballot {
        let block: Block
        var signatures: [IndexedSignature] = []
    }

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        switch message {
        case .proposal(let proposal):
            guard let now = proposal.blocks.last?.view else { return [] }
            if now != view { begin(now, hands) }
            guard !isTame else { break }
            return split(proposal, addressees, hands)
        case .certificate, .evidence:
            guard !isTame, view != nil else { break }
            return [Outgoing(message, to: addressees.filter { firstHalf.contains($0) })]
        default: break
        }
        return [Outgoing(message, to: addressees)]
    }

    private func begin(_ now: View, _ hands: ByzantineHands) {
        view = now
        chain = ForgedChain()
        ballots = [:]
        highest = nil
        lowest = nil
        isTame = hands.chance(perMille: tamePerMille)
        let honest = hands.honest
        let split = honest.count < 2 ? honest.count : 1 + hands.below(honest.count - 1)
        firstHalf = Array(honest.prefix(split))
    }

    private func split(_ proposal: Proposal, _ addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        let blocks = proposal.blocks.map { block in
            chain.forge(block) { header, payload in
                payload = Payload(
                    bytes: [0x5A] + Array(repeating: UInt8(truncatingIfNeeded: header.height.rawValue), count: 8))
                guard header.index > 0 else { return }
                // A certificate on the first chain says nothing of this one.
                let shared = header.justify.view < header.view || header.justify.isGenesis
                if let highest, !shared || highest.rank > header.justify.rank {
                    header.justify = highest
                } else if !shared, let first = proposal.blocks.first?.header {
                    header.justify = self.lowest ?? first.justify
                }
            }
        }
        if lowest == nil, blocks.first?.header.index == 0 { lowest = blocks.first?.header.justify }
        guard let last = blocks.last, let forged = hands.proposal(blocks) else { return [] }
        if ballots[last.hash] == nil {
            ballots[last.hash] = Ballot(block: last)
            for ally in hands.allies { if let vote = hands.vote(for: last, as: ally) { count(vote, hands) } }
        }
        let allies = hands.allies
        let others = addressees.filter { !firstHalf.contains($0) && !allies.contains($0) }
        return [
            Outgoing(.proposal(proposal), to: addressees.filter { !others.contains($0) }),
            Outgoing(forged, to: others + addressees.filter { allies.contains($0) }),
        ]
    }

    /// What the view's first block certifies, which both chains share.
    private var lowest: QuorumCertificate?

    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool {
        // It would doubt its own view on what proves its guilt.
        if case .evidence = message { return false }
        guard case .vote(let vote) = message, ballots[vote.block] != nil else {
            // Nor does it listen to those who know the second chain, which it has not voted for itself.
            let isFooled = !isTame && view != nil && hands.honest.contains(sender) && !firstHalf.contains(sender)
            if case .vote = message { return true }
            return !isFooled || isOver(message)
        }
        count(vote, hands)
        return false
    }

    /// Whether a message shows that the view is left.
    private func isOver(_ message: Message) -> Bool {
        switch message {
        case .entry, .timeout, .suspicion: true
        case .proposal(let proposal): proposal.blocks.last?.view != view
        default: false
        }
    }

    private func count(_ vote: Vote, _ hands: ByzantineHands) {
        guard var ballot = ballots[vote.block], !ballot.signatures.contains(where: { $0.signer == vote.signer }) else {
            return
        }
        ballot.signatures.append(IndexedSignature(signer: vote.signer, signature: vote.signature))
        ballots[vote.block] = ballot
        let power = ballot.signatures.reduce(0) { $0 + (hands.validators[Int($1.signer)]?.power ?? 0) }
        guard hands.validators.isQuorum(power: power), vote.height > highest?.height ?? .genesis else { return }
        let certificate = QuorumCertificate(
            epoch: vote.epoch, view: vote.view, height: vote.height, index: vote.index, block: vote.block,
            signatures: ballot.signatures.sorted { $0.signer < $1.signer })
        highest = certificate
        hands.send(.certificate(certificate), to: hands.others.filter { !firstHalf.contains($0) })
    }
}
