import Foundation
import FuzzTargets
import Testing

/// The fuzz targets on inputs from seeds: a bounded part of what `make fuzz` does for hours.
///
/// `HOTSTUFF_FUZZ_ROUNDS=100 make test FILTER=FuzzTests` runs a hundred times as many.
struct FuzzTests {
    private static let rounds = ProcessInfo.processInfo.environment["HOTSTUFF_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 1

    @Test func changedMessagesAreRefusedOrAreMessages() throws {
        let seeds = try messages.samples.compactMap(MessageTarget.bytes)
        #expect(seeds.count >= 17)
        try fuzz(seeds, seed: 1, count: 20_000) { try MessageTarget.run($0) }
    }

    @Test func changedRecordsAreRefusedOrAreRecords() throws {
        let seeds = try records.samples.flatMap(RecordTarget.bytes)
        #expect(seeds.count >= 4 * 4)
        try fuzz(seeds, seed: 2, count: 20_000) { try RecordTarget.run($0) }
    }

    @Test func theVerifierStandsChangedMessages() throws {
        let target = try VerifierTarget()
        let seeds = try messages.samples.compactMap(target.bytes)
        try fuzz(seeds, seed: 3, count: 10_000) { try target.run($0) }
    }

    @Test func theEngineStandsWhateverIsVerified() throws {
        let golden = try messages
        var mutator = Mutator(seed: 4)
        var best = EngineTarget.Outcome()
        for round in 0..<(150 * Self.rounds) {
            let bytes = mutator.bytes(200 + mutator.below(6_000))
            do {
                let outcome = try EngineTarget.run(bytes, golden: golden)
                best.height = max(best.height, outcome.height)
                best.view = max(best.view, outcome.view)
                best.steps += outcome.steps
            } catch {
                Issue.record("round \(round): \(error)")
                return
            }
        }
        // Else it is not the engine that is tried, but how it refuses.
        #expect(best.height > 3)
        #expect(best.steps > 10_000)
    }

    private func fuzz(_ seeds: [[UInt8]], seed: UInt64, count: Int, _ run: ([UInt8]) throws -> Void) throws {
        var mutator = Mutator(seed: seed)
        for bytes in seeds { try run(bytes) }
        for _ in 0..<(count * Self.rounds) {
            let bytes = seeds[mutator.below(seeds.count)]
            let changed = mutator.mutated(bytes, with: seeds[mutator.below(seeds.count)])
            do { try run(changed) } catch {
                Issue.record("\(error), by \(changed.map { String($0, radix: 16) }.joined(separator: " "))")
                return
            }
        }
    }

    private var messages: GoldenBytes { get throws { GoldenBytes(try vectors("messages.txt")) } }
    private var records: GoldenBytes { get throws { GoldenBytes(try vectors("records.txt")) } }

    private func vectors(_ name: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Vectors")
        return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
}
