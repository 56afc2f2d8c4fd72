/// Suspicions and timeouts of one epoch on their way to a change of view (protocol §6); of each member only the newest
/// of each are kept.
struct TimeoutCollector: Sendable {
    private let validators: ValidatorSet
    private var suspicions: [Suspicion?]
    private var timeouts: [Timeout?]

    init(validators: ValidatorSet) {
        self.validators = validators
        suspicions = Array(repeating: nil, count: validators.count)
        timeouts = Array(repeating: nil, count: validators.count)
    }

    /// Keeps a verified suspicion, unless the member's of a higher view is known.
    mutating func add(_ suspicion: Suspicion) {
        let signer = Int(suspicion.signer)
        guard suspicions.indices.contains(signer) else { return }
        if let known = suspicions[signer], (known.view, known.rank) > (suspicion.view, suspicion.rank) { return }
        suspicions[signer] = suspicion
    }

    /// Keeps a verified timeout, unless the member's of a higher view is known.
    mutating func add(_ timeout: Timeout) {
        let signer = Int(timeout.signer)
        guard timeouts.indices.contains(signer) else { return }
        if let known = timeouts[signer], known.view > timeout.view { return }
        timeouts[signer] = timeout
    }

    /// The power of the members who suspect `view`: a timeout counts as a suspicion, and a suspicion counts while
    /// `highest`, the highest certificate here, does not outrank it.
    func suspectingPower(of view: View, highest: Rank) -> UInt64 {
        var power: UInt64 = 0
        for (index, member) in validators.members.enumerated() {
            let suspects = suspicions[index].map { $0.view == view && $0.rank >= highest } ?? false
            let gaveUp = timeouts[index].map { $0.view == view } ?? false
            if suspects || gaveUp { power += member.power }
        }
        return power
    }

    /// Whether the member with this key suspects `view`, and `highest` does not outrank what it has seen.
    func suspects(_ key: ValidatorKey, _ view: View, highest: Rank) -> Bool {
        guard let index = validators.index(of: key), let known = suspicions[index] else { return false }
        return known.view == view && known.rank >= highest
    }

    /// Whether the member with this key has given up `view`.
    func hasTimedOut(_ key: ValidatorKey, _ view: View) -> Bool {
        validators.index(of: key).map { timeouts[$0]?.view == view } ?? false
    }

    /// The power of the members who have given up `view`.
    func timedOutPower(of view: View) -> UInt64 {
        var power: UInt64 = 0
        for (index, member) in validators.members.enumerated() where timeouts[index]?.view == view {
            power += member.power
        }
        return power
    }

    /// The timeout certificate of `view`, if a quorum has given it up.
    func certificate(of view: View, epoch: Epoch) -> TimeoutCertificate? {
        guard validators.isQuorum(power: timedOutPower(of: view)) else { return nil }
        let given = timeouts.compactMap { $0 }.filter { $0.view == view }
        guard let highest = given.map(\.highQC).max(by: { $0.rank < $1.rank }) else { return nil }
        return TimeoutCertificate(
            epoch: epoch, view: view,
            reports: given.map { TimeoutReport(signer: $0.signer, rank: $0.highQC.rank, signature: $0.signature) },
            highest: highest)
    }

    /// Forgets what concerns views below `view`.
    mutating func forget(below view: View) {
        for index in suspicions.indices {
            if let known = suspicions[index], known.view < view { suspicions[index] = nil }
            if let known = timeouts[index], known.view < view { timeouts[index] = nil }
        }
    }
}
