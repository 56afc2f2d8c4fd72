import ArgumentParser
import Foundation
import HotStuff
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// `hotstuff run`: runs one replica until it is told to stop.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run one replica until SIGTERM or SIGINT.",
        discussion: """
            Once the replica can be asked for something, one line on standard output says so and names its control \
            socket. It never makes a log: on a directory without one it runs as a listener. Its log messages go to \
            standard error.
            """)

    @Option(help: ArgumentHelp("The replica's configuration, as testnet writes it.", valueName: "file"))
    var config: String

    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: .hidden)
    var untilStdinCloses = false

    @Option(help: .hidden)
    var witness: String?

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        try output.check()
        LoggingSystem.bootstrap { ReplicaLog(StreamLogHandler.standardError(label: $0)) }
        var configuration = try HotStuff.Configuration(contentsOf: config)
        configuration.logger = Logger(label: "hotstuff")
        configuration.logger[metadataKey: "replica"] = "\(configuration.identity.key)"
        configuration.logger.logLevel = log.logLevel.level
        if let witness {
            let witness = try Witness(writingTo: witness)
            configuration.witness = { message, _ in witness.saw(message) }
        }
        let application: Application
        do {
            application = try Application(configuration.application)
        } catch let error as ToolError {
            throw ToolError("\(config): \(error.message)", remedy: error.remedy)
        }
        var silent = Logger(label: "hotstuff.services")
        silent.logLevel = .critical
        let last = Mutex<ReplicaStatus?>(nil)
        let service = ReplicaService(configuration: configuration, application: application) { status in
            last.withLock { $0 = status }
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: silent))
        if untilStdinCloses { whenStandardInputCloses { Task { await group.triggerGracefulShutdown() } } }
        try await group.run()
        if let status = last.withLock({ $0 }) {
            let key = configuration.identity.key
            try output.publish(
                status.json(of: key), human: "replica \(key) has stopped, committed height \(status.committed.height)")
        }
    }

    /// Calls `body`, once, when whoever started this process is gone.
    private func whenStandardInputCloses(_ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread {
            var chunk = [UInt8](repeating: 0, count: 256)
            while true {
                let count = read(STDIN_FILENO, &chunk, chunk.count)
                if count == 0 || (count < 0 && errno != EINTR) { return body() }
            }
        }
    }
}

extension ReplicaStatus {
    /// Where a replica stood when it stopped.
    fileprivate func json(of key: ValidatorKey) -> JSON {
        .object([
            .init(name: "replica", value: .string(key.base64)),
            .init(name: "epoch", value: .integer(Int(clamping: epoch.rawValue))),
            .init(name: "view", value: .integer(Int(clamping: view.rawValue))),
            .init(name: "committed_height", value: .integer(Int(clamping: committed.height.rawValue))),
            .init(name: "committed_block", value: .string(committed.block.hexadecimalText)),
            .init(name: "executed_height", value: .integer(Int(clamping: executed.rawValue))),
        ])
    }
}

/// What replicas log: the same option wherever there are some.
struct LogOptions: ParsableArguments {
    @Option(help: "The least important messages that a replica logs.")
    var logLevel = LogLevel.notice
}

/// A level of log messages, as it is named on the command line.
enum LogLevel: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// From the least important to the most.
    case trace, debug, info, notice, warning, error, critical

    /// The level.
    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .notice }
}
