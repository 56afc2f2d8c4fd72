/// Votes for blocks of one epoch on their way to certificates.
///
/// Each member's votes count only while their ranks rise, as an honest member's do, and only for blocks that the caller
/// knows; so what is kept is bounded by the members times the window.
struct VoteCollector: Sendable {
    private struct Tally: Sendable {
        let vote: Vote
        var signatures: [IndexedSignature] = []
        var power: UInt64 = 0
    }

    private let validators: ValidatorSet
    private var tallies: [Digest: Tally] = [:]
    /// Blocks with a tally, in the order of their ranks, so that old ones are dropped without a search.
    private var order: [(rank: Rank, block: Digest)] = []
    private var newest: [Rank?]
    private let brokenRule: BrokenRule?

    init(validators: ValidatorSet, brokenRule: BrokenRule? = nil) {
        self.validators = validators
        self.brokenRule = brokenRule
        newest = Array(repeating: nil, count: validators.count)
    }

    /// How many blocks have a tally.
    var count: Int { order.count }

    /// Counts a verified vote; a certificate once its block has a quorum for the first time.
    mutating func count(_ vote: Vote) -> QuorumCertificate? {
        let signer = Int(vote.signer)
        guard let member = validators[signer] else { return nil }
        let rank = Rank(view: vote.view, height: vote.height)
        if let last = newest[signer], rank <= last { return nil }
        newest[signer] = rank

        if tallies[vote.block] == nil {
            tallies[vote.block] = Tally(vote: vote)
            let place = order.lastIndex { $0.rank <= rank }.map { $0 + 1 } ?? 0
            order.insert((rank, vote.block), at: place)
        }
        guard var tally = tallies[vote.block] else { return nil }
        tally.signatures.append(IndexedSignature(signer: vote.signer, signature: vote.signature))
        let before = tally.power
        tally.power += member.power
        tallies[vote.block] = tally
        guard isEnough(tally.power), !isEnough(before) else { return nil }
        return QuorumCertificate(
            epoch: vote.epoch, view: vote.view, height: vote.height, index: vote.index, block: vote.block,
            signatures: tally.signatures.sorted { $0.signer < $1.signer })
    }

    private func isEnough(_ power: UInt64) -> Bool {
        brokenRule == .quorum ? validators.isOneThird(power: power) : validators.isQuorum(power: power)
    }

    /// Forgets the tallies of blocks that do not outrank `rank`: a certificate of that rank makes them useless.
    mutating func forget(upTo rank: Rank) {
        let kept = order.firstIndex { $0.rank > rank } ?? order.count
        for (_, block) in order[..<kept] { tallies[block] = nil }
        order.removeFirst(kept)
    }

    /// The highest rank that a quorum's newest votes reach, whether or not they met on one block.
    var quorumReached: Rank? {
        let ranked = zip(newest, validators.members).compactMap { rank, member in rank.map { ($0, member.power) } }
            .sorted { $0.0 > $1.0 }
        var power: UInt64 = 0
        for (rank, more) in ranked {
            power += more
            if validators.isQuorum(power: power) { return rank }
        }
        return nil
    }

    /// The rank of the member's newest vote.
    func newestVote(of signer: Int) -> Rank? { newest.indices.contains(signer) ? newest[signer] : nil }
}
