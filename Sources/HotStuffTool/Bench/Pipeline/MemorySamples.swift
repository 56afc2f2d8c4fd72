import Foundation
import HotStuff

/// How much anonymous memory the replicas hold while blocks commit: what does not go back to a file, and so must not grow
/// with the log.
struct MemorySamples: Sendable {
    /// All replicas' memory at one moment.
    struct Sample: Sendable, Hashable {
        /// Blocks committed since the measurement began.
        let blocks: Int
        /// Kibibytes, by replica.
        let kibibytes: [Int]
    }

    /// In the order of time.
    private(set) var samples: [Sample] = []
    private var due = Timestamp.zero

    /// The time between two samples.
    private static let interval = Duration.milliseconds(500)

    /// Takes a sample, if it is time for another.
    ///
    /// - Throws: `ToolError` where the system does not tell.
    mutating func take(of processes: [Int32], blocks: Int) throws {
        let now = ReplicaClock.monotonic.now
        guard now >= due else { return }
        due = now + Self.interval
        samples.append(Sample(blocks: blocks, kibibytes: try processes.map { try Self.anonymousMemory(of: $0) }))
    }

    /// By how many kibibytes the replica that grew most grew from the second quarter of the samples to the last, taking
    /// the median of each; nil with fewer than 8 samples.
    var growth: Int? {
        guard samples.count >= 8 else { return nil }
        let quarter = samples.count / 4
        let (early, late) = (samples[quarter..<(2 * quarter)], samples.suffix(quarter))
        return samples[0].kibibytes.indices.map { Self.median(late, $0) - Self.median(early, $0) }.max()
    }

    /// The object in the JSON document.
    var json: JSON {
        [
            "growth_kib": growth.map { .integer($0) } ?? .null,
            "samples": .array(
                samples.map { ["blocks": .integer($0.blocks), "kib": .array($0.kibibytes.map { .integer($0) })] }),
        ]
    }

    /// The same for people.
    var human: String {
        guard let last = samples.last else { return "anonymous memory: no sample" }
        let memory = last.kibibytes.map { "\($0)" }.joined(separator: ", ")
        let growth = growth.map { "grew by \($0) KiB at most since the second quarter" } ?? "too short to tell growth"
        return "anonymous memory after \(last.blocks) blocks: \(memory) KiB; \(growth)"
    }

    private static func median(_ samples: ArraySlice<Sample>, _ replica: Int) -> Int {
        let sorted = samples.map { $0.kibibytes[replica] }.sorted()
        return sorted[sorted.count / 2]
    }

    private static func anonymousMemory(of process: Int32) throws -> Int {
        let path = "/proc/\(process)/status"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else {
            throw ToolError("\(path) does not tell how much memory it has", remedy: "measure memory on Linux")
        }
        return kibibytes
    }
}
