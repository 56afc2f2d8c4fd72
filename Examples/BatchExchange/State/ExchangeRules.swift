/// What every replica of one exchange agrees on before the first block.
public struct ExchangeRules: Sendable, Hashable {
    /// How many assets there are, 2 to 256; they are numbered from 0.
    public let assets: Int
    /// How many accounts there are, 1 to 2^24; they are numbered from 0.
    ///
    /// Each takes 8 bytes of memory, 8 for each asset, and 34 of a Merkle tree.
    public let accounts: Int
    /// What each account holds of each asset at the start, in the asset's smallest unit.
    public let initialBalance: UInt64
    /// The auctioneer keeps 2^−n of what is paid out: n = 15 is 0.003 %.
    public let commissionShift: UInt64
    /// An offer whose limit lies within 2^−n of what it would be paid may be left over; n = 10 is 0.1 %.
    public let toleranceShift: UInt64

    /// No asset has more units than this, over all accounts; so no sum of balances ever overflows.
    public static let largestSupply: UInt64 = 1 << 56

    /// Why rules make no exchange.
    public struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        /// Which rule is out of its range.
        public let description: String
    }

    /// Rules with the commission and tolerance that the paper evaluates.
    ///
    /// - Throws: `Invalid`, if a number is out of its range.
    public init(
        assets: Int, accounts: Int, initialBalance: UInt64, commissionShift: UInt64 = 15, toleranceShift: UInt64 = 10
    ) throws {
        guard (2...256).contains(assets) else { throw Invalid(description: "\(assets) assets; 2 to 256 are possible") }
        guard (1...(1 << 24)).contains(accounts) else {
            throw Invalid(description: "\(accounts) accounts; 1 to \(1 << 24) are possible")
        }
        let (supply, overflow) = initialBalance.multipliedReportingOverflow(by: UInt64(accounts))
        guard !overflow, supply <= Self.largestSupply else {
            throw Invalid(description: "\(initialBalance) units on each account are more than 2^56 in sum")
        }
        guard (4...24).contains(commissionShift), (4...24).contains(toleranceShift) else {
            throw Invalid(description: "commission and tolerance must be 2^−4 to 2^−24")
        }
        self.assets = assets
        self.accounts = accounts
        self.initialBalance = initialBalance
        self.commissionShift = commissionShift
        self.toleranceShift = toleranceShift
    }

    /// How many ordered pairs of assets there are, those of an asset with itself included.
    var pairs: Int { assets * assets }

    /// The pair of an offer that sells one asset for another.
    func pair(selling sold: UInt8, for wanted: UInt8) -> Int { Int(sold) * assets + Int(wanted) }

    /// The asset that offers of a pair sell.
    func soldAsset(of pair: Int) -> Int { pair / assets }

    /// The asset that offers of a pair want.
    func wantedAsset(of pair: Int) -> Int { pair % assets }
}
