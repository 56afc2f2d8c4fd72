/// Who leads which view: pure, and the same everywhere; its name is part of the genesis configuration, so replicas
/// whose rotations differ are of different chains and never talk.
public protocol LeaderRotation: Sendable {
    /// What the genesis configuration calls it, parameters included.
    var name: String { get }
    /// The index in `validators` of the leader of `view`; `first` led last in the epoch before.
    ///
    /// An answer outside the set counts modulo the set's size.
    func leader(of view: View, among validators: ValidatorSet, startingFrom first: Int) -> Int
}

/// Every validator in turn, one view each.
public struct RoundRobin: LeaderRotation {
    public init() {}

    /// `round-robin`.
    public var name: String { "round-robin" }

    /// The validators in the order of their keys, from `first` on.
    public func leader(of view: View, among validators: ValidatorSet, startingFrom first: Int) -> Int {
        let count = UInt64(validators.count)
        return Int((view.rawValue % count + UInt64(first) % count) % count)
    }
}
