internal import HotStuffCore

/// The bytes of a batch: integers least significant byte first, every length before what it counts, nothing after.
///
/// | bytes | holds |
/// |---|---|
/// | 4 | `BEX1` |
/// | 1 | 1 if the clearing is complete, else 0 |
/// | 1 | 0 |
/// | 2 | how many prices |
/// | 4 | how many trades |
/// | 4 | how many transactions |
/// | 8 each | prices |
/// | 12 each | trades: sold, wanted, two bytes of 0, amount |
/// | 32 each | transactions: account 4, sequence 4, kind 1, asset 1, other asset 1, 0, counterpart 4, amount 8, limit 8 |
enum BatchCoding {
    private static let mark: UInt32 = 0x3158_4542
    private static let headerSize = 16
    private static let priceSize = 8
    private static let tradeSize = 12
    private static let transactionSize = 32

    /// How many transactions fit a payload of so many bytes, whatever is traded; at least one.
    static func transactionLimit(in bytes: Int, _ rules: ExchangeRules) -> Int {
        let rest = bytes - headerSize - rules.assets * priceSize - rules.pairs * tradeSize
        return min(max(1, rest / transactionSize), Batch.largestCount)
    }

    /// The bytes of a batch.
    static func encode(_ batch: Batch) -> Payload {
        let size =
            headerSize + batch.prices.count * priceSize + batch.trades.count * tradeSize
            + batch.transactions.count * transactionSize
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        var writer = Writer(memory: memory)
        writer.write(mark)
        writer.write(batch.isComplete ? 1 : 0 as UInt8)
        writer.write(0 as UInt8)
        writer.write(UInt16(batch.prices.count))
        writer.write(UInt32(batch.trades.count))
        writer.write(UInt32(batch.transactions.count))
        for price in batch.prices { writer.write(price) }
        for trade in batch.trades {
            writer.write(trade.sold)
            writer.write(trade.wanted)
            writer.write(0 as UInt16)
            writer.write(trade.amount)
        }
        for transaction in batch.transactions { write(transaction, with: &writer) }
        nonisolated(unsafe) let handedOver = memory  // only the payload has it from here on, and frees it once
        return Payload(adopting: UnsafeRawBufferPointer(memory)) { handedOver.deallocate() }
    }

    /// The batch in these bytes; nil if they are anything else.
    static func decode(_ payload: Payload) -> Batch? {
        payload.withUnsafeBytes { bytes in
            guard let shape = Shape(bytes) else { return nil }
            let (first, second) = (headerSize + shape.prices * priceSize, shape.trades * tradeSize)
            let prices = (0..<shape.prices).map { bytes.load(at: headerSize + $0 * priceSize, as: UInt64.self) }
            var trades: [Batch.Trade] = []
            trades.reserveCapacity(shape.trades)
            for place in 0..<shape.trades {
                let offset = first + place * tradeSize
                guard bytes.load(at: offset + 2, as: UInt16.self) == 0 else { return nil }
                trades.append(
                    Batch.Trade(
                        sold: bytes[offset], wanted: bytes[offset + 1],
                        amount: bytes.load(at: offset + 4, as: UInt64.self)))
            }
            guard let transactions = transactions(bytes, from: first + second, count: shape.transactions) else {
                return nil
            }
            return Batch(
                prices: prices, trades: trades, isComplete: shape.isComplete, transactions: transactions)
        }
    }

    /// Whether `decode` would return a batch; makes none.
    static func accepts(_ payload: Payload) -> Bool {
        payload.withUnsafeBytes { bytes in
            guard let shape = Shape(bytes) else { return false }
            let trades = headerSize + shape.prices * priceSize
            for place in 0..<shape.trades
            where bytes.load(at: trades + place * tradeSize + 2, as: UInt16.self) != 0 { return false }
            let transactions = trades + shape.trades * tradeSize
            for place in 0..<shape.transactions {
                let offset = transactions + place * transactionSize
                guard bytes[offset + 8] <= Transaction.Kind.cancellation.rawValue, bytes[offset + 11] == 0 else {
                    return false
                }
            }
            return true
        }
    }

    /// What the header says, once the length agrees with it.
    private struct Shape {
        let isComplete: Bool
        let prices: Int
        let trades: Int
        let transactions: Int

        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count >= headerSize, bytes.load(at: 0, as: UInt32.self) == mark, bytes[4] <= 1,
                bytes[5] == 0
            else { return nil }
            isComplete = bytes[4] == 1
            prices = Int(bytes.load(at: 6, as: UInt16.self))
            trades = Int(bytes.load(at: 8, as: UInt32.self))
            transactions = Int(bytes.load(at: 12, as: UInt32.self))
            // Before anything is allocated by these counts, which may be an attacker's.
            guard prices <= 256, trades <= 65_536, transactions <= Batch.largestCount,
                bytes.count == headerSize + prices * priceSize + trades * tradeSize + transactions * transactionSize
            else { return nil }
        }
    }

    private static func transactions(_ bytes: UnsafeRawBufferPointer, from start: Int, count: Int) -> [Transaction]? {
        var isWhole = true
        let transactions = [Transaction](unsafeUninitializedCapacity: count) { room, filled in
            while filled < count {
                let offset = start + filled * transactionSize
                guard let kind = Transaction.Kind(rawValue: bytes[offset + 8]), bytes[offset + 11] == 0 else {
                    isWhole = false
                    return
                }
                room.initializeElement(
                    at: filled,
                    to: Transaction(
                        account: bytes.load(at: offset, as: UInt32.self),
                        sequence: bytes.load(at: offset + 4, as: UInt32.self), kind: kind, asset: bytes[offset + 9],
                        otherAsset: bytes[offset + 10], counterpart: bytes.load(at: offset + 12, as: UInt32.self),
                        amount: bytes.load(at: offset + 16, as: UInt64.self),
                        limit: bytes.load(at: offset + 24, as: UInt64.self)))
                filled += 1
            }
        }
        return isWhole ? transactions : nil
    }

    private static func write(_ transaction: Transaction, with writer: inout Writer) {
        writer.write(transaction.account)
        writer.write(transaction.sequence)
        writer.write(transaction.kind.rawValue)
        writer.write(transaction.asset)
        writer.write(transaction.otherAsset)
        writer.write(0 as UInt8)
        writer.write(transaction.counterpart)
        writer.write(transaction.amount)
        writer.write(transaction.limit)
    }

    private struct Writer {
        let memory: UnsafeMutableRawBufferPointer
        var offset = 0

        @inline(__always)
        mutating func write<T: FixedWidthInteger>(_ value: T) {
            memory.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
            offset += MemoryLayout<T>.size
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The integer at `offset`, least significant byte first, however it is aligned.
    @inline(__always)
    fileprivate func load<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type) -> T {
        T(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
