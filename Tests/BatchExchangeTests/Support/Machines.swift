import HotStuffCore

@testable import BatchExchange

/// A machine outside of any replica; a class, as `#expect` takes nothing noncopyable.
final class Machine {
    private var exchange: BatchExchange

    init(
        _ rules: ExchangeRules, pool: TransactionPool = TransactionPool(), batchLimit: Int = 1_000, workers: Int = 1,
        signals: MachineSignals = MachineSignals {}
    ) {
        var options = BatchExchange.Options()
        options.batchLimit = batchLimit
        options.workers = workers
        let context = StateMachineContext(
            signals: signals, payloadLimit: .mebibytes(64), appliedBlockLimit: 1_024, directory: "",
            commands: CommandQueue(clock: { .zero }, signalWork: {}))
        exchange = BatchExchange(rules, pool: pool, context: context, options: options)
    }

    func propose() -> Batch? { exchange.propose() }
    func execute(_ batch: Batch) { exchange.execute(batch) }
    func validate(_ batch: Batch) -> Verdict { exchange.validate(batch) }
    func commit() { exchange.commit(LogPosition(height: .genesis, block: .zero)) }
    func rollBack() { exchange.rollBack() }
    func rollBack(keepingOldest count: Int) -> Int { exchange.rollBack(keepingOldest: count) }
    func balance(of account: UInt32, _ asset: UInt8) -> UInt64 { exchange.balance(of: account, asset) }
    func sequence(of account: UInt32) -> UInt64 { exchange.sequence(of: account) }
    func supply(of asset: UInt8) -> UInt64 { exchange.supply(of: asset) }
    func agrees(with plain: PlainExchange) -> Bool { plain.agrees(with: exchange.state) }
    var digest: Digest? { exchange.stateDigest }
    var openOffers: Int { exchange.openOffers }
    var earnings: [UInt64] { exchange.earnings }
}

/// A small exchange whose accounts are soon overdrawn.
func smallRules(balance: UInt64 = 20_000) throws -> ExchangeRules {
    try ExchangeRules(assets: 4, accounts: 40, initialBalance: balance)
}

/// Transactions by somebody who does not care: wrong accounts and assets, used and doubled sequence numbers, amounts that
/// nobody has, cancellations of what is not there; among them some that make sense.
struct CarelessTraders {
    let rules: ExchangeRules
    var random: SeededRandom
    private var offers: [Transaction] = []

    init(_ rules: ExchangeRules, seed: UInt64) {
        self.rules = rules
        random = SeededRandom(seed: seed ^ 0xC0FF_EE00)
    }

    mutating func transactions(_ count: Int, used: (UInt32) -> UInt64) -> [Transaction] {
        (0..<count).map { _ in
            var one = transaction(used)
            if random.below(40) == 0 { spoil(&one) }
            return one
        }
    }

    private mutating func transaction(_ used: (UInt32) -> UInt64) -> Transaction {
        let account = UInt32(random.below(UInt64(rules.accounts)))
        let sequence = UInt32(clamping: used(account) + random.below(70))
        let asset = UInt8(random.below(UInt64(rules.assets)))
        let amount = 1 + random.below(max(1, rules.initialBalance / 8))
        switch random.below(8) {
        case 0:
            return .payment(
                account: account, sequence: sequence, to: UInt32(random.below(UInt64(rules.accounts))), asset: asset,
                amount: amount)
        case 1 where !offers.isEmpty:
            let offer = offers[Int(random.below(UInt64(offers.count)))]
            return .cancellation(of: offer, sequence: UInt32(clamping: used(offer.account) + random.below(70)))
        default:
            let other = UInt8((UInt64(asset) + 1 + random.below(UInt64(rules.assets - 1))) % UInt64(rules.assets))
            let offer = Transaction.offer(
                account: account, sequence: sequence, sell: asset, for: other, amount: amount,
                limit: (3 << 30) + random.below(1 << 31))
            offers.append(offer)
            return offer
        }
    }

    private mutating func spoil(_ one: inout Transaction) {
        switch random.below(7) {
        case 0: one.account = UInt32(truncatingIfNeeded: random.next())
        case 1: one.asset = UInt8(truncatingIfNeeded: random.next())
        case 2: one.otherAsset = UInt8(truncatingIfNeeded: random.next())
        case 3: one.amount = random.next() >> random.below(64)
        case 4: one.limit = random.next() >> random.below(64)
        case 5: one.counterpart = UInt32(truncatingIfNeeded: random.next() >> random.below(32))
        default: one.sequence = UInt32(truncatingIfNeeded: random.next())
        }
    }
}
