/// A member of a validator set and its voting power.
public struct Validator: Sendable, Hashable {
    /// Who it is.
    public let key: ValidatorKey
    /// Its voting power, at least 1.
    public let power: UInt64

    /// A member with `power` votes.
    public init(key: ValidatorKey, power: UInt64) {
        self.key = key
        self.power = power
    }
}

/// Members and their voting power, in the order of their keys; never empty, keys distinct, powers at least 1, and
/// three times the total power fits in 64 bits (protocol §1).
public struct ValidatorSet: Sendable, Hashable {
    /// The members, in the order of their keys; a member's place here is its index in certificates.
    public let members: [Validator]
    /// The sum of the members' powers.
    public let totalPower: UInt64

    /// Why a list of validators is no validator set.
    public enum Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        /// There is no member.
        case empty
        /// There are more than `Limits.validators`.
        case tooMany(Int)
        /// A key is there twice.
        case repeatedKey(ValidatorKey)
        /// A member has no power.
        case noPower(ValidatorKey)
        /// Three times the total power does not fit in 64 bits.
        case tooMuchPower

        public var description: String {
            switch self {
            case .empty: "a validator set needs at least one member"
            case .tooMany(let count): "\(count) validators are more than the \(Limits.validators) that are allowed"
            case .repeatedKey(let key): "validator \(key) is listed twice"
            case .noPower(let key): "validator \(key) has no voting power; it needs at least 1"
            case .tooMuchPower: "the voting powers add up to more than a third of 2^64"
            }
        }
    }

    /// The set of `members`, in any order.
    public init(_ members: [Validator]) throws(Invalid) {
        guard !members.isEmpty else { throw .empty }
        guard members.count <= Limits.validators else { throw .tooMany(members.count) }
        let sorted = members.sorted { $0.key < $1.key }
        var total: UInt64 = 0
        for (place, member) in sorted.enumerated() {
            if place > 0, sorted[place - 1].key == member.key { throw .repeatedKey(member.key) }
            guard member.power > 0 else { throw .noPower(member.key) }
            let (sum, overflow) = total.addingReportingOverflow(member.power)
            guard !overflow, sum <= UInt64.max / 3 else { throw .tooMuchPower }
            total = sum
        }
        self.members = sorted
        totalPower = total
    }

    /// How many members there are.
    public var count: Int { members.count }

    /// The index of the member with `key`; nil if there is none.
    ///
    /// O(log n).
    public func index(of key: ValidatorKey) -> Int? {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < members.count && members[low].key == key ? low : nil
    }

    /// The member at `index`; nil if there is none, as an index from the wire may be any number.
    public subscript(index: Int) -> Validator? { members.indices.contains(index) ? members[index] : nil }

    /// Whether members with `power` in sum are a quorum: more than two thirds.
    public func isQuorum(power: UInt64) -> Bool { power <= totalPower && 3 * power > 2 * totalPower }

    /// Whether members with `power` in sum are one-third: more than a third, so at least one of them is honest.
    public func isOneThird(power: UInt64) -> Bool { power <= totalPower && 3 * power > totalPower }
}
