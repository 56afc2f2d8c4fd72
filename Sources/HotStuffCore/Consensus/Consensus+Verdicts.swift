/// Protocol §4, rule 6, where it asks for valid payloads: votes wait for the state machine's word.
///
/// It bears on liveness only: a replica withholds votes, and never gives one that the other rules forbid.
extension Consensus {
    /// Whether the state machine was asked about the block and all its uncertified ancestors, and found them valid.
    ///
    /// Where its answer is missing the block waits; where that has taken too long, or the answer is no, the block is no
    /// candidate any more.
    mutating func hasVerdict(on block: Block) -> Bool {
        guard let limit = configuration.validationLimit else { return true }
        switch verdict(on: block) {
        case .valid: return true
        case .invalid: candidates.removeAll { $0 == block.hash }
        case nil:
            let since = tree[block.hash]?.waitingSince ?? now
            tree.update(block.hash) { $0.waitingSince = since }
            let due = since + limit
            guard due > now else {
                candidates.removeAll { $0 == block.hash }
                emit(.event(.abstained(block.position)))
                return false
            }
            verdictWanted = verdictWanted ?? block.hash
            verdictDue = min(verdictDue ?? due, due)
        }
        return false
    }

    /// The verdict on a branch: a certified block needs none, since a quorum has found it valid; nor does a nudge.
    private func verdict(on block: Block) -> Verdict? {
        var verdict: Verdict? = .valid
        var current = block.hash
        while let node = tree[current], !node.isCertified {
            if !node.block.isNudge {
                if case .invalid? = node.verdict { return node.verdict }
                if node.verdict == nil { verdict = nil }
            }
            current = node.block.header.parent
        }
        return verdict
    }

    /// The state machine has said whether a block is valid.
    mutating func take(_ verdict: Verdict, on position: LogPosition) {
        guard let node = tree[position.block], node.verdict == nil else { return }
        tree.update(position.block) { $0.verdict = verdict }
        if case .invalid(let reason) = verdict { emit(.event(.foundInvalid(position, reason: reason))) }
        // The leader may be so far ahead that the newest blocks are never the ones with an answer.
        if node.block.view == record.view, node.isConnected { consider(position.block) }
        tryToVote()
    }
}
