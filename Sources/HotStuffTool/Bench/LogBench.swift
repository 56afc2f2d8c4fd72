import Foundation
import HotStuffCore
import HotStuffStorage

/// Measures how fast the log takes blocks, beside a plain file that takes the same bytes in the same run.
struct LogBench {
    /// The payload sizes and the group sizes; pairs of more than `groupLimit` bytes are left out.
    static let sizes = [200, 10 << 10, 1 << 20, 10 << 20, 64 << 20]
    static let groups = [1, 8, 64]
    /// Bytes of a transaction, which lie in memory until it is synced.
    static let groupLimit = 128 << 20

    /// What one pair of sizes came to.
    struct Row {
        let payloadSize: Int
        let groupSize: Int
        /// How many groups were measured.
        let groupCount: Int
        /// Seconds that the log took for all of them, and for the median one.
        let seconds: (sum: Double, median: Double)
        /// The same of the plain file.
        let plainSeconds: (sum: Double, median: Double)

        private var appends: Double { Double(groupCount * groupSize) }
        /// Blocks a second.
        var appendsPerSecond: Double { appends / seconds.sum }
        /// Payload megabytes a second.
        var megabytesPerSecond: Double { appends * Double(payloadSize) / 1e6 / seconds.sum }
        /// The same of the plain file.
        var plainMegabytesPerSecond: Double { appends * Double(payloadSize) / 1e6 / plainSeconds.sum }

        /// As a line for people has it.
        var human: String {
            String(
                format:
                    "%9d B x %2d   %10.1f appends/s   %8.1f MB/s   plain file %8.1f MB/s   ratio %.2f   median %.3f ms",
                payloadSize, groupSize, appendsPerSecond, megabytesPerSecond, plainMegabytesPerSecond,
                megabytesPerSecond / plainMegabytesPerSecond, seconds.median * 1e3)
        }

        /// As programs read it.
        var json: JSON {
            [
                "payload_bytes": .integer(payloadSize), "group": .integer(groupSize), "groups": .integer(groupCount),
                "appends_per_s": .rounded(appendsPerSecond, digits: 1),
                "mb_per_s": .rounded(megabytesPerSecond, digits: 1),
                "plain_mb_per_s": .rounded(plainMegabytesPerSecond, digits: 1),
                "ratio": .rounded(megabytesPerSecond / plainMegabytesPerSecond, digits: 3),
                "median_ms": .rounded(seconds.median * 1e3, digits: 3),
                "plain_median_ms": .rounded(plainSeconds.median * 1e3, digits: 3),
            ]
        }
    }

    /// Where the files are made, and removed.
    let directory: String
    /// About how long a row is measured.
    let seconds: Double

    /// Measures one pair of sizes.
    func row(payloadSize: Int, groupSize: Int) throws -> Row {
        let path = "\(directory)/log-\(payloadSize)-\(groupSize)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var chain = try SampleChain(maxWindow: 1)
        try ReplicaStore.format(directory: path, genesis: chain.genesis, key: chain.key)
        let store = try ReplicaStore.open(directory: path, genesis: chain.genesis, key: chain.key)
        defer { store.close() }
        let payload = Payload { writer in
            for number in 0..<(payloadSize / 8) { writer.append(UInt64(truncatingIfNeeded: number &* 0x9E37_79B9)) }
            for _ in 0..<(payloadSize % 8) { writer.append(UInt8(1)) }
        }
        var file = try PlainFile(
            path: "\(path)/plain", wrapsAt: max(256 << 10, 4 * (payloadSize + 1_024) * groupSize))
        var (times, plainTimes): ([Double], [Double]) = ([], [])
        var waiting: [LogPosition] = []
        // Both files are written over before anything counts: the log's has its size by then.
        var isWarm = false
        var (rounds, spent) = (0, 0.0)
        while !isWarm || spent < 2 * seconds || times.count < 5 {
            let blocks = try (0..<groupSize).map { _ in try chain.next(payload) }
            var tickets: [[LogWrite]] = blocks.map { [.block($0), .record(chain.record)] }
            let last = blocks[groupSize - 1]
            let positions = waiting + blocks.dropLast().map(\.position)
            if !positions.isEmpty { tickets[groupSize - 1].append(chain.commit(positions, above: last)) }
            waiting = [last.position]
            let time = try measure { try store.apply(tickets) }
            let records = blocks.map { $0.header.encoded() }
            let plainTime = try measure {
                for record in records { try file.append(record, payload) }
                try file.sync()
            }
            // So much is kept that the next group fits into what is free; not part of the measurement.
            while try store.prune(
                .blocks(UInt64(2 * groupSize)),
                within: PruningBounds(neededFrom: Height(.max), served: 0, sizeLimit: .gibibytes(1)), seconds: 0
            ).isUnfinished {}
            rounds += 1
            if !isWarm {
                isWarm = file.hasWrapped && rounds > 12
                continue
            }
            times.append(time)
            plainTimes.append(plainTime)
            spent += time + plainTime
        }
        return Row(
            payloadSize: payloadSize, groupSize: groupSize, groupCount: times.count, seconds: Self.summary(times),
            plainSeconds: Self.summary(plainTimes))
    }

    private static func summary(_ times: [Double]) -> (sum: Double, median: Double) {
        (times.reduce(0, +), times.sorted()[times.count / 2])
    }
}

/// How long `body` takes, in seconds.
func measure(_ body: () throws -> Void) rethrows -> Double {
    let time = try ContinuousClock().measure(body).components
    return Double(time.seconds) + Double(time.attoseconds) / 1e18
}

/// A file that takes records one behind the other, from the start again at its end.
private struct PlainFile: ~Copyable {
    private let number: CInt
    private let end: Int
    private var offset = 0
    private(set) var hasWrapped = false

    init(path: String, wrapsAt end: Int) throws {
        number = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        self.end = end
        guard number >= 0 else { throw ToolError("cannot make \(path)", remedy: "name a directory to write to") }
    }

    deinit { close(number) }

    mutating func append(_ header: [UInt8], _ payload: Payload) throws {
        if offset + header.count + payload.count > end { (offset, hasWrapped) = (0, true) }
        try header.withUnsafeBytes { try write($0) }
        try payload.withUnsafeBytes { try write($0) }
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = pwrite(number, start, rest.count, off_t(offset))
            guard count > 0 else { throw ToolError("cannot write the plain file", remedy: "make room") }
            offset += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func sync() throws {
        #if canImport(Darwin)
        let result = fcntl(number, F_FULLFSYNC)
        #else
        let result = fdatasync(number)
        #endif
        guard result == 0 else { throw ToolError("cannot sync the plain file", remedy: "look at the disk") }
    }
}
