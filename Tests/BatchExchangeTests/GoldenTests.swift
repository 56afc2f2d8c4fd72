import HotStuffCore
import Testing

@testable import BatchExchange

/// Bytes and digests that must be the same in every build and on every machine, or replicas would part.
struct GoldenTests {
    @Test func theBytesOfABatch() {
        let offer = Transaction.offer(
            account: 0x0102_0304, sequence: 5, sell: 6, for: 7, amount: 0x0809, limit: 0x0A0B_0C0D_0000_0000)
        let batch = Batch(
            prices: [1 << 32, 0x1122], trades: [Batch.Trade(sold: 1, wanted: 0, amount: 300)], isComplete: true,
            transactions: [
                offer, .payment(account: 1, sequence: 2, to: 3, asset: 4, amount: 5),
                .cancellation(of: offer, sequence: 9),
            ])
        let lines = [
            "42455831 01 00 0200 01000000 03000000",
            "0000000001000000 2211000000000000",
            "01 00 0000 2c01000000000000",
            "04030201 05000000 00 06 07 00 00000000 0908000000000000 000000000d0c0b0a",
            "01000000 02000000 01 04 00 00 03000000 0500000000000000 0000000000000000",
            "04030201 09000000 02 06 07 00 05000000 0000000000000000 000000000d0c0b0a",
        ]
        let text = BatchExchange.encode(batch).withUnsafeBytes { bytes in
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(text == lines.joined().filter { $0 != " " })
    }

    /// Rules, prices, earnings, accounts and books after ten proposed blocks from a seed.
    @Test func theStatesDigestAfterTenBlocks() throws {
        let rules = try ExchangeRules(assets: 5, accounts: 100, initialBalance: 1 << 40)
        let start = Machine(rules)
        #expect(start.digest?.hexadecimalText == "bf0ffdb09512ec903d203bee24ef69b34a71ce7091442283845873d2984bbb3c")
        var bench = try ExchangeBench(blockSize: 400)
        bench.rules = rules
        (bench.blocks, bench.warmUp) = (10, 0)
        let result = try bench.run()
        #expect(result.digest == "d5c0d8b6a61ad7c4ca3a46a32f3b70dd77157f65c7dfe6cbf5acfcd0f6cf8eba")
    }
}
