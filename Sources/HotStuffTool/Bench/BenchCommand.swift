import ArgumentParser

/// `hotstuff bench`: measurements that anybody can repeat.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure.",
        subcommands: [
            PipelineCommand.self, HandoverCommand.self, LogBenchCommand.self, RecoveryBenchCommand.self,
            RetentionBenchCommand.self, ExchangeBenchCommand.self,
        ])
}
