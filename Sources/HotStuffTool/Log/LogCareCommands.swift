import ArgumentParser
import Foundation
import HotStuff
import HotStuffStorage

/// `hotstuff log verify`: looks at everything in a log.
struct LogVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Look at everything in a log.",
        discussion: """
            Each page, each committed block with its hash, payload, place and parent; with a configuration also the \
            certificates that prove the blocks, as a peer would. Exits with 1 if anything is wrong.
            """)

    @OptionGroup var place: LogPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let log = try place.open()
        let genesis = try place.configuration()?.genesis
        let progress = Progress(descriptor: STDERR_FILENO)
        let found = try log.verify(genesis: genesis) { done, all in
            progress.show { "\(Progress.bar(done, of: all)) blocks" }
            return true
        }
        progress.end()
        let heights = "\(found.firstHeight) to \(found.tip.height)"
        var lines = ["\(found.blockCount) blocks, \(heights), with \(found.payloadSize) of payloads"]
        lines.append(
            genesis == nil
                ? "signatures were not looked at: that needs --config"
                : "\(found.provedRunCount) runs proved by certificates")
        lines += found.flaws.map(\.text)
        lines.append(found.flaws.isEmpty ? "nothing is wrong" : "\(found.flaws.count) flaws")
        try output.publish(
            [
                "blocks": .integer(Int(clamping: found.blockCount)), "first_height": .height(found.firstHeight),
                "tip": .position(found.tip), "payload_bytes": .integer(found.payloadSize.bytes),
                "proved_runs": genesis == nil ? .null : .integer(found.provedRunCount),
                "lost_pages": .integer(found.lostPageCount),
                "flaws": .array(
                    found.flaws.map { ["height": $0.height.map { .height($0) } ?? .null, "text": .string($0.text)] }),
            ], human: lines.joined(separator: "\n"))
        guard found.flaws.isEmpty else { throw ExitCode.failure }
    }
}

/// `hotstuff log compact`: gives free pages back.
struct LogCompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Give the free pages of a stopped replica's log back to the file system.")

    @OptionGroup var place: LogPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let done = try place.openAlone().compact()
        try output.publish(
            ["before_bytes": .integer(done.before.bytes), "after_bytes": .integer(done.after.bytes)],
            human: "\(done.before) before, \(done.after) now")
    }
}

/// `hotstuff log backup`: copies a log while its replica runs.
struct LogBackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a replica's log and its state machine's tables, while it may be running.",
        discussion: """
            The copy does not know what the replica signs later, so it may not vote: a replica that is started on it \
            follows as a listener. Use restore to put it in the place of a log that is gone.
            """)

    @Argument(help: "A directory to copy to, without a log in it.")
    var target: String

    @OptionGroup var place: LogPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        try publish(try ReplicaStore.backUp(directory: place.data, to: target), output, "the copy may not vote")
    }
}

/// `hotstuff log restore`: puts a copy in the place of a log that is gone.
struct LogRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a copy where a replica has no log any more.",
        discussion: """
            The replica does not know what it signed since the copy was made, so it first asks the others, and signs \
            nothing until they have told it.
            """)

    @Argument(help: "The directory of the copy.")
    var backup: String

    @OptionGroup var place: LogPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let configuration = try place.neededConfiguration()
        let copy = try ReplicaStore.restore(
            from: backup, to: place.data, genesis: configuration.genesis, key: configuration.identity.key)
        try publish(copy, output, "the replica asks the others before it votes")
    }
}

/// Says what was copied.
private func publish(_ copy: Backup, _ output: OutputOptions, _ consequence: String) throws {
    let machine = copy.hasMachine ? "; the state machine's tables too" : "; the state machine has no tables of its own"
    try output.publish(
        ["tip": .position(copy.tip), "machine": .bool(copy.hasMachine)],
        human: "copied up to height \(copy.tip.height)\(machine); \(consequence)")
}

/// `hotstuff log export`: writes committed blocks to a file.
struct LogExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write committed blocks with their proofs to a file.")

    @Argument(help: "The file, which must not exist.")
    var file: String

    @Option(help: ArgumentHelp("Where to begin.", valueName: "height"))
    var from: UInt64 = 1

    @OptionGroup var place: LogPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        guard let genesis = try place.configuration()?.genesis else {
            throw ToolError("there is no configuration", remedy: "name the replica's with --config")
        }
        let heights = try place.open().export(
            from: Height(from), to: file, commitChainLength: genesis.commitChainLength)
        let text = heights.map { "heights \($0.lowerBound) to \($0.upperBound)" } ?? "no blocks"
        try output.publish(
            [
                "first_height": heights.map { .height($0.lowerBound) } ?? .null,
                "last_height": heights.map { .height($0.upperBound) } ?? .null,
            ], human: "\(text) in \(file)")
    }
}

/// `hotstuff log import`: commits the blocks of an export.
struct LogImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Commit the blocks of an export on top of a stopped replica's log.",
        discussion: "What the file says is checked as if a peer had sent it.")

    @Argument(help: "The file that export wrote.")
    var file: String

    @OptionGroup var place: LogPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let progress = Progress(descriptor: STDERR_FILENO)
        let tip = try place.openAlone().importBlocks(from: file) { height in
            progress.show { "height \(height)" }
        }
        progress.end()
        try output.publish(["tip": .position(tip)], human: "the log reaches up to height \(tip.height)")
    }
}

/// `hotstuff log truncate-to`: takes committed blocks back.
struct LogTruncateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "truncate-to", abstract: "Take a stopped replica's log back to a height.",
        discussion: """
            To the highest block at or below it that the log itself proves. What is taken back is fetched from peers \
            again. The log does not know any more what the replica signed, so the replica asks the others before it votes. \
            Tables that the state machine keeps beside the log stay as they are: if they are ahead of it then, the replica \
            does not start until they are removed, and makes them anew from the log.
            """)

    @Argument(help: "The height.")
    var height: UInt64

    @OptionGroup var place: LogPlace
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let tip = try place.openAlone().truncate(to: Height(height))
        let tables = self.tables
        let hint = tables.map { "; the state machine's tables in \($0) may be ahead of it: remove them if so" } ?? ""
        try output.publish(
            ["tip": .position(tip), "tables": tables.map { .string($0) } ?? .null],
            human: "the log reaches up to height \(tip.height); the replica asks the others before it votes\(hint)")
    }

    /// Where the state machine keeps tables of its own; nil if it does not.
    private var tables: String? {
        let path = "\(place.data)/machine"
        let files = try? FileManager.default.contentsOfDirectory(atPath: path)
        return files?.isEmpty == false ? path : nil
    }
}
