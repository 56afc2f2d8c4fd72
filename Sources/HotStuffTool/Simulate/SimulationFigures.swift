import HotStuffSimulator

/// What the runs came to, in sum.
struct SimulationFigures {
    /// How many seeds were run.
    private(set) var seeds = 0
    /// How many of them broke a promise.
    private(set) var violations = 0
    /// Blocks that committed.
    private(set) var blocks = 0
    private var payloads: [Int] = []
    private var simulated = Duration.zero
    private var faults: [(name: String, count: Int)] = []
    /// How long it took.
    var wall = Duration.zero

    /// Counts a run.
    mutating func add(_ run: SeedRun) {
        seeds += 1
        if run.violation != nil { violations += 1 }
        blocks += run.blocks
        payloads.append(run.payloads)
        simulated += run.simulated
        for fault in run.faults {
            if let place = faults.firstIndex(where: { $0.name == fault.name }) {
                faults[place].count += fault.count
            } else {
                faults.append(fault)
            }
        }
    }

    private var medianPayloads: Int { payloads.isEmpty ? 0 : payloads.sorted()[payloads.count / 2] }

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
            "median_payload_blocks": .integer(medianPayloads),
            "faults_injected": .object(
                faults.sorted { $0.name < $1.name }.map { JSON.Member(name: $0.name, value: .integer($0.count)) }),
            "simulated_seconds": Self.seconds(simulated),
            "wall_seconds": Self.seconds(wall),
        ]
    }

    /// The same for people.
    var human: String {
        """
        seeds         \(seeds)
        violations    \(violations)
        blocks        \(blocks)
        faults        \(faults.reduce(0) { $0 + $1.count })
        simulated     \(Self.seconds(simulated).text) s
        took          \(Self.seconds(wall).text) s
        """
    }
}
