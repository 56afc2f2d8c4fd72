import Foundation
import HotStuff
import HotStuffCore
import HotStuffStorage
import KeyValue

/// Measures how long a replica of the key-value store, with tables of its own, takes to come back, whatever its log's
/// length.
struct RecoveryBench {
    /// What a log of one length came to.
    struct Row {
        let blockCount: Int
        /// Milliseconds from opening to what a replica needs to vote, its machine recovered, ten times.
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

    /// Makes a log of so many small committed blocks, and three above them, and the machine's tables as a crash at the worst
    /// moment leaves them: all but a batch behind the log.
    ///
    /// - Parameter progress: told how many there are.
    /// - Returns: its directory.
    func makeLog(blockCount: Int, progress: (Int) -> Void) throws -> String {
        let path = "\(directory)/recovery-\(blockCount)"
        var chain = try SampleChain()
        try ReplicaStore.format(directory: path, genesis: chain.genesis, key: chain.key)
        let store = try ReplicaStore.open(directory: path, genesis: chain.genesis, key: chain.key)
        defer { store.close() }
        var (count, waiting) = (0, [LogPosition]())
        /// Goes on up to so many blocks, of which the last is not committed.
        func grow(to total: Int) throws {
            while count < total {
                let blocks = try (0..<min(500, total - count)).map { try chain.next(Self.payload(count + $0)) }
                guard let last = blocks.last else { break }
                count += blocks.count
                let positions = waiting + blocks.dropLast().map(\.position)
                waiting = [last.position]
                var writes: [LogWrite] = blocks.map { .block($0) } + [.record(chain.record)]
                if !positions.isEmpty { writes.append(chain.commit(positions, above: last)) }
                try store.apply([writes])
                progress(count)
            }
        }
        try grow(to: max(1, blockCount + 2 - OverlayStore.Batch().blocks))
        let machine = try Self.recoveredMachine(path, store)
        try machine.close()
        try grow(to: blockCount + 1)
        let above = try (0..<2).map { LogWrite.block(try chain.next(Self.payload(count + $0))) }
        try store.apply([above + [.record(chain.record)]])
        return path
    }

    /// A batch of one command, of about 200 bytes: each sets a key of its own.
    private static func payload(_ number: Int) -> Payload {
        let command = "set key.\(number) \(String(repeating: "x", count: 140))".payload
        return Payload { writer in
            writer.append(UInt64(number % 64))
            writer.append(UInt64(number))
            writer.append(UInt32(command.count))
            writer.append(command)
        }
    }

    /// The machine of a log, once it has recovered from it.
    private static func recoveredMachine(
        _ path: String, _ store: ReplicaStore
    ) throws -> CommandBlocks<StoredKeyValue> {
        let directory = "\(path)/machine"
        let context = StateMachineContext(
            signals: MachineSignals {}, payloadLimit: store.genesis.payloadLimit, appliedBlockLimit: 1,
            directory: directory, commands: CommandQueue(clock: { .zero }, signalWork: {}))
        var machine = CommandBlocks(try StoredKeyValue(directory: directory), context: context)
        try machine.recover(from: CommittedLog(store.reader(), applicationData: store.genesis.applicationData))
        return machine
    }

    /// Opens a log again and again; to be run in a process of its own, whose memory is that of an open log.
    ///
    /// From opening the environment to all that a replica needs to vote and to go on: the lock, the sync before anything
    /// is read, the checks, the log's recovery, the machine's tables, and its recovery.
    static func measureOpening(_ path: String) throws -> JSON {
        let chain = try SampleChain()
        /// Anonymous memory while all is open.
        var resident: Int?
        func time() throws -> Double {
            let clock = ReplicaClock.monotonic
            let begin = clock.now
            let store = try ReplicaStore.open(directory: path, genesis: chain.genesis, key: chain.key)
            defer { store.close() }
            guard try store.recover().uncommitted.count == 3 else {
                throw ToolError("the log lacks blocks", remedy: "report this")
            }
            let machine = try recoveredMachine(path, store)
            let end = clock.now
            guard machine.stateDigest != nil else { throw ToolError("there is no state", remedy: "report this") }
            resident = anonymousMemory()
            // Dropped and not closed: the next one finds the tables as they are now.
            return (end - begin) / .milliseconds(1)
        }
        _ = try dropFromMemory("\(path)/machine/data.mdb")
        let size = try dropFromMemory("\(path)/log/data.mdb")
        let cold = try time()
        let times = try (0..<rounds).map { _ in JSON.number(try time()) }
        return [
            "open_ms": .array(times), "cold_ms": .number((cold * 1e6).rounded() / 1e6), "log_bytes": .integer(size),
            "resident_bytes": resident.map { .integer($0) } ?? .null,
        ]
    }

    /// Takes a file out of the system's memory, so that it is read from the disk; its size.
    private static func dropFromMemory(_ path: String) throws -> Int {
        let file = open(path, O_RDWR | O_CLOEXEC)
        defer { close(file) }
        // Written pages stay in memory until they are on the disk.
        guard file >= 0, fsync(file) == 0 else { throw ToolError("cannot sync \(path)", remedy: "look at the disk") }
        #if canImport(Glibc)
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
        #endif
        return Int(lseek(file, 0, SEEK_END))
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
