internal import DequeModule

/// What waits for writes: a promise leaves only once all that it depends on is durable (protocol §2).
struct Durability: Sendable {
    /// What is to be done once a write is durable.
    enum Consequence: Sendable {
        /// Sign the vote and send it.
        case vote(VotingRecord.Voted)
        /// Sign a timeout of the view and broadcast it.
        case timeout(View, highQC: QuorumCertificate)
        /// The view's entry may be passed on; its leader may propose.
        case entered(View)
        /// The blocks are in the log.
        case committed([Block])
        /// Committed blocks of a peer's are in the log: more can be taken in.
        case runWritten
        /// A replica that has forgotten may be told what this one remembers.
        case recollect(Recollection, nonce: Nonce, to: ValidatorKey)
    }

    private var last = WriteTicket(number: 0)
    private var waiting: Deque<(ticket: WriteTicket, consequence: Consequence)> = []
    private var lastReleasedVote: VotingRecord.Voted?

    /// The next write's ticket.
    mutating func nextTicket() -> WriteTicket {
        last = WriteTicket(number: last.number + 1)
        return last
    }

    /// Keeps `consequence` until `ticket` is durable.
    mutating func await(_ ticket: WriteTicket, then consequence: Consequence) {
        waiting.append((ticket, consequence))
    }

    /// What may be done now that all writes up to `ticket` are durable, in the order asked for.
    ///
    /// Of the votes that one sync made durable only the newest of a view is left: it speaks for its ancestors, so the
    /// others would cost a signature and a check each and say nothing (protocol §3).
    mutating func release(upTo ticket: WriteTicket) -> [Consequence] {
        var released: [Consequence] = []
        while let next = waiting.first, next.ticket <= ticket {
            waiting.removeFirst()
            if case .vote(let newer) = next.consequence {
                released.removeAll { earlier in
                    if case .vote(let older) = earlier { older.view == newer.view } else { false }
                }
            }
            released.append(next.consequence)
            if case .vote(let voted) = next.consequence { lastReleasedVote = voted }
        }
        return released
    }

    /// Blocks that are decided and not in the log yet, oldest first.
    var undelivered: [Block] {
        waiting.flatMap { entry -> [Block] in
            if case .committed(let blocks) = entry.consequence { blocks } else { [] }
        }
    }

    /// Whether a vote is durable, as far as this life knows; a vote of an earlier life is.
    func isReleased(_ voted: VotingRecord.Voted) -> Bool {
        if voted == lastReleasedVote { return true }
        return !waiting.contains { if case .vote(let other) = $0.consequence { other == voted } else { false } }
    }
}
