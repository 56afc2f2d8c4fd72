internal import HotStuffCore

/// Something that happened in a world, for people.
struct TraceEvent: Sendable {
    /// What may happen.
    enum Kind: UInt8, Sendable, CaseIterable {
        case received, lost, refused, connected, disconnected
        case writes, durable, diskFailed
        case proposed, voted, certified, committed, caughtUp, refusedToVote, equivocation
        case viewEntered, viewSuspected, viewTimedOut, leaderStable, rolledBack
        case started, crashed, halted, faultBegan, faultEnded, healed, violation
        case forgetting, diverged
    }

    /// When.
    let at: UInt64
    /// What.
    let kind: Kind
    /// At which node; −1 for none.
    let node: Int
    /// The other node, if it takes two.
    let peer: Int?
    /// Numbers that go with it: heights, views, tickets.
    let numbers: (UInt64, UInt64)
    /// When a message was sent that has now arrived.
    let sentAt: UInt64?
    /// What people read.
    let text: String
}

/// Everything that happens in a world, as a running digest; and as lines, if somebody watches.
///
/// The digest is over numbers, so that it costs little and is the same in every build of the same source.
struct Trace {
    /// Gets each event; nil if nobody watches.
    let watch: ((TraceEvent) -> Void)?
    /// Of everything so far.
    private(set) var digest: UInt64 = 0

    init(watch: ((TraceEvent) -> Void)?) { self.watch = watch }

    /// Adds an event.
    mutating func note(
        _ kind: TraceEvent.Kind, _ node: Int, peer: Int?, _ one: UInt64, _ two: UInt64, at: UInt64, sentAt: UInt64?,
        text: () -> String
    ) {
        var state = digest ^ at &* 0x9E37_79B9_7F4A_7C15
        state = mixed(state &+ UInt64(kind.rawValue) << 56 &+ UInt64(truncatingIfNeeded: node) << 28)
        state = mixed(state ^ (UInt64(truncatingIfNeeded: peer ?? -1) &+ one &* 0xD6E8_FEB8_6659_FD93))
        digest = mixed(state ^ two)
        guard let watch else { return }
        watch(
            TraceEvent(
                at: at, kind: kind, node: node, peer: peer, numbers: (one, two), sentAt: sentAt, text: text()))
    }
}

extension Message {
    /// What it is and is about, in a few words.
    var summary: String {
        switch self {
        case .hello(let hello): "hello view \(hello.view) committed \(hello.committed)"
        case .proposal(let proposal):
            "proposal view \(proposal.blocks.first?.view.description ?? "-") "
                + "heights \(proposal.blocks.first?.height.description ?? "-")"
                + (proposal.blocks.count > 1 ? "…\(proposal.blocks.last?.height.description ?? "-")" : "")
                + " justify \(proposal.blocks.last?.header.justify.height.description ?? "-")"
                + (proposal.blocks.contains { !$0.isNudge } ? "" : " nudge")
        case .vote(let vote): "vote view \(vote.view) height \(vote.height) \(vote.block)"
        case .suspicion(let suspicion): "suspicion of view \(suspicion.view)"
        case .timeout(let timeout): "timeout of view \(timeout.view) with certificate on \(timeout.highQC.height)"
        case .certificate(let certificate): "certificate on \(certificate.height) of view \(certificate.view)"
        case .entry(let entry): "entry to view \(entry.view)"
        case .entryRequest(_, let view): "asks for entry to view \(view)"
        case .blockRequest: "asks for a block"
        case .blocks(let answer): "\(answer.blocks.count) blocks"
        case .commitRequest(let request): "asks for commits from \(request.from)"
        case .commits(.run(_, let blocks)): "\(blocks.count) committed blocks"
        case .commits: "no committed blocks"
        case .evidence: "evidence"
        case .stateDigests(let digests): "\(digests.digests.count) digests of states"
        case .recallRequest: "asks what it may have signed"
        case .recallAnswer(let answer):
            "recalls view \(answer.recollection.view)" + (answer.recollection.hasForgotten ? ", having forgotten" : "")
        }
    }

    /// A number that tells messages of a trace apart.
    var traceNumber: Int {
        switch self {
        case .hello(let hello): 1 << 48 | Int(truncatingIfNeeded: hello.view.rawValue)
        case .proposal(let proposal):
            2 << 48 | Int(truncatingIfNeeded: (proposal.blocks.last?.hash.firstWord ?? 0) >> 16)
        case .vote(let vote): 3 << 48 | Int(truncatingIfNeeded: vote.block.firstWord >> 16)
        case .suspicion(let suspicion): 4 << 48 | Int(truncatingIfNeeded: suspicion.view.rawValue)
        case .timeout(let timeout): 5 << 48 | Int(truncatingIfNeeded: timeout.view.rawValue)
        case .certificate(let certificate): 6 << 48 | Int(truncatingIfNeeded: certificate.height.rawValue)
        case .entry(let entry): 7 << 48 | Int(truncatingIfNeeded: entry.view.rawValue)
        case .entryRequest(_, let view): 8 << 48 | Int(truncatingIfNeeded: view.rawValue)
        case .blockRequest: 9 << 48
        case .blocks(let answer): 10 << 48 | answer.blocks.count
        case .commitRequest(let request): 11 << 48 | Int(truncatingIfNeeded: request.from.rawValue)
        case .commits(.run(_, let blocks)): 12 << 48 | blocks.count
        case .commits: 12 << 48
        case .evidence: 13 << 48
        case .stateDigests(let digests): 16 << 48 | digests.digests.count
        case .recallRequest: 14 << 48
        case .recallAnswer(let answer): 15 << 48 | Int(truncatingIfNeeded: answer.recollection.view.rawValue)
        }
    }
}

extension TraceEvent: CustomStringConvertible {
    /// One line: time in milliseconds, node, what happened, and its numbers or words.
    var description: String {
        let time = "\(at / 1_000_000).\(String(1_000 + at / 1_000 % 1_000).dropFirst())"
        let place = node < 0 ? "-" : "\(node)" + (peer.map { "<\($0)" } ?? "")
        let detail = text.isEmpty ? "\(numbers.0) \(numbers.1)" : "\(text)"
        let suffix = kind == .committed || kind == .refusedToVote ? " at \(numbers.0)" : ""
        return "\(time) \(place) \(kind)\(suffix) \(detail)"
    }
}
