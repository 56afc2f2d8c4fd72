import HotStuffSimulator

/// What the runs came to, in sum.
struct SimulationFigures: Sendable {
    /// How many seeds were run.
    private(set) var seeds = 0
    /// How many of them broke a promise.
    private(set) var violations = 0
    /// Blocks that committed.
    private(set) var blocks = 0
    private var payloads: [Int] = []
    private var faultCounts: [Int] = []
    private var faultKinds: [Int] = []
    private var simulated = Duration.zero
    private var faults: [(name: String, count: Int)] = []
    /// Of all traces, in whatever order the runs ended.
    private var digest: UInt64 = 0
    /// How long it took.
    var wall = Duration.zero

    /// Counts a run.
    mutating func add(_ run: SeedRun) {
        seeds += 1
        if run.violation != nil { violations += 1 }
        blocks += run.blocks
        payloads.append(run.payloads)
        simulated += run.simulated
        digest &+= run.digest
        faultKinds.append(run.faults.count)
        faultCounts.append(run.faults.reduce(0) { $0 + ($1.isOfMessages ? 1 : $1.count) })
        for fault in run.faults {
            if let place = faults.firstIndex(where: { $0.name == fault.name }) {
                faults[place].count += fault.count
            } else {
                faults.append((fault.name, fault.count))
            }
        }
    }

    private static func median(_ counts: [Int]) -> Int { counts.isEmpty ? 0 : counts.sorted()[counts.count / 2] }

    private static func seconds(_ duration: Duration) -> JSON {
        let parts = duration.components
        return .rounded(Double(parts.seconds) + Double(parts.attoseconds) / 1e18, digits: 2)
    }

    /// The object that `--json` prints.
    var json: JSON {
        [
            "seeds": .integer(seeds),
            "violations": .integer(violations),
            "blocks_committed": .integer(blocks),
            "median_payload_blocks": .integer(Self.median(payloads)),
            "median_faults": .integer(Self.median(faultCounts)),
            "median_fault_kinds": .integer(Self.median(faultKinds)),
            "faults_injected": .object(
                faults.sorted { $0.name < $1.name }.map { JSON.Member(name: $0.name, value: .integer($0.count)) }),
            "simulated_seconds": Self.seconds(simulated),
            "wall_seconds": Self.seconds(wall),
            "trace_digest": .string(String(digest, radix: 16)),
        ]
    }

    /// The same for people.
    var human: String {
        let kinds = faults.sorted { $0.name < $1.name }.map { "  \($0.name.replacing("_", with: " ")): \($0.count)" }
        return """
            seeds         \(seeds), the median one with \(Self.median(payloads)) payload blocks, \
            \(Self.median(faultCounts)) faults of \(Self.median(faultKinds)) kinds
            violations    \(violations)
            blocks        \(blocks)
            simulated     \(Self.seconds(simulated).text) s
            took          \(Self.seconds(wall).text) s
            trace digest  \(String(digest, radix: 16))
            faults
            \(kinds.joined(separator: "\n"))
            """
    }
}
