import Foundation
import HotStuffCore
import HotStuffStorage

/// Measures how long a log takes to open, whatever its length.
struct RecoveryBench {
    /// What a log of one length came to.
    struct Row {
        let blockCount: Int
        /// Milliseconds from opening to what a replica needs to vote, ten times.
        let openTimes: [Double]
        /// The same, once, with nothing of the file in memory.
        let coldTime: Double
        let fileSize: Int
        /// Anonymous memory of the process that opened the log, while it was open; nil where the system does not say.
        let residentSize: Int?

        /// The median of `openTimes`.
        var openTime: Double { openTimes.sorted()[openTimes.count / 2] }

        /// As a line for people has it.
        var human: String {
            let resident = residentSize.map { "\($0 >> 10) KB" } ?? "unknown"
            return String(
                format: "%9d blocks   open %7.3f ms   cold %7.3f ms   file %6.1f MB   anonymous memory ", blockCount,
                openTime, coldTime, Double(fileSize) / 1e6) + resident
        }

        /// As programs read it.
        var json: JSON {
            [
                "blocks": .integer(blockCount), "open_ms": .rounded(openTime, digits: 3),
                "cold_ms": .rounded(coldTime, digits: 3), "log_bytes": .integer(fileSize),
                "resident_bytes": residentSize.map { .integer($0) } ?? .null,
            ]
        }
    }

    /// Where the logs are made, and removed.
    let directory: String

    /// How often a log is opened.
    private static let rounds = 10

    /// Makes a log of so many small committed blocks, and three above them.
    ///
    /// - Parameter progress: told how many there are.
    /// - Returns: its directory.
    func makeLog(blockCount: Int, progress: (Int) -> Void) throws -> String {
        let path = "\(directory)/recovery-\(blockCount)"
        var chain = try SampleChain()
        try ReplicaStore.format(directory: path, genesis: chain.genesis, key: chain.key)
        let store = try ReplicaStore.open(directory: path, genesis: chain.genesis, key: chain.key)
        defer { store.close() }
        let payload = Payload { $0.append(Array(repeating: UInt8(7), count: 200)) }
        var (count, waiting) = (0, [LogPosition]())
        while count < blockCount + 1 {
            let blocks = try (0..<min(500, blockCount + 1 - count)).map { _ in try chain.next(payload) }
            guard let last = blocks.last else { break }
            count += blocks.count
            let positions = waiting + blocks.dropLast().map(\.position)
            waiting = [last.position]
            var writes: [LogWrite] = blocks.map { .block($0) } + [.record(chain.record)]
            if !positions.isEmpty { writes.append(chain.commit(positions, above: last)) }
            try store.apply([writes])
            progress(count)
        }
        let above = try (0..<2).map { _ in LogWrite.block(try chain.next(payload)) }
        try store.apply([above + [.record(chain.record)]])
        return path
    }

    /// Opens a log again and again; to be run in a process of its own, whose memory is that of an open log.
    ///
    /// From opening the environment to all that a replica needs to vote: the lock, the sync before anything is read, the
    /// checks, and recovery.
    static func measureOpening(_ path: String) throws -> JSON {
        let chain = try SampleChain()
        func time() throws -> (Double, ReplicaStore) {
            var store: ReplicaStore?
            let seconds = try measure {
                let opened = try ReplicaStore.open(directory: path, genesis: chain.genesis, key: chain.key)
                guard try opened.recover().uncommitted.count == 3 else {
                    throw ToolError("the log lacks blocks", remedy: "report this")
                }
                store = opened
            }
            guard let store else { throw ToolError("the log was not opened", remedy: "report this") }
            return (seconds * 1e3, store)
        }
        // Written pages stay in memory until they are on the disk.
        let file = open("\(path)/log/data.mdb", O_RDWR | O_CLOEXEC)
        guard file >= 0, fsync(file) == 0 else { throw ToolError("cannot sync \(path)", remedy: "look at the disk") }
        #if canImport(Glibc)
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
        #endif
        let size = lseek(file, 0, SEEK_END)
        close(file)
        var (cold, store) = try time()
        var times: [JSON] = []
        for _ in 0..<rounds {
            store.close()
            let (milliseconds, opened) = try time()
            times.append(.number(milliseconds))
            store = opened
        }
        defer { store.close() }
        cold = (cold * 1e6).rounded() / 1e6
        return [
            "open_ms": .array(times), "cold_ms": .number(cold), "log_bytes": .integer(Int(size)),
            "resident_bytes": anonymousMemory().map { .integer($0) } ?? .null,
        ]
    }

    /// How much memory this process has that is no file's.
    static func anonymousMemory() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("Anonymous:") {
            let number = line.split(separator: " ").dropFirst().first
            return number.flatMap { Int($0) }.map { $0 << 10 }
        }
        return nil
    }

    /// The row of a log that another process has opened.
    static func row(blockCount: Int, of answer: Data) throws -> Row {
        guard let values = try JSONSerialization.jsonObject(with: answer) as? [String: any Sendable],
            let times = values["open_ms"] as? [Double], let cold = values["cold_ms"] as? Double,
            let size = values["log_bytes"] as? Int
        else { throw ToolError("the measuring process said something else", remedy: "report this") }
        return Row(
            blockCount: blockCount, openTimes: times, coldTime: cold, fileSize: size,
            residentSize: values["resident_bytes"] as? Int)
    }
}
