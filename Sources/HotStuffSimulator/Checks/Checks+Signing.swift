internal import HotStuffCore

/// What honest replicas may sign and send.
extension Checks {
    /// Remembers the blocks of a message that is sent.
    func learn(_ message: Message) {
        switch message {
        case .proposal(let proposal): for block in proposal.blocks { known[block.hash] = block }
        case .blocks(let answer): for block in answer.blocks { known[block.hash] = block }
        default: break
        }
    }

    /// A replica signs: it contradicts nothing that its key has signed, and all that it depends on is durable.
    func mayBeSigned(_ unsigned: Unsigned, _ node: Node, _ world: World) {
        if case .proposal(let blocks) = unsigned { for block in blocks { known[block.hash] = block } }
        guard node.isHonest, settings.checksSignatures else { return }
        let disk = node.disk.image
        switch unsigned {
        case .vote(let voted, _, _):
            if !isDurable(voted, on: disk) {
                world.report(.durability, node, "replica \(node.index) votes for \(voted.height) before it is durable")
            }
            if let justify = known[voted.block]?.header.justify, disk.record.highQC.rank < justify.rank {
                world.report(
                    .durability, node,
                    "replica \(node.index) votes for \(voted.height) before the certificate in it is durable")
            }
            let isOnChain = { [self] (high: Digest, low: VotingRecord.Voted) in extends(high, low) }
            if let problem = signatures.vote(
                voted, justify: known[voted.block]?.header.justify.rank, node.keyNumber, isOnChain)
            {
                world.report(.contradiction, node, "replica \(node.index) \(problem)")
            }
        case .timeout(_, let view, let highest):
            if disk.record.highQC.rank < highest.rank, disk.highestCertified < highest.rank {
                world.report(
                    .durability, node,
                    "replica \(node.index) reports a certificate on \(highest.height) before that is durable")
            }
            if disk.record.timedOutView.map({ $0 < view }) ?? true {
                world.report(.durability, node, "replica \(node.index) gives up \(view) before that is durable")
            }
            if let problem = entered(view, with: highest, disk.record) {
                world.report(.contradiction, node, "replica \(node.index) \(problem)")
            }
            if let problem = signatures.timeout(
                of: view, highest: highest.rank, promised: disk.record.lastVoted, node.keyNumber)
            {
                world.report(.contradiction, node, "replica \(node.index) \(problem)")
            }
        case .proposal(let blocks):
            guard let last = blocks.last else { return }
            if disk.record.view != last.view || !disk.record.hasLed {
                world.report(.durability, node, "replica \(node.index) leads \(last.view) before that is durable")
            }
            for block in blocks {
                if let problem = signatures.proposal(block.header, hash: block.hash, node.keyNumber) {
                    world.report(.contradiction, node, "replica \(node.index) \(problem)")
                }
            }
        case .suspicion(_, let view, let highest):
            if highest.view > view {
                world.report(
                    .contradiction, node,
                    "replica \(node.index) doubts view \(view), and its highest certificate is of view "
                        + "\(highest.view)")
            }
        case .recallAnswer(let told, _):
            let remembers = disk.record.forgetting?.forbidsSigning != true
            if disk.record.view < told.view || !(told.hasForgotten || remembers) {
                world.report(.durability, node, "replica \(node.index) recalls \(told.view) before that is durable")
            }
        }
    }

    /// A node's disk is gone: what its key has signed still counts, and the node no longer knows of it.
    func lostDisk(_ node: Node, _ world: World) {
        signatures.forget(node.keyNumber)
        committed(node, world)
    }

    /// What is wrong with a timeout that reports less than what opened its view, if it does.
    private func entered(_ view: View, with highest: QuorumCertificate, _ record: VotingRecord) -> String? {
        guard record.view == view else { return nil }
        let isBelow = record.entry.map { highest.rank < $0.certificate.rank } ?? (highest.view < view)
        return isBelow ? "reports a lower certificate than the one by which it entered view \(view)" : nil
    }

    /// A replica sends something unsigned: an entry only of a view that its record names, as its hello does.
    func mayLeave(_ message: Message, _ node: Node, _ world: World) {
        guard node.isHonest else { return }
        switch message {
        case .entry(let entry) where node.disk.image.record.view < entry.view:
            world.report(
                .durability, node, "replica \(node.index) passes on an entry to \(entry.view) before it is durable")
        case .hello(let hello):
            if node.disk.image.record.view < hello.view {
                world.report(
                    .durability, node, "replica \(node.index) says it is in \(hello.view) before that is durable")
            }
        default: break
        }
    }

    /// Whether the record covers a vote, and the block and its uncommitted ancestors are there.
    private func isDurable(_ voted: VotingRecord.Voted, on disk: DiskImage) -> Bool {
        guard let last = disk.record.lastVoted, last.rank >= voted.rank else { return false }
        var current = LogPosition(height: voted.height, block: voted.block)
        while current.height > disk.tip.height {
            guard disk.holds(current), let block = known[current.block] ?? disk.block(with: current.block)
            else { return false }
            current = LogPosition(height: Height(current.height.rawValue - 1), block: block.header.parent)
        }
        return true
    }

    /// Whether a block is another or descends from it.
    private func extends(_ block: Digest, _ ancestor: VotingRecord.Voted) -> Bool {
        var current = block
        while current != ancestor.block {
            guard let header = known[current]?.header, header.height > ancestor.height else { return false }
            current = header.parent
        }
        return true
    }
}

/// What each honest key has signed.
struct SignatureBook {
    private struct Page {
        /// The highest vote of each view.
        var votes: [View: VotingRecord.Voted] = [:]
        /// The block proposed at each view and height.
        var proposals: [Rank: Digest] = [:]
        /// The highest view given up.
        var timedOut: View?
        /// The highest vote that was promised by then; it may leave later, as its certificate was reported.
        var promised: Rank?
        /// The highest certificate that its votes have taken in.
        var votedJustify: Rank?
        /// The highest certificate that its timeouts have reported.
        var reported: Rank?
        /// The highest view that it has signed something in.
        var newest: View?
        /// The same at the last time that it forgot.
        var forgotten: View?
    }

    private var pages: [Page]

    init(keys: Int) { pages = Array(repeating: Page(), count: keys) }

    /// The key's replica no longer knows what it signed.
    ///
    /// Of a certificate that only it knew of it may report less from now on, as no quorum has voted on it then; whether the
    /// chain is safe all the same, agreement shows.
    mutating func forget(_ key: Int) {
        pages[key].forgotten = pages[key].newest
        pages[key].votedJustify = nil
        pages[key].reported = nil
    }

    /// The highest view that a key has signed something in.
    func newest(of key: Int) -> View? { pages[key].newest }

    /// What is wrong with signing in a view: a replica that has forgotten must know how far that reached.
    private mutating func sign(in view: View, _ key: Int) -> String? {
        pages[key].newest = max(pages[key].newest ?? view, view)
        guard let forgotten = pages[key].forgotten, view <= forgotten else { return nil }
        return "signs in view \(view), and had signed in view \(forgotten) before it forgot"
    }

    /// What is wrong with a vote, in view of those before it.
    mutating func vote(
        _ voted: VotingRecord.Voted, justify: Rank?, _ key: Int, _ extends: (Digest, VotingRecord.Voted) -> Bool
    ) -> String? {
        if let problem = sign(in: voted.view, key) { return problem }
        if let gone = pages[key].timedOut, voted.view <= gone, pages[key].promised.map({ $0 < voted.rank }) ?? true {
            return "votes in view \(voted.view), and has given up \(gone)"
        }
        if let justify { pages[key].votedJustify = max(pages[key].votedJustify ?? justify, justify) }
        guard let before = pages[key].votes[voted.view] else {
            pages[key].votes[voted.view] = voted
            return nil
        }
        let (low, high) = before.height <= voted.height ? (before, voted) : (voted, before)
        pages[key].votes[voted.view] = high
        guard !extends(high.block, low) else { return nil }
        return "signed votes for \(low.height):\(low.block) and \(high.height):\(high.block) of view \(voted.view), "
            + "neither of which extends the other"
    }

    /// What is wrong with a timeout.
    mutating func timeout(
        of view: View, highest: Rank, promised: VotingRecord.Voted?, _ key: Int
    ) -> String? {
        if let problem = sign(in: view, key) { return problem }
        if pages[key].timedOut.map({ $0 < view }) ?? true {
            pages[key].timedOut = view
            pages[key].promised = promised?.rank
        }
        if let reported = pages[key].reported, highest < reported {
            return "reports a certificate of view \(highest.view) height \(highest.height), and has reported one of "
                + "view \(reported.view) height \(reported.height)"
        }
        pages[key].reported = highest
        if let voted = pages[key].votedJustify, highest < voted {
            return "reports a certificate of view \(highest.view) height \(highest.height), and has voted on view "
                + "\(voted.view) height \(voted.height)"
        }
        return nil
    }

    /// What is wrong with a proposal.
    mutating func proposal(_ header: BlockHeader, hash: Digest, _ key: Int) -> String? {
        if let problem = sign(in: header.view, key) { return problem }
        if let before = pages[key].proposals[header.rank], before != hash {
            return "proposed \(before) and \(hash) at height \(header.height) of view \(header.view)"
        }
        pages[key].proposals[header.rank] = hash
        return nil
    }
}
