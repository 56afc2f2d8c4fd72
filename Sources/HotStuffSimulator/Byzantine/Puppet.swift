internal import HotStuffCore

/// Does nothing by itself: it keeps what it gets for a script, which says in its name whatever it likes.
final class Puppet: Behaviour {
    let name = "puppet"
    private var votes: [Digest: [Vote]] = [:]
    private var timeouts: [View: [Timeout]] = [:]

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] { [] }

    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool {
        switch message {
        case .vote(let vote):
            guard self.vote(of: vote.signer, for: vote.block) == nil else { return false }
            votes[vote.block, default: []].append(vote)
        case .timeout(let timeout):
            guard self.timeout(of: timeout.signer, view: timeout.view) == nil else { return false }
            timeouts[timeout.view, default: []].append(timeout)
        default: break
        }
        return false
    }

    /// The vote of the member with this index for a block, if it has come.
    func vote(of signer: UInt16, for block: Digest) -> Vote? { votes[block]?.first { $0.signer == signer } }

    /// The first timeout of a view from the member with this index, if it has come.
    func timeout(of signer: UInt16, view: View) -> Timeout? { timeouts[view]?.first { $0.signer == signer } }
}
