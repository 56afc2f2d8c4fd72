/// What is left of a limit offer: it sells `amount` for at least `limit` a unit.
struct Offer: Hashable {
    /// Where an offer stands in its book: the one that asks least comes first.
    struct Key: Hashable, Comparable {
        /// The least that it takes for a unit, as `Rate`.
        var limit: UInt64
        /// Whose it is, and the sequence number of the transaction that made it: unique for ever.
        var owner: UInt64

        init(limit: UInt64, account: UInt32, sequence: UInt32) {
            self.limit = limit
            owner = UInt64(account) << 32 | UInt64(sequence)
        }

        /// Whose it is.
        var account: UInt32 { UInt32(truncatingIfNeeded: owner >> 32) }

        static func < (left: Key, right: Key) -> Bool {
            left.limit != right.limit ? left.limit < right.limit : left.owner < right.owner
        }
    }

    var key: Key
    var amount: UInt64
}
