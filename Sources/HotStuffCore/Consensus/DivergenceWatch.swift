internal import DequeModule

/// Finds out whether this replica's state, or another's, differs from a quorum's (`Documentation/Speculation.md`,
/// *Divergence*).
///
/// Digests come beside votes, so they cost no message of their own; only leaders get votes. Once a leader sees one that
/// differs from its own, all tell each other their newest ones, and each draws its conclusion: an alarm, on which nothing
/// depends. Where the state machine has no digest, nothing happens here.
struct DivergenceWatch: Sendable {
    /// What was found, once for each replica.
    struct Finding: Sendable, Hashable {
        /// Whose state differs.
        let replica: ValidatorKey
        /// The first block after which it does, of those that are known.
        let position: LogPosition
        /// That replica's digest.
        let digest: Digest
        /// The quorum's.
        let quorum: Digest
    }

    /// How long after having told its digests a replica does not tell them again, whoever asks.
    static let pause: Duration = .seconds(5)

    private let key: ValidatorKey
    /// After the newest payload blocks, lowest height first; at most `Limits.stateDigests`.
    private var own: Deque<(position: LogPosition, digest: Digest)> = []
    /// Up to where the state is that of the newest entry: nudges change none.
    private var executed = Height.genesis
    /// What others have told, and when.
    private var told: [Told] = []
    /// Whose state is known to differ from a quorum's.
    private var found: [ValidatorKey] = []
    private var nextTelling = Timestamp.zero
    private var hasTold = false
    /// How many of the newest entries no conclusion has been drawn from, as others had told before.
    private var unjudged = 0
    /// The state height from which on the others are to be told, as one of them has told its own up to there.
    private var owed: Height?

    private struct Told: Sendable {
        let replica: ValidatorKey
        let time: Timestamp
        let digests: [Height: Digest]
    }

    init(key: ValidatorKey) { self.key = key }

    /// The state's digest after a committed block, or after a recovery up to it; `executed` is at or above it.
    mutating func note(_ digest: Digest, at position: LogPosition) {
        if own.count == Limits.stateDigests { own.removeFirst() }
        own.append((position, digest))
        if !told.isEmpty { unjudged = min(unjudged + 1, own.count) }
    }

    /// The state machine has executed everything up to here.
    mutating func advance(to height: Height) { executed = height }

    /// Whether a replica that said this beside its vote is in another state than this one was at that height.
    ///
    /// False as long as this one has not got there.
    func differs(_ report: VoteReport, of replica: ValidatorKey) -> Bool {
        guard let digest = report.stateDigest, report.executed <= executed, !found.contains(replica),
            !found.contains(key), let mine = own.last(where: { $0.position.height <= report.executed })
        else { return false }
        return mine.digest != digest
    }

    /// Another validator has told its digests, and is owed the own ones: once this replica has got as far, as what it told
    /// sooner might lack the very height that matters, and is not told again for a while.
    ///
    /// The lowest such height counts, so nobody can put it off by claiming to be far ahead.
    mutating func owe(for digests: StateDigests) {
        let height = digests.digests.last?.height ?? .genesis
        owed = owed.map { min($0, height) } ?? height
    }

    /// Whether what is owed can be told; it is not owed any more then.
    mutating func takeOwed() -> Bool {
        guard let height = owed, height <= executed else { return false }
        owed = nil
        return true
    }

    /// What follows from states that this replica has reached since others told theirs.
    mutating func catchUp(among validators: ValidatorSet) -> [Finding] {
        guard unjudged > 0 else { return [] }
        defer { unjudged = 0 }
        return findings(in: own.suffix(unjudged), among: validators)
    }

    /// What to tell the others; nil if there is nothing, or they were told a short while ago.
    mutating func tell(at now: Timestamp) -> StateDigests? {
        guard !own.isEmpty, now >= nextTelling else { return nil }
        nextTelling = now + Self.pause
        hasTold = true
        return StateDigests(own.map { StateDigest(height: $0.position.height, digest: $0.digest) })
    }

    /// What to tell a validator that has connected, and may have missed what all were told; nil if nothing ever was.
    var repetition: StateDigests? {
        hasTold ? StateDigests(own.map { StateDigest(height: $0.position.height, digest: $0.digest) }) : nil
    }

    /// Takes in what another validator told, and draws the conclusion; nothing if that one told something just before.
    mutating func take(
        _ digests: StateDigests, of replica: ValidatorKey, at now: Timestamp, among validators: ValidatorSet
    ) -> [Finding] {
        if let before = told.first(where: { $0.replica == replica }), now < before.time + Self.pause / 2 { return [] }
        told.removeAll { $0.replica == replica }
        let pairs = digests.digests.prefix(Limits.stateDigests).map { ($0.height, $0.digest) }
        told.append(Told(replica: replica, time: now, digests: Dictionary(pairs) { first, _ in first }))
        unjudged = 0
        return findings(in: own[...], among: validators)
    }

    // MARK: - The conclusion

    /// Goes through the heights, lowest first, for one at which a quorum agrees, and somebody does not.
    private mutating func findings(
        in entries: Deque<(position: LogPosition, digest: Digest)>.SubSequence, among validators: ValidatorSet
    ) -> [Finding] {
        var findings: [Finding] = []
        for (position, mine) in entries {
            var claims = [(replica: key, digest: mine)]
            for other in told {
                if let digest = other.digests[position.height] { claims.append((other.replica, digest)) }
            }
            guard let quorum = majority(of: claims, among: validators) else { continue }
            for claim in claims where claim.digest != quorum && !found.contains(claim.replica) {
                found.append(claim.replica)
                findings.append(
                    Finding(replica: claim.replica, position: position, digest: claim.digest, quorum: quorum))
            }
        }
        return findings
    }

    /// The digest that replicas with a quorum's power claim; nil if there is none.
    private func majority(
        of claims: [(replica: ValidatorKey, digest: Digest)], among validators: ValidatorSet
    ) -> Digest? {
        claims.lazy.map(\.digest).first { digest in
            let power = claims.reduce(0 as UInt64) { sum, claim in
                guard claim.digest == digest, let place = validators.index(of: claim.replica) else { return sum }
                return sum + (validators[place]?.power ?? 0)
            }
            return validators.isQuorum(power: power)
        }
    }
}
