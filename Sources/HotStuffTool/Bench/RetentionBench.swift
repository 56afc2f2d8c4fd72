import Foundation
import HotStuff
import Logging

/// Measures what the log of a running replica grows to of which only the last blocks are kept.
///
/// One validator alone, which is its own quorum: nothing but its own processor and disk holds it up.
struct RetentionBench {
    /// The file and the memory after so many blocks.
    struct Sample: Sendable {
        let blockCount: Int
        let fileSize: Int
        /// Anonymous memory of this process; nil where the system does not say.
        let residentSize: Int?

        /// As programs read it.
        var json: JSON {
            [
                "blocks": .integer(blockCount), "file_bytes": .integer(fileSize),
                "resident_bytes": residentSize.map { .integer($0) } ?? .null,
            ]
        }
    }

    /// What was measured.
    struct Result: Sendable {
        /// In the order of time.
        let samples: [Sample]
        /// Blocks committed in a second.
        let blocksPerSecond: Double
        /// The time from `doPropose()` until a block is committed in the log: what dropping blocks in between adds to.
        let commit: DurationHistogram

        /// Milliseconds that so great a part of the blocks did not exceed.
        func milliseconds(_ part: Double) -> JSON {
            .rounded(commit.quantile(part).map { $0 / .milliseconds(1) } ?? .nan, digits: 2)
        }
    }

    /// Where the replica's files are made, and removed.
    let directory: String
    /// How many blocks with a payload are to be committed.
    let blockCount: Int
    /// How many of the last blocks are kept.
    let kept: UInt64

    /// How many samples are taken.
    private static let samples = 40

    /// Runs the replica until it has committed so many blocks.
    func run(progress: (Sample) -> Void) async throws -> Result {
        let path = "\(directory)/retention"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let configuration = try configuration(in: path)
        let step = max(1, blockCount / Self.samples)
        let (counts, marks) = AsyncStream.makeStream(of: Int.self)
        let count = blockCount
        let replica = try Replica(configuration: configuration) { _ in
            UnendingMachine { committed in
                guard let committed else { return marks.finish() }
                if committed.isMultiple(of: step) || committed == count { marks.yield(committed) }
            }
        }
        let watch = ReplicaClock.monotonic
        let start = watch.now
        try await replica.start()
        var found: [Sample] = []
        for await committed in counts {
            let sample = try sample(after: committed, path)
            found.append(sample)
            progress(sample)
            if committed >= blockCount { break }
        }
        let time = (watch.now - start) / .seconds(1)
        let commit = await replica.accounts(ofLast: 0)?.spans[.commit] ?? DurationHistogram()
        try await replica.stop()
        let rate = Double(found.last?.blockCount ?? 0) / max(time, 1e-9)
        return Result(samples: found, blocksPerSecond: rate, commit: commit)
    }

    private func configuration(in path: String) throws -> HotStuff.Configuration {
        let network = try Network(
            making: {
                var plan = NetworkPlan(directory: path, application: .synthetic(SyntheticMachine.Load()))
                plan.ports = [0]
                let kept = kept
                plan.adjust = { configuration in
                    configuration.retention = .blocks(kept)
                    configuration.servedBlocks = 0
                }
                return plan
            }())
        guard let member = network.members.first else {
            throw ToolError("a network has no members", remedy: "report this")
        }
        var configuration = try HotStuff.Configuration(contentsOf: member.configurationPath)
        configuration.logger = Logger(label: "hotstuff")
        configuration.logger.logLevel = .error
        return configuration
    }

    private func sample(after committed: Int, _ path: String) throws -> Sample {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/replica-0/data/log/data.mdb")
        return Sample(
            blockCount: committed, fileSize: attributes[.size] as? Int ?? 0,
            residentSize: RecoveryBench.anonymousMemory())
    }
}

/// Always has a small block to propose, and says that it has kept whatever is final: so nothing of the log is needed for it.
private struct UnendingMachine: StateMachine {
    private var applied = 0
    private var committed = 0
    private let told: @Sendable (Int?) -> Void
    private(set) var durablePosition: LogPosition?

    /// A machine that tells how many blocks are final, after each; nil at its end.
    init(_ told: @escaping @Sendable (Int?) -> Void) { self.told = told }

    mutating func propose() -> Payload? {
        applied += 1
        let number = UInt64(truncatingIfNeeded: committed &+ applied)
        return Payload(capacity: 200) { writer in
            writer.append(number)
            writer.append(Array(repeating: UInt8(7), count: 192))
        }
    }
    mutating func execute(_ block: Payload) { applied += 1 }
    mutating func commit(_ position: LogPosition) {
        applied -= 1
        committed += 1
        durablePosition = position
        told(committed)
    }
    mutating func rollBack() { applied = 0 }
    mutating func recover(from log: borrowing CommittedLog) { durablePosition = log.tip }
    consuming func close() { told(nil) }
}
