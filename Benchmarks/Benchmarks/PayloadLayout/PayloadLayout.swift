import Foundation
import LMDB

/// Measures how a large payload is best put: as one value, as pieces in one transaction, or as pieces in several.
///
///     cd Benchmarks && swift run -c release PayloadLayout [DIRECTORY]
///
/// Prints a line for each size and layout: the median time of a durable write, the time that a small write waits that
/// comes right after the large one has begun, the time to read it whole into memory of its own, and what the file grows
/// to while 8 of random sizes are kept and the oldest is dropped.
@main
struct PayloadLayout {
    /// How a payload is put.
    enum Layout: String, CaseIterable {
        case whole
        case pieces64K = "64K pieces"
        case pieces1M = "1M pieces"
        case transactions1M = "1M, a transaction each"

        var pieceSize: Int? {
            switch self {
            case .whole: nil
            case .pieces64K: 64 << 10
            case .pieces1M, .transactions1M: 1 << 20
            }
        }
    }

    static func main() throws {
        let parent = CommandLine.arguments.dropFirst().first ?? NSTemporaryDirectory()
        print("size       layout                   write ms   small waits ms   read ms   MB/s")
        for size in [1 << 10, 10 << 10, 100 << 10, 1 << 20, 10 << 20, 64 << 20] {
            for layout in Layout.allCases where size > layout.pieceSize ?? 0 || layout == .whole {
                try measure(size, layout, parent)
            }
        }
        print("\nlayout                   file MB after 300 payloads of 1 KB to 8 MB, 8 kept (largest sum kept)")
        for layout in Layout.allCases { try measureGrowth(layout, parent) }
    }

    private static func measure(_ size: Int, _ layout: Layout, _ parent: String) throws {
        try withStore(parent) { store in
            let payload = [UInt8](repeating: 7, count: size)
            let rounds = max(6, min(200, (256 << 20) / size))
            var (writes, waits, reads): ([Double], [Double], [Double]) = ([], [], [])
            for round in 0..<(rounds + 4) {
                var longest = 0.0
                let write = try time { longest = try store.put(payload, number: round, layout) }
                if round >= 4 { try store.delete(round - 4, size, layout) }
                let read = try time { _ = try store.read(round, size, layout) }
                // The first ones touch what the file has never had.
                guard round >= 4 + rounds / 4 else { continue }
                writes.append(write)
                waits.append(longest)
                reads.append(read)
            }
            let write = median(writes)
            print(
                pad("\(size >> 10) KB", 10), pad(layout.rawValue, 24), pad(format(write), 10),
                pad(format(median(waits)), 16), pad(format(median(reads)), 9),
                format(Double(size) / 1e3 / write))
        }
    }

    /// Keeps 8 payloads of random sizes, as a log does that is pruned.
    private static func measureGrowth(_ layout: Layout, _ parent: String) throws {
        try withStore(parent) { store in
            var state: UInt64 = 42
            var sizes: [Int] = []
            var largest = 0
            for number in 0..<300 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let size = 1 << (10 + Int(state >> 33) % 14)
                sizes.append(size)
                _ = try store.put([UInt8](repeating: 1, count: size), number: number, layout)
                if number >= 8 { try store.delete(number - 8, sizes[number - 8], layout) }
                largest = max(largest, sizes.suffix(8).reduce(0, +))
            }
            let size = try store.environment.information().usedByteCount
            print(pad(layout.rawValue, 24), "\(size >> 20) (\(largest >> 20))")
        }
    }

    private static func withStore(_ parent: String, _ body: (Store) throws -> Void) throws {
        let path = "\(parent)/payload-layout-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let environment = try Environment(
            path: path, options: .init(access: .createIfMissing, mapByteCount: 8 << 30))
        let database = try environment.openDatabase("payloads", createIfMissing: true)
        try body(Store(environment: environment, database: database))
        environment.close()
    }

    private static func time(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        let time = try clock.measure(body).components
        return Double(time.seconds) * 1e3 + Double(time.attoseconds) / 1e15
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    private static func format(_ value: Double) -> String { String(format: "%.2f", value) }
    private static func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
    }

    /// Payloads in one database, under a number and, for pieces, their place.
    struct Store {
        let environment: Environment
        let database: Database

        private func key(_ number: Int, _ piece: Int?) -> [UInt8] {
            let number = withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }
            return piece.map { piece in number + withUnsafeBytes(of: UInt32(piece).bigEndian) { Array($0) } } ?? number
        }

        /// Writes a payload durably; the longest that one transaction took.
        func put(_ payload: [UInt8], number: Int, _ layout: Layout) throws -> Double {
            guard let size = layout.pieceSize else {
                return try PayloadLayout.time {
                    try environment.write { (transaction: inout WriteTransaction) in
                        try transaction.put(
                            payload.span.bytes, for: key(number, nil).span.bytes, in: database, .append)
                    }
                }
            }
            let starts = Array(stride(from: 0, to: payload.count, by: size))
            let groups = layout == .transactions1M ? starts.map { [$0] } : [starts]
            return try groups.reduce(0) { longest, group in
                try max(
                    longest,
                    PayloadLayout.time {
                        try environment.write { (transaction: inout WriteTransaction) in
                            for start in group {
                                let end = min(start + size, payload.count)
                                try transaction.put(
                                    payload.span.extracting(start..<end).bytes,
                                    for: key(number, start / size).span.bytes, in: database, .append)
                            }
                        }
                    })
            }
        }

        /// Copies a payload out.
        func read(_ number: Int, _ size: Int, _ layout: Layout) throws -> [UInt8] {
            let count = layout.pieceSize.map { (size + $0 - 1) / $0 }
            return try environment.read { transaction throws in
                var bytes: [UInt8] = []
                bytes.reserveCapacity(size)
                for piece in 0..<(count ?? 1) {
                    let key = key(number, count == nil ? nil : piece)
                    _ = try transaction.get(key.span.bytes, in: database) { span throws in
                        span.withUnsafeBytes { bytes.append(contentsOf: $0) }
                    }
                }
                return bytes
            }
        }

        func delete(_ number: Int, _ size: Int, _ layout: Layout) throws {
            try environment.write { (transaction: inout WriteTransaction) in
                _ = try transaction.deleteRange(.prefix(key(number, nil)), in: database)
            }
        }
    }
}
