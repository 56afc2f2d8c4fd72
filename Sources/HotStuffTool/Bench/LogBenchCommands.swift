import ArgumentParser
import Foundation

/// `hotstuff bench log`: how fast the log takes blocks.
struct LogBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Measure how fast the log takes blocks, beside a plain file.",
        discussion: """
            Groups of blocks, each with the vote for it, become one synced transaction, as in a replica; the same headers \
            and payloads go to a plain file that is synced once a group (fdatasync), in turn. Blocks are dropped behind, so \
            that both files are written over again and again; nothing counts before they have been once.
            """)

    @Option(help: ArgumentHelp("About how long to measure each row.", valueName: "seconds"))
    var seconds = 1.0

    @Option(help: ArgumentHelp("Payload sizes.", valueName: "bytes,bytes"), transform: numbers)
    var sizes = LogBench.sizes

    @Option(help: ArgumentHelp("How many blocks share a sync.", valueName: "count,count"), transform: numbers)
    var groups = LogBench.groups

    @Option(help: ArgumentHelp("Where to make the files; on the disk that is to be measured.", valueName: "directory"))
    var directory: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0.01...600).contains(seconds) else { throw ValidationError("--seconds is 0.01 to 600") }
        guard !sizes.isEmpty, sizes.allSatisfy({ (8...LogBench.groupLimit).contains($0) }) else {
            throw ValidationError("--sizes are 8 to \(LogBench.groupLimit)")
        }
        guard !groups.isEmpty, groups.allSatisfy({ (1...1_024).contains($0) }) else {
            throw ValidationError("--groups are 1 to 1024")
        }
    }

    func run() throws {
        try output.check()
        let place = try WorkingDirectory(directory, prefix: "hotstuff-bench-log")
        try FileManager.default.createDirectory(atPath: place.path, withIntermediateDirectories: true)
        let bench = LogBench(directory: place.path, seconds: seconds)
        let progress = Progress(descriptor: STDERR_FILENO)
        var rows: [LogBench.Row] = []
        for size in sizes {
            for group in groups where size * group <= LogBench.groupLimit {
                let row = try bench.row(payloadSize: size, groupSize: group)
                progress.say(row.human)
                rows.append(row)
            }
        }
        progress.end()
        try output.publish(
            ["bench": "log", "rows": .array(rows.map(\.json))], human: rows.map(\.human).joined(separator: "\n"))
    }
}

/// `hotstuff bench recovery`: how long a replica takes to come back, whatever its log's length.
struct RecoveryBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery", abstract: "Measure how long a replica with a log of each length takes to come back.",
        discussion: """
            From opening the log to all that a replica needs to vote and to go on: the lock, the sync before anything is \
            read, every check of a start, the log's recovery, and that of a key-value store with tables of its own, which \
            are as far behind the log as a crash can leave them. The median of ten, in a process of its own for each \
            length, and once before that with nothing of the files in memory.
            """)

    @Option(help: ArgumentHelp("How many blocks the logs have.", valueName: "count,count"), transform: numbers)
    var blocks = [1_000, 10_000, 100_000]

    @Option(help: ArgumentHelp("Where to make the logs; on the disk that is to be measured.", valueName: "directory"))
    var directory: String?

    @Option(help: .hidden)
    var open: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !blocks.isEmpty, blocks.allSatisfy({ (1...100_000_000).contains($0) }) else {
            throw ValidationError("--blocks are 1 to 100000000")
        }
    }

    func run() throws {
        if let open { return StandardOutput.write(try RecoveryBench.measureOpening(open).text) }
        try output.check()
        let place = try WorkingDirectory(directory, prefix: "hotstuff-bench-recovery")
        try FileManager.default.createDirectory(atPath: place.path, withIntermediateDirectories: true)
        let bench = RecoveryBench(directory: place.path)
        let progress = Progress(descriptor: STDERR_FILENO)
        var rows: [RecoveryBench.Row] = []
        for count in blocks {
            let path = try bench.makeLog(blockCount: count) { made in progress.show { "\(made) of \(count) blocks" } }
            let row = try RecoveryBench.row(blockCount: count, of: try measureElsewhere(path))
            progress.say(row.human)
            rows.append(row)
            try FileManager.default.removeItem(atPath: path)
        }
        progress.end()
        try output.publish(
            ["bench": "recovery", "rows": .array(rows.map(\.json))], human: rows.map(\.human).joined(separator: "\n"))
    }

    private func measureElsewhere(_ path: String) throws -> Data {
        let process = Process()
        let answer = Pipe()
        process.executableURL = URL(fileURLWithPath: try Cluster.ownProgram)
        process.arguments = ["bench", "recovery", "--open", path]
        process.standardOutput = answer
        try process.run()
        let data = answer.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ToolError("the measuring process failed", remedy: "see what it said above")
        }
        return data
    }
}

/// `hotstuff bench retention`: what a running replica's log grows to of which only the last blocks are kept.
struct RetentionBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Measure what a running replica's log grows to of which only the last blocks are kept.")

    @Option(help: ArgumentHelp("How many small blocks to commit.", valueName: "count"))
    var blocks = 1_000_000

    @Option(help: ArgumentHelp("How many of the last ones to keep.", valueName: "count"))
    var keep: UInt64 = 10_000

    @Option(help: ArgumentHelp("Where to make the replica's files.", valueName: "directory"))
    var directory: String?

    @Option(help: ArgumentHelp("Draw file and memory over the blocks, to an SVG file.", valueName: "file"))
    var plot: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1_000...100_000_000).contains(blocks) else { throw ValidationError("--blocks is 1000 to 100000000") }
        guard keep >= 1 else { throw ValidationError("--keep is 1 or more") }
    }

    func run() async throws {
        try output.check()
        if let plot { try OutputFile.check(plot) }
        let place = try WorkingDirectory(directory, prefix: "hotstuff-bench-retention")
        try FileManager.default.createDirectory(atPath: place.path, withIntermediateDirectories: true)
        let progress = Progress(descriptor: STDERR_FILENO)
        let bench = RetentionBench(directory: place.path, blockCount: blocks, kept: keep)
        let result = try await bench.run { sample in
            progress.show { "\(sample.blockCount) blocks, \(sample.fileSize >> 10) KB" }
        }
        progress.end()
        if let plot {
            let title = "One replica, the last \(keep) blocks kept"
            try OutputFile.write(RetentionPlot(samples: result.samples, title: title).svg.document, to: plot)
        }
        let lines = result.samples.map { sample in
            let memory = sample.residentSize.map { "\($0 >> 10) KB" } ?? "unknown"
            return "\(sample.blockCount) blocks   file \(sample.fileSize >> 10) KB   anonymous memory \(memory)"
        }
        let rate = JSON.rounded(result.blocksPerSecond, digits: 1)
        let times: [(name: String, part: Double)] = [("p50", 0.5), ("p99", 0.99), ("longest", 1)]
        let commits = times.map { "\($0.name) \(result.milliseconds($0.part).text) ms" }.joined(separator: ", ")
        let summary = "\(rate.text) blocks/s; doPropose() to committed: \(commits)"
        try output.publish(
            [
                "bench": "retention", "keep": .integer(Int(clamping: keep)),
                "blocks_per_second": rate,
                "commit_ms": .object(times.map { .init(name: $0.name, value: result.milliseconds($0.part)) }),
                "samples": .array(result.samples.map(\.json)),
            ], human: (lines + [summary]).joined(separator: "\n"))
    }
}

/// Whole numbers separated by commas.
func numbers(_ text: String) throws -> [Int] {
    try text.split(separator: ",").map { part in
        guard let number = Int(part) else { throw ValidationError("\(part) is no whole number") }
        return number
    }
}
