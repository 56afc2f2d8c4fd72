import ArgumentParser

/// The command-line tool `hotstuff`: makes networks of replicas, runs them, shows them and measures them.
@main
struct HotStuffTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hotstuff",
        abstract: "Byzantine fault tolerant state machine replication with a leader that runs ahead.",
        subcommands: [
            TestnetCommand.self, RunCommand.self, ForgetCommand.self, DemoCommand.self, BenchCommand.self,
            SimulateCommand.self, LogCommand.self, ReplayCommand.self,
        ])

    static func main() async {
        Allocator.keepFreedMemory()
        await main(nil)
    }
}
