/// How far a replica has got that may have lost records of what it signed (protocol §2, *Forgetting*).
///
/// Part of the voting record, so that a restart neither loses it nor begins it anew for nothing.
public enum Forgetting: Sendable, Hashable {
    /// It asks the others how far its signatures may reach, and signs nothing.
    case asking
    /// A quorum of the others has answered, and this is `m`, the highest view that they proved: it signs nothing yet.
    case bounded(by: View)
    /// It signs again, as it has entered a view above `m + 1`; what it signed up to there may still turn up.
    case over(bound: View)

    /// Whether this replica may sign neither vote nor timeout nor proposal.
    public var forbidsSigning: Bool {
        switch self {
        case .asking, .bounded: true
        case .over: false
        }
    }

    /// Whether a signature of this replica's key in `view` may be one that it has forgotten.
    ///
    /// Up to `m + 1` it is. Above that it can only be somebody else's with the same key.
    public func covers(_ view: View) -> Bool {
        switch self {
        case .asking: true
        case .bounded(let bound), .over(let bound): view <= bound.next
        }
    }
}
