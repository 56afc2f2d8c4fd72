/// What the demo found.
struct DemoReport {
    /// How many replicas there were.
    var replicas = 0
    /// The height that all have committed.
    var committedHeight: UInt64 = 0
    /// How many commands were executed.
    var commands = 0
    /// Blocks with commands, per second between the first command sent and the last answered.
    var blocksPerSecond = 0.0
    /// Commands per second in the same time.
    var commandsPerSecond = 0.0
    /// How often the leader changed.
    var viewChanges: UInt64 = 0
    /// Whether the killed replica came back, and caught up.
    var recovered = false
    /// The state's digest of each replica, by number.
    var digests: [String] = []
    /// The digest after executing the input alone.
    var expectedDigest = ""
    /// How many commands each replica has executed.
    var executed: [Int] = []
    /// From first to last.
    var seconds = 0.0

    /// Why the states do not agree; nil if they do.
    var disagreement: String? {
        if let odd = executed.firstIndex(where: { $0 != commands }) {
            return "replica \(odd) has executed \(executed[odd]) commands, not \(commands)"
        }
        if Set(digests).count != 1 { return "the replicas' states differ" }
        if digests.first != expectedDigest {
            return "the replicas agree on a state that the input alone does not lead to"
        }
        return nil
    }

    /// The object that `--json` prints.
    var json: JSON {
        [
            "replicas": .integer(replicas),
            "committed_height": .integer(Int(clamping: committedHeight)),
            "commands": .integer(commands),
            "blocks_per_second": .rounded(blocksPerSecond, digits: 1),
            "commands_per_second": .rounded(commandsPerSecond, digits: 1),
            "view_changes": .integer(Int(clamping: viewChanges)),
            "recovered": .bool(recovered),
            "state_digests": .array(digests.map { .string($0) }),
            "agree": .bool(disagreement == nil),
        ]
    }

    /// The same for people.
    var human: String {
        var lines = digests.enumerated().map { number, digest in "replica \(number)  state \(digest)" }
        lines.append("input alone state \(expectedDigest)")
        lines.append(
            "\(commands) commands, height \(committedHeight), \(viewChanges) view change\(viewChanges == 1 ? "" : "s"), "
                + "\(JSON.rounded(seconds, digits: 1).text) s: \(Int(blocksPerSecond)) blocks/s, "
                + "\(Int(commandsPerSecond)) commands/s")
        lines.append(
            disagreement == nil
                ? "all \(replicas) replicas agree, the restarted one included" : "THE REPLICAS DO NOT AGREE")
        return lines.joined(separator: "\n")
    }
}
