import ArgumentParser
import Foundation

/// Options of commands that run replicas of their own.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to make the network, which then stays; without it, a directory that is removed in the end.",
            valueName: "directory"))
    var directory: String?

    @OptionGroup var log: LogOptions

    /// The place of a command's network, or of one of its networks: then a directory in the one that was named.
    func makePlace(_ command: String, _ network: String? = nil) throws -> WorkingDirectory {
        let named = directory.map { directory in network.map { "\(directory)/\($0)" } ?? directory }
        return try WorkingDirectory(named, prefix: "hotstuff-\(command)")
    }
}

/// A directory for a command's replicas: one that the user named, which stays, or one that goes with this value.
final class WorkingDirectory {
    /// Its path.
    let path: String
    private let isTemporary: Bool

    /// The directory that the user named; nil for a new one, below the system's for temporary files.
    init(_ named: String?, prefix: String) throws {
        if let named {
            path = named
            isTemporary = false
            return
        }
        var base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        while base.count > 1, base.hasSuffix("/") { base.removeLast() }
        var template = Array("\(base)/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ToolError(
                system: "cannot make a directory in \(base)",
                remedy: "name one that this user may write to, with --directory")
        }
        path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        isTemporary = true
    }

    deinit { if isTemporary { try? FileManager.default.removeItem(atPath: path) } }
}
