/// Early execution of others' blocks (`Documentation/Speculation.md`, *The ledger*, last row).
extension Engine {
    /// Gives the state machine what is new on the branch that this replica follows, if it is to run ahead there.
    ///
    /// The certified part comes first: it decides what stands if two branches differ.
    mutating func followOthers() {
        guard isTakingOver || configuration.followers != .whenCommitted || configuration.validationLimit != nil else {
            return
        }
        guard ledger.isRecovered, !ledger.isProposing, isTakingOver || consensus.leading == nil, !consensus.isHalted
        else {
            followed = FollowedBranch()
            return
        }
        let limit = appliedAhead
        let view = consensus.record.view
        // In one view there is one branch to follow: with as much of it applied as is to be, there is nothing to do.
        guard ledger.count < limit || followed.lastView != view || followed.generation != ledger.generation else {
            return
        }
        followed.lastView = view
        let certified = consensus.record.highQC
        if followed.certified != certified.block || followed.generation != ledger.generation {
            if follow(certified.block, prevailingUpTo: certified.height, limit) { followed.certified = certified.block }
        }
        guard !isTakingOver, configuration.followers == .whenReceived || configuration.validationLimit != nil,
            let newest = newestReceived, followed.tip != newest || followed.generation != ledger.generation
        else { return }
        // What was applied in an older view and is not certified stands back, also above what has been received of the
        // new branch. Were it to stay, all replicas might keep another branch applied, and none could find the new
        // leader's blocks valid. In one view the first comer stays.
        let prevailing = followed.view == view ? certified.height : Height(.max)
        if follow(newest, prevailingUpTo: prevailing, limit) { followed.view = view }
    }

    /// Whether this replica leads a view that is not stable yet.
    ///
    /// What its first block builds on will be committed with that block, and must be applied before there can be a proposal: it
    /// is executed while the view's first round trips pass, whatever is done with others' blocks. Most of what a lost view left
    /// behind is found to be dead on the way.
    private var isTakingOver: Bool {
        guard let tenure = consensus.leading, configuration.genesis.viewLimit == nil else { return false }
        return !tenure.isStable && configuration.brokenRule != .deadEntries
    }

    /// How many blocks may be applied ahead of the commit.
    private var appliedAhead: Int {
        if isTakingOver || configuration.validationLimit != nil { return ledger.entryLimit }
        return min(ledger.entryLimit, decisions.largest)
    }

    /// The newest block of the view that this replica votes for, or would if the state machine found it valid.
    private var newestReceived: Digest? {
        if let wanted = consensus.verdictWanted { return wanted }
        guard let voted = consensus.record.lastVoted, voted.view == consensus.record.view else { return nil }
        return voted.block
    }

    /// Follows the branch that ends in `block`, as far as `limit` blocks in all are applied; false if it is not all applied,
    /// and is to be tried again.
    private mutating func follow(_ block: Digest, prevailingUpTo prevailing: Height, _ limit: Int) -> Bool {
        guard let node = consensus.tree[block], node.isConnected else { return block == consensus.tree.root.block }
        if followed.generation != ledger.generation { followed.tip = nil }
        let change: LedgerChange
        if let tip = followed.tip, ledger.isFollowing,
            let path = consensus.tree.path(to: block, above: tip)
        {
            change = ledger.extend(by: path.compactMap(payload(of:)), upTo: limit)
        } else if let tip = followed.tip, ledger.isFollowing,
            consensus.tree.isAncestor(node.block.position, of: tip)
        {
            return true  // executed on receipt, certified since
        } else if let path = consensus.tree.path(to: block) {
            // What is decided and on its way to the log has not reached the ledger yet.
            let branch = (consensus.durability.undelivered + path).compactMap(payload(of:))
            change = ledger.follow(branch, prevailingUpTo: prevailing, upTo: limit)
        } else {
            return false
        }
        perform(change)
        for position in change.own { consensus.take(.valid, on: position) }
        followed.generation = ledger.generation
        followed.tip = change.reach == .exact ? block : change.newest ?? (change.reach == .behind ? followed.tip : nil)
        return change.reach != .behind
    }

    /// What the ledger must know of a block; nil for a nudge.
    private func payload(of block: Block) -> PayloadBlock? {
        guard var payload = PayloadBlock(block) else { return nil }
        if configuration.validationLimit != nil, let node = consensus.tree[block.hash] {
            payload.isToBeValidated = !node.isCertified && node.verdict == nil
        }
        return payload
    }
}

/// How far the state machine follows another leader's uncommitted branch.
struct FollowedBranch: Sendable {
    /// Up to which block, nudges counted, the ledger's entries are just that branch's payloads.
    var tip: Digest?
    /// The ledger's generation as of which that holds: a roll back ends it.
    var generation: UInt64 = 0
    /// The newest certified block that was followed.
    var certified: Digest?
    /// The newest view of which an uncertified block was followed.
    var view: View?
    /// The newest view in which a branch was looked for.
    var lastView: View?
}
