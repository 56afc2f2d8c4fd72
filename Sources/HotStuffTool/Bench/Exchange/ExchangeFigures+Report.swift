import HotStuff

extension ExchangeFigures {
    /// The part of the bare machine's speed that this project is content with.
    static let target = 0.9

    /// The object in the JSON document.
    var json: JSON {
        [
            "block_size": .integer(plan.blockSize),
            "blocks": .integer(plan.blocks),
            "transactions": .integer(transactions),
            "payload_bytes_per_block": .integer(payloadBytes / max(1, plan.blocks)),
            "megabytes_per_s": .rounded(megabytesPerSecond, digits: 1),
            "bare_per_s": .integer(Int(barePerSecond.rounded())),
            "replicated_per_s": .integer(Int(replicatedPerSecond.rounded())),
            "ratio": .rounded(ratio, digits: 3),
            "processor_ratio": .rounded(processorRatio, digits: 3),
            "bare_machine_ms_per_block": Self.json(bare),
            "replicated_machine_ms_per_block": Self.json(machine),
            "processors": [
                "leader_machine": .rounded(machineShare, digits: 3),
                "leader_rest": .rounded(leaderRestShare, digits: 3),
                "processes": .array(
                    processes.map { process in
                        [
                            "role": .string(process.isLeader ? "leader" : "follower"),
                            "share": .rounded(process.share, digits: 3),
                            "ms_per_block": .rounded(
                                process.processor / .milliseconds(1) / Double(plan.blocks), digits: 3),
                        ]
                    }),
            ],
            "others_beside_bare": others.map { .rounded($0.bare, digits: 3) } ?? .null,
            "others_beside_replicas": others.map { .rounded($0.replicated, digits: 3) } ?? .null,
            "leader_executions": .integer(leaderExecutions),
            "is_met": .bool(ratio >= Self.target),
        ]
    }

    private static func json(_ times: MachineTimes) -> JSON {
        [
            "elapsed": .rounded(times.milliseconds(\.elapsed), digits: 3),
            "processor": .rounded(times.milliseconds(\.processor), digits: 3),
            "queued": .rounded(times.milliseconds(\.queued), digits: 3),
            "idle": .rounded(times.milliseconds(\.idle), digits: 3),
        ]
    }

    /// The names of the columns of `row`.
    private static let columns = [
        "a block", "bare/s", "replicated/s", "ratio", "bare: ms of a core", "replicated", "ratio", "waits for a core",
        "cores: its machine", "leader's rest", "followers", "others: bare", "replicated", "MB a block", "MB/s",
    ]

    /// The figures as a line of a table.
    var row: [String] {
        func number(_ value: Double, _ digits: Int) -> String {
            digits == 0 ? "\(Int(value.rounded()))" : JSON.rounded(value, digits: digits).text
        }
        return [
            "\(plan.blockSize)", number(barePerSecond, 0), number(replicatedPerSecond, 0), number(ratio, 3),
            number(bare.milliseconds(\.processor), 2), number(machine.milliseconds(\.processor), 2),
            number(processorRatio, 3), number(machine.milliseconds(\.queued), 2), number(machineShare, 2),
            number(leaderRestShare, 2),
            processes.filter { !$0.isLeader }.map { number($0.share, 2) }.joined(separator: " "),
            others.map { number($0.bare, 2) } ?? "–", others.map { number($0.replicated, 2) } ?? "–",
            number(Double(payloadBytes) / Double(max(1, plan.blocks)) / 1e6, 2), number(megabytesPerSecond, 1),
        ]
    }

    /// A table of all sizes.
    static func table(_ figures: [ExchangeFigures]) -> String {
        let rows = [columns] + figures.map(\.row)
        let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { text, width in String(repeating: " ", count: width - text.count) + text }
                .joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
