/// How much of one asset a unit of another is worth, as an integer of 2^−32: the only arithmetic that moves assets.
///
/// Everything is rounded down, which is in the auctioneer's favour: what an offer is paid is never more than what the
/// prices say, so that no rounding can create a unit of anything.
enum Rate {
    /// Where prices start, and about where they stay.
    static let initialPrice: UInt64 = 1 << 32
    /// What a price may be; below 2^48 and not below 2^16, so that a rate of two prices fits 64 bits.
    static let prices: ClosedRange<UInt64> = (1 << 16)...((1 << 48) - 1)

    /// What a unit of the sold asset fetches at these prices, after the auctioneer's commission.
    static func paid(sold: UInt64, wanted: UInt64, commissionShift: UInt64) -> UInt64 {
        // 2^32 times the price of what is sold, over the price of what is wanted; no overflow, as `prices` says.
        let rate = wanted.dividingFullWidth((high: sold >> 32, low: sold << 32)).quotient
        let commission = (rate >> commissionShift) + 1
        return rate > commission ? rate - commission : 0
    }

    /// What `amount` units are paid at `rate`.
    ///
    /// Saturates; a proposal that pays so much is refused, as nobody sells so much.
    static func payout(_ amount: UInt64, at rate: UInt64) -> UInt64 {
        let product = amount.multipliedFullWidth(by: rate)
        return product.high >> 32 == 0 ? product.high << 32 | product.low >> 32 : .max
    }
}
