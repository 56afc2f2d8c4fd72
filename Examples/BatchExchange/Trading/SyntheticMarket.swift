/// Trading data after the paper's evaluation: accounts drawn by a power law, and assets with valuations that walk at random,
/// near which offers set their limits.
///
/// A function of the seed; the exchange knows nothing of the valuations.
public struct SyntheticMarket: Sendable {
    /// How many of a hundred transactions are payments.
    public var paymentPercentage: UInt64 = 4
    /// How many of a hundred are cancellations; the rest are offers.
    public var cancellationPercentage: UInt64 = 20
    /// The standard deviation of an offer's limit from the valuations, in 2^−16.
    public var limitSpread: Int64 = 1 << 10
    /// The standard deviation by which a valuation moves from one set to the next, in 2^−16.
    public var walk: Int64 = 1 << 6

    private let rules: ExchangeRules
    private var random: SeededRandom
    /// What a unit of each asset is thought to be worth, as an integer of 2^−32.
    private var valuations: [UInt64]
    /// The highest sequence number given to each account.
    private var sequences: [UInt32]
    /// The highest sequence number that each account had before this set.
    private var sequencesBefore: [UInt32]
    /// Offers that ask more than the valuations say, so that they may be open still: what cancellations choose from.
    private var patient: [Transaction] = []
    private static let patientLimit = 1 << 16

    /// A market for exchanges with these rules.
    public init(_ rules: ExchangeRules, seed: UInt64) {
        self.rules = rules
        random = SeededRandom(seed: seed)
        sequences = Array(repeating: 0, count: rules.accounts)
        sequencesBefore = sequences
        valuations = []
        for _ in 0..<rules.assets {
            // A unit of one asset is worth up to 64 times that of another.
            valuations.append((1 << 29) + random.below(1 << 35))
        }
    }

    /// The next set: the valuations move, then accounts trade.
    ///
    /// No account has more than 64 of a set, so there are at most 64 times as many as there are accounts. A set makes
    /// sense in one block, after those before it.
    public mutating func transactions(_ count: Int) -> [Transaction] {
        for asset in valuations.indices {
            let moved = Self.vary(valuations[asset], by: random.bell() * walk)
            valuations[asset] = min(max(moved, 1 << 26), 1 << 38)
        }
        sequencesBefore = sequences
        var transactions: [Transaction] = []
        transactions.reserveCapacity(count)
        for _ in 0..<min(count, rules.accounts * Int(Transaction.sequenceWindow)) {
            let kind = random.below(100)
            if kind < paymentPercentage {
                transactions.append(payment())
            } else if kind < paymentPercentage + cancellationPercentage, let cancellation = cancellation() {
                transactions.append(cancellation)
            } else {
                transactions.append(offer())
            }
        }
        return transactions
    }

    /// Forgets sequence numbers that were given to transactions which never had an effect.
    ///
    /// An account whose transactions are lost again and again would else be more than 64 ahead for ever.
    public mutating func resume(after highest: (UInt32) -> UInt64) {
        for account in sequences.indices { sequences[account] = UInt32(clamping: highest(UInt32(account))) }
    }

    private mutating func payment() -> Transaction {
        let account = drawAccount()
        return .payment(
            account: account, sequence: sequence(of: account), to: UInt32(random.below(UInt64(rules.accounts))),
            asset: drawAsset(), amount: 1 + random.below(1_000))
    }

    private mutating func offer() -> Transaction {
        let account = drawAccount()
        let sold = drawAsset()
        let wanted = UInt8((UInt64(sold) + 1 + random.below(UInt64(rules.assets - 1))) % UInt64(rules.assets))
        let fair = valuations[Int(wanted)].dividingFullWidth(
            (high: valuations[Int(sold)] >> 32, low: valuations[Int(sold)] << 32)
        ).quotient
        let deviation = random.bell() * limitSpread
        // Of an asset that is worth 1, as many sell 2^16 to 2^17 units as 2^22 to 2^23.
        let scale = UInt64(1) << (48 + random.below(7))
        let amount = max(1, (scale + random.below(scale)) / valuations[Int(sold)])
        let offer = Transaction.offer(
            account: account, sequence: sequence(of: account), sell: sold, for: wanted, amount: amount,
            limit: max(1, Self.vary(fair, by: deviation)))
        if deviation > 0 { remember(offer) }
        return offer
    }

    private mutating func cancellation() -> Transaction? {
        guard !patient.isEmpty else { return nil }
        let place = Int(random.below(UInt64(patient.count)))
        let offer = patient[place]
        let account = Int(offer.account)
        // Not one of this set: it is not in the book before the block.
        guard offer.sequence <= sequencesBefore[account], hasRoom(account) else { return nil }
        patient.swapAt(place, patient.count - 1)
        patient.removeLast()
        return .cancellation(of: offer, sequence: sequence(of: offer.account))
    }

    private mutating func remember(_ offer: Transaction) {
        if patient.count < Self.patientLimit {
            patient.append(offer)
        } else {
            patient[Int(random.below(UInt64(patient.count)))] = offer
        }
    }

    /// By a power law: half of the draws are from all accounts, a quarter from half of them, and so on.
    private mutating func drawAccount() -> UInt32 {
        let halvings = UInt64(random.next().trailingZeroBitCount)
        var account = Int(random.below(max(1, UInt64(rules.accounts) >> halvings)))
        if !hasRoom(account) { account = Int(random.below(UInt64(rules.accounts))) }
        while !hasRoom(account) { account = (account + 1) % rules.accounts }
        return UInt32(account)
    }

    private func hasRoom(_ account: Int) -> Bool {
        UInt64(sequences[account] - sequencesBefore[account]) < Transaction.sequenceWindow
    }

    private mutating func drawAsset() -> UInt8 { UInt8(random.below(UInt64(rules.assets))) }

    private mutating func sequence(of account: UInt32) -> UInt32 {
        sequences[Int(account)] += 1
        return sequences[Int(account)]
    }

    /// `value` and as much of it as `deviation` says, in 2^−32; never less than a sixteenth of it.
    private static func vary(_ value: UInt64, by deviation: Int64) -> UInt64 {
        let factor = UInt64(max((1 << 32) + deviation, 1 << 28))
        let product = value.multipliedFullWidth(by: factor)
        return product.high << 32 | product.low >> 32
    }
}
