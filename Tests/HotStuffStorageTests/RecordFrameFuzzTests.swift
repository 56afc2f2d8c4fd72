import FuzzTargets
import Testing

@testable import HotStuffStorage

/// Frames of records with changed bytes: refused, whatever was changed.
struct RecordFrameFuzzTests {
    @Test func changedFramesAreRefused() throws {
        var mutator = Mutator(seed: 6)
        for round in 0..<5_000 {
            let table = TableName.allCases[mutator.below(TableName.allCases.count)]
            let key = mutator.bytes(mutator.below(40))
            let content = mutator.bytes(mutator.below(200))
            let record = RecordFrame.record(of: content, in: table, for: key)
            #expect(try RecordFrame.content(of: record.span.bytes, in: table, for: key) == 16..<record.count)

            let changed = mutator.mutated(record, with: record)
            guard let found = try? RecordFrame.content(of: changed.span.bytes, in: table, for: key) else { continue }
            // Bytes behind the content are a block's payload, which has a digest of its own.
            #expect(Array(changed[found]) == content, "round \(round)")
        }
    }
}
