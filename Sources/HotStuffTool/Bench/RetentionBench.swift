import Foundation
import HotStuffCore
import HotStuffStorage

/// Measures what a log grows to of which only the last blocks are kept.
struct RetentionBench {
    /// The file and the memory after so many blocks.
    struct Sample {
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

    /// Where the log is made, and removed.
    let directory: String
    /// How many blocks are committed in one transaction.
    private static let group = 50
    /// How many samples are taken.
    private static let samples = 40

    /// Commits small blocks, and drops all but the last ones meanwhile as a replica would.
    func run(blockCount: Int, keeping kept: UInt64, progress: (Sample) -> Void) throws -> [Sample] {
        let path = "\(directory)/retention"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var chain = try SampleChain()
        try ReplicaStore.format(directory: path, genesis: chain.genesis, key: chain.key)
        let store = try ReplicaStore.open(directory: path, genesis: chain.genesis, key: chain.key)
        defer { store.close() }
        let payload = Payload { $0.append(Array(repeating: UInt8(7), count: 200)) }
        var (count, waiting, found) = (0, [LogPosition](), [Sample]())
        while count < blockCount {
            let blocks = try (0..<min(Self.group, blockCount - count)).map { _ in try chain.next(payload) }
            guard let last = blocks.last else { break }
            let positions = waiting + blocks.dropLast().map(\.position)
            waiting = [last.position]
            var writes: [LogWrite] = blocks.map { .block($0) } + [.record(chain.record)]
            if !positions.isEmpty { writes.append(chain.commit(positions, above: last)) }
            try store.apply([writes])
            let bounds = PruningBounds(neededFrom: Height(.max))
            while try store.prune(.blocks(kept), within: bounds, seconds: 0).isUnfinished {}
            count += blocks.count
            guard count / max(1, blockCount / Self.samples) > found.count || count == blockCount else { continue }
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/log/data.mdb")
            let sample = Sample(
                blockCount: count, fileSize: attributes[.size] as? Int ?? 0,
                residentSize: RecoveryBench.anonymousMemory())
            found.append(sample)
            progress(sample)
        }
        return found
    }
}
