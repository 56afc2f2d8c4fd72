/// Damaged blocks of the log that are to be had from peers again, and of whom they are asked.
struct Repair: Sendable {
    /// What is damaged, in the order in which it was found.
    var wanted: [LogPosition] = []
    /// Who was asked last.
    var peer: ValidatorKey?
    /// How many peers were asked since one gave something.
    var attempts = 0
    /// When another peer is asked; nil if nothing is wanted, and until the first is asked.
    var due: Timestamp?

    /// How long a peer has for its answer, at first: a large block takes a while on a slow link.
    static let patience = Duration.seconds(2)
}

/// Protocol §8: committed blocks that the log has lost. Their hashes are known, so any peer's answer is as good as any.
///
/// Nothing of consensus waits for them: it looks at no payload of a committed block.
extension Consensus {
    /// A committed block in the log is damaged.
    mutating func repair(_ position: LogPosition) {
        guard !damaged.wanted.contains(position) else { return }
        damaged.wanted.append(position)
    }

    /// The log no longer has committed blocks below this height.
    mutating func pruned(below height: Height) {
        firstHeight = height
        damaged.wanted.removeAll { $0.height < height }
    }

    /// Asks one peer after the other for damaged blocks, one request at a time.
    mutating func requestRepairs() {
        guard !damaged.wanted.isEmpty else {
            damaged = Repair()
            return
        }
        if let due = damaged.due, due > now { return }
        let count = peers.connected.count
        if count > 0, damaged.attempts > 0, damaged.attempts.isMultiple(of: count) {
            emit(.event(.repairWaits(damaged.wanted[0])))
        }
        // Who has just given something is asked for the rest.
        let again = damaged.attempts == 0 ? damaged.peer.flatMap { peers[$0]?.key } : nil
        guard let peer = again ?? peers.next(after: damaged.peer) else { return }
        // Twice as patient after each round of peers, so that what nobody has is not asked for all the time.
        let rounds = min(damaged.attempts / max(1, count), 5)
        damaged.attempts += 1
        damaged.peer = peer
        damaged.due = now + Repair.patience * (1 << rounds)
        let hashes = damaged.wanted.prefix(Limits.requestedBlocks).map(\.block)
        // Above the highest height there are no ancestors: the blocks alone.
        emit(.send(.blockRequest(BlockRequest(hashes: hashes, ancestorsAbove: Height(.max))), to: [peer]))
    }

    /// Takes in an answer to such a request: what it holds is written again, in the place where it was.
    ///
    /// - Returns: whether it was one.
    mutating func takeRepairs(_ answer: BlocksAnswer, from peer: ValidatorKey) -> Bool {
        guard !damaged.wanted.isEmpty else { return false }
        let wanted = damaged.wanted
        let found = answer.blocks.filter { wanted.contains($0.position) }
        let isRefusal = answer.unknown.contains { hash in wanted.contains { $0.block == hash } }
        guard !found.isEmpty || isRefusal else { return false }
        if !found.isEmpty {
            damaged.wanted.removeAll { position in found.contains { $0.position == position } }
            damaged.attempts = 0
            damaged.peer = peer
            damaged.due = nil
            _ = write(found.map { .block($0) })
        } else if damaged.peer == peer, !damaged.attempts.isMultiple(of: max(1, peers.connected.count)) {
            damaged.due = now
        }
        return true
    }
}
