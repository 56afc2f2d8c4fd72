/// One thing that an account asks for; unsigned, as this example leaves signatures out.
///
/// A transaction sees the state before its block: not what others in the block pay to its account. So the order of a
/// block's transactions means nothing.
public struct Transaction: Sendable, Hashable {
    /// What a transaction is.
    public enum Kind: UInt8, Sendable, Hashable {
        /// Sells `amount` of `asset` for `otherAsset`, for at least `limit` of it a unit.
        case offer = 0
        /// Gives `amount` of `asset` to the account `counterpart`.
        case payment = 1
        /// Takes back what is left of the account's own offer of sequence number `counterpart`.
        case cancellation = 2
    }

    /// Whose it is.
    public var account: UInt32
    /// Above every sequence number that the account has used in an earlier block, and at most 64 above the highest.
    ///
    /// Within a block no order is needed, and gaps may be left; what is left out is gone.
    public var sequence: UInt32
    /// What it is.
    public var kind: Kind
    /// What an offer sells, or a payment gives.
    public var asset: UInt8
    /// What an offer wants; 0 for a payment.
    public var otherAsset: UInt8
    /// A payment's receiver, or the sequence number of the offer that a cancellation takes back; 0 for an offer.
    public var counterpart: UInt32
    /// How much an offer sells or a payment gives, 1 to 2^56; 0 for a cancellation.
    public var amount: UInt64
    /// The least that an offer takes for a unit, as `Rate`, not 0; a cancellation repeats its offer's; 0 for a payment.
    public var limit: UInt64

    /// How far above the highest used one a sequence number may be, and so how many transactions one account may have
    /// in one block.
    public static let sequenceWindow: UInt64 = 64

    /// A limit offer.
    public static func offer(
        account: UInt32, sequence: UInt32, sell sold: UInt8, for wanted: UInt8, amount: UInt64, limit: UInt64
    ) -> Transaction {
        Transaction(
            account: account, sequence: sequence, kind: .offer, asset: sold, otherAsset: wanted, counterpart: 0,
            amount: amount, limit: limit)
    }

    /// A payment.
    public static func payment(
        account: UInt32, sequence: UInt32, to receiver: UInt32, asset: UInt8, amount: UInt64
    ) -> Transaction {
        Transaction(
            account: account, sequence: sequence, kind: .payment, asset: asset, otherAsset: 0, counterpart: receiver,
            amount: amount, limit: 0)
    }

    /// A cancellation of `offer`, with a sequence number of its own.
    public static func cancellation(of offer: Transaction, sequence: UInt32) -> Transaction {
        Transaction(
            account: offer.account, sequence: sequence, kind: .cancellation, asset: offer.asset,
            otherAsset: offer.otherAsset, counterpart: offer.sequence, amount: 0, limit: offer.limit)
    }

    /// Whether it could stand in a block of some state of an exchange with these rules.
    func isWellFormed(_ rules: ExchangeRules) -> Bool {
        guard account < rules.accounts, asset < rules.assets, otherAsset < rules.assets else { return false }
        switch kind {
        case .offer:
            return asset != otherAsset && counterpart == 0 && isPossible(amount) && limit > 0
        case .payment:
            return otherAsset == 0 && counterpart < rules.accounts && isPossible(amount) && limit == 0
        case .cancellation:
            return asset != otherAsset && amount == 0 && limit > 0
        }
    }

    private func isPossible(_ amount: UInt64) -> Bool { amount > 0 && amount <= ExchangeRules.largestSupply }

    /// The place of the offer that this transaction makes or takes back.
    var offerKey: Offer.Key {
        Offer.Key(limit: limit, account: account, sequence: kind == .cancellation ? counterpart : sequence)
    }
}
