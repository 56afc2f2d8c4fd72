import ArgumentParser
import Foundation
import HotStuff
import HotStuffStorage

/// `hotstuff log`: looks at a replica's log, and looks after it.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Look at a replica's log, and look after it.",
        discussion: """
            info, list, show, verify and backup may be used while the replica runs; the others need it stopped, and say so.
            """,
        subcommands: [
            LogInfoCommand.self, LogListCommand.self, LogShowCommand.self, LogVerifyCommand.self,
            LogCompactCommand.self, LogBackupCommand.self, LogRestoreCommand.self, LogExportCommand.self,
            LogImportCommand.self, LogTruncateCommand.self,
        ])
}

/// Which log a command is about.
struct LogPlace: ParsableArguments {
    @Option(help: ArgumentHelp("The replica's data directory, in which `log` is.", valueName: "directory"))
    var data: String

    @Option(
        help: ArgumentHelp(
            "The replica's configuration; without it, config.json beside the data directory.", valueName: "file"))
    var config: String?

    /// The log, for reading.
    func open() throws -> StoredLog { try StoredLog(directory: data) }

    /// The configuration; nil if none was named, and there is none beside the data.
    func configuration() throws -> HotStuff.Configuration? {
        if let config { return try HotStuff.Configuration(contentsOf: config) }
        let beside = URL(fileURLWithPath: data).deletingLastPathComponent().appendingPathComponent("config.json").path
        return FileManager.default.fileExists(atPath: beside) ? try HotStuff.Configuration(contentsOf: beside) : nil
    }

    /// The configuration, where nothing can be done without it.
    func neededConfiguration() throws -> HotStuff.Configuration {
        guard let configuration = try configuration() else {
            throw ToolError(
                "there is no config.json beside \(data)", remedy: "name the replica's configuration with --config")
        }
        return configuration
    }

    /// The log, for changing it: the replica must be stopped.
    func openAlone() throws -> ReplicaStore {
        let configuration = try neededConfiguration()
        return try ReplicaStore.open(
            directory: data, genesis: configuration.genesis, key: configuration.identity.key)
    }
}

/// `hotstuff log info`: what a log is and how much is in it.
struct LogInfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Say what a log is and how much is in it.")

    @OptionGroup var place: LogPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let facts = try place.open().facts()
        let configuration = try place.configuration()
        try output.publish(Self.json(facts, configuration), human: Self.human(facts, configuration))
    }

    private static func json(_ facts: LogFacts, _ configuration: HotStuff.Configuration?) -> JSON {
        [
            "format": .integer(Int(facts.formatVersion)), "chain": .string(facts.chainID.hexadecimalText),
            "replica": .string(facts.replica.base64), "tip": .position(facts.tip),
            "first_height": .height(facts.firstHeight), "uncommitted": .integer(facts.uncommittedCount),
            "retention": configuration.map { .string("\($0.retention)") } ?? .null,
            "served_blocks": configuration.map { .integer($0.servedBlocks) } ?? .null,
            "epoch": .integer(Int(clamping: facts.epoch.epoch.rawValue)), "may_vote": .bool(facts.mayVote),
            "last_voted": facts.record.lastVoted.map { .height($0.height) } ?? .null,
            "view": .integer(Int(clamping: facts.record.view.rawValue)),
            "transaction": .integer(Int(clamping: facts.transaction)),
            "file_bytes": .integer(facts.fileSize.bytes), "used_bytes": .integer(facts.usedSize.bytes),
            "map_bytes": .integer(facts.mapSize.bytes), "reader_lag": .integer(facts.readerLag),
            "tables": .array(
                facts.tables.map {
                    [
                        "name": .string($0.name), "entries": .integer($0.entryCount),
                        "bytes": .integer($0.size.bytes),
                    ]
                }),
        ]
    }

    private static func human(_ facts: LogFacts, _ configuration: HotStuff.Configuration?) -> String {
        let voted = facts.record.lastVoted.map { "height \($0.height) in view \($0.view)" } ?? "nothing"
        var lines = [
            "chain          \(facts.chainID.hexadecimalText)", "replica        \(facts.replica.base64)",
            "committed      \(facts.firstHeight) to \(facts.tip.height), tip \(facts.tip.block.hexadecimalText)",
            "keeps          "
                + (configuration.map { "\($0.retention), and \($0.servedBlocks) blocks for peers in any case" }
                    ?? "not known without the replica's configuration"),
            "uncommitted    \(facts.uncommittedCount) blocks above the tip",
            "voted for      \(voted); in view \(facts.record.view)\(facts.mayVote ? "" : "; may not vote")",
            "file           \(facts.fileSize), of which \(facts.usedSize) are in use; format \(facts.formatVersion)",
            "readers        the oldest lags \(facts.readerLag) commits behind", "",
        ]
        for table in facts.tables {
            let name = table.name.padding(toLength: 14, withPad: " ", startingAt: 0)
            lines.append("\(name) \(table.entryCount) entries, \(table.size)")
        }
        return lines.joined(separator: "\n")
    }
}

extension JSON {
    /// A height.
    static func height(_ height: Height) -> JSON { .integer(Int(clamping: height.rawValue)) }

    /// A height and a hash.
    static func position(_ position: LogPosition) -> JSON {
        ["height": .height(position.height), "hash": .string(position.block.hexadecimalText)]
    }
}
