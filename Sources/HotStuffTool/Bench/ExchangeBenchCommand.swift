import ArgumentParser
import BatchExchange
import Foundation

/// `hotstuff bench exchange`: how fast the bare BatchExchange example proposes and validates.
struct ExchangeBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange", abstract: "Measure the BatchExchange example alone, over block sizes.",
        discussion: """
            One machine proposes blocks of synthetic trading data, another executes what it proposed; there is no \
            consensus, network or log. The books are filled by as many blocks before anything counts. Times of the \
            processor are for all threads in sum; on a busy machine they say more than the clock.
            """)

    @Option(help: ArgumentHelp("Transactions a block.", valueName: "count,count"), transform: numbers)
    var sizes = [1_000, 10_000, 100_000, 500_000]

    @Option(help: ArgumentHelp("How many blocks to measure, instead of a million transactions.", valueName: "count"))
    var blocks: Int?

    @Option(help: ArgumentHelp("Threads to work with: 1, or as many as there are cores.", valueName: "count"))
    var workers = 1

    @Option(help: ArgumentHelp("Where the trading data starts.", valueName: "number"))
    var seed: UInt64 = 1

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !sizes.isEmpty, sizes.allSatisfy({ (1...1_000_000).contains($0) }) else {
            throw ValidationError("--sizes are 1 to 1000000")
        }
        guard (1...1_000_000).contains(blocks ?? 1) else { throw ValidationError("--blocks is 1 to 1000000") }
        guard (1...1_024).contains(workers) else { throw ValidationError("--workers is 1 to 1024") }
    }

    func run() throws {
        try output.check()
        let progress = Progress(descriptor: STDERR_FILENO)
        var rows: [Row] = []
        for size in sizes {
            var bench = try ExchangeBench(blockSize: size)
            if let blocks { (bench.blocks, bench.warmUp) = (blocks, blocks) }
            (bench.workers, bench.seed) = (workers, seed)
            let row = Row(bench: bench, result: try bench.run())
            progress.say(row.human)
            rows.append(row)
        }
        progress.end()
        try output.publish(
            ["bench": "exchange", "workers": .integer(workers), "rows": .array(rows.map(\.json))],
            human: rows.map(\.human).joined(separator: "\n"))
    }

    /// What one block size came to.
    private struct Row {
        let bench: ExchangeBench
        let result: ExchangeBench.Result

        var human: String {
            String(
                format: "%7d a block   proposing %8.0f/s, processor %8.0f/s   validating %8.0f/s, processor %8.0f/s   "
                    + "%5d queries a block   %3d of %3d complete   %d open offers",
                bench.blockSize, result.proposing.perSecond(result.transactions),
                result.proposing.perProcessorSecond(result.transactions),
                result.validating.perSecond(result.transactions),
                result.validating.perProcessorSecond(result.transactions), result.queries / bench.blocks,
                result.complete, bench.blocks, result.openOffers)
        }

        var json: JSON {
            [
                "block_size": .integer(bench.blockSize), "blocks": .integer(bench.blocks),
                "transactions": .integer(result.transactions), "payload_bytes": .integer(result.bytes),
                "proposing": times(result.proposing), "validating": times(result.validating),
                "queries": .integer(result.queries), "complete": .integer(result.complete),
                "open_offers": .integer(result.openOffers), "state_digest": .string(result.digest),
            ]
        }

        private func times(_ time: MeasuredTime) -> JSON {
            [
                "per_s": .rounded(time.perSecond(result.transactions), digits: 0),
                "per_processor_s": .rounded(time.perProcessorSecond(result.transactions), digits: 0),
                "ms_per_block": .rounded(time.elapsed / .milliseconds(1) / Double(bench.blocks), digits: 3),
                "processor_ms_per_block": .rounded(
                    time.processor / .milliseconds(1) / Double(bench.blocks), digits: 3),
            ]
        }
    }
}
