import Foundation
import Testing

/// The checked-in texts of `Vectors/`; `HOTSTUFF_REWRITE_VECTORS=1` writes them anew, which is a change of format and
/// needs a line in the CHANGELOG.
enum WireVectors {
    static func compare(_ text: String, with name: String) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Vectors/\(name)")
        if ProcessInfo.processInfo.environment["HOTSTUFF_REWRITE_VECTORS"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let stored = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        guard stored != text else { return }
        let lines = stored.split(separator: "\n", omittingEmptySubsequences: false)
        let newLines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, (old, new)) in zip(lines, newLines).enumerated() where old != new {
            Issue.record("\(name), line \(number + 1):\n  stored \(old)\n  now    \(new)")
            return
        }
        Issue.record("\(name) has \(lines.count) lines, and would have \(newLines.count)")
    }
}
