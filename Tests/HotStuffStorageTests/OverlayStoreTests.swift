import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage
@testable import LMDB

extension StorageTests {
    struct OverlayStoreTests {
        @Test func blocksAreSeenUntilTheyAreRolledBack() throws {
            let directory = try TemporaryDirectory()
            var store = try OverlayStore(directory: directory.path)
            try store.set([1], for: [7])
            store.endBlock()
            try store.set([2], for: [7])
            store.endBlock()
            try store.set(nil, for: [7])
            #expect(try store.value(for: [7]) == nil)
            store.dropChanges()
            #expect(try store.value(for: [7]) == [2])
            #expect(store.rollBack(keepingOldest: 1) == 1)
            #expect(try store.value(for: [7]) == [1])
            store.rollBack()
            #expect(try store.value(for: [7]) == nil)
            #expect(store.appliedBlockCount == 0)
        }

        @Test func entriesComeInOrderWhereverTheyLie() throws {
            let directory = try TemporaryDirectory()
            var store = try OverlayStore(directory: directory.path)
            for key: [UInt8] in [[1], [3], [3, 0], [5], [9]] { try store.set([0], for: key) }
            store.endBlock()
            try store.commit(place(1))
            try store.write()
            try store.set([1], for: [2])
            try store.set(nil, for: [3])
            store.endBlock()
            try store.set([2], for: [5])
            #expect(try entries(of: store) == [[1]: [0], [2]: [1], [3, 0]: [0], [5]: [2], [9]: [0]])
            var keys: [[UInt8]] = []
            try store.forEach(in: .from([2], upTo: [9])) { key, _ in
                keys.append(key)
                return key == [5] ? .stop : .continue
            }
            #expect(keys == [[2], [3, 0], [5]])
        }

        @Test func committedBlocksBecomeDurableByTheBatch() throws {
            let directory = try TemporaryDirectory()
            var store = try OverlayStore(directory: directory.path, batch: .init(blocks: 3, size: .bytes(2_000)))
            for height: UInt64 in 1...4 {
                try store.set([UInt8(height)], for: [0])
                store.endBlock()
                try store.commit(place(height))
            }
            #expect(store.durablePosition == place(3))
            try store.set(Array(repeating: 1, count: 2_000), for: [1])
            store.endBlock()
            try store.commit(place(5))
            #expect(store.durablePosition == place(5))
            try store.set([6], for: [0])
            store.endBlock()
            try store.commit(place(6))
            try store.close()
            let reopened = try OverlayStore(directory: directory.path)
            #expect(reopened.durablePosition == place(6))
            #expect(try reopened.value(for: [0]) == [6])
        }

        @Test func aKeyThatNoTableTakesIsRefused() throws {
            let directory = try TemporaryDirectory()
            var store = try OverlayStore(directory: directory.path)
            #expect(throws: StorageError.self) { try store.set([], for: []) }
            #expect(throws: StorageError.self) { try store.set([], for: Array(repeating: 0, count: 512)) }
            try store.set([], for: Array(repeating: 0, count: 511))
            #expect(try store.value(for: Array(repeating: 0, count: 511)) == [])
        }

        @Test func tablesOfALaterFormatAreRefused() throws {
            let directory = try TemporaryDirectory()
            try OverlayStore(directory: directory.path).close()
            do {
                let environment = try Environment(path: directory.path)
                let state = try environment.openDatabase("state")
                try environment.write { (transaction: inout WriteTransaction) throws(LMDBError) in
                    try transaction.put(
                        UInt32(2).littleEndianBytes.span.bytes, for: Array("format".utf8).span.bytes, in: state)
                }
            }
            #expect { _ = try OverlayStore(directory: directory.path) } throws: { error in
                (error as? StorageError)?.kind == .newerFormat(found: 2, known: 1)
            }
        }

        /// Random blocks, commits, roll backs and ends of the process, against plain dictionaries.
        @Test(arguments: 0..<40) func itIsWhatPlainDictionariesAre(seed: UInt64) throws {
            var random = SeededGenerator(seed: seed)
            let directory = try TemporaryDirectory()
            var model = Model()
            var isOpen = true
            for _ in 0..<6 {
                let batch = OverlayStore.Batch(blocks: Int(random.next() % 5) + 1, size: .kibibytes(4))
                var store = try OverlayStore(directory: directory.path, batch: batch)
                try model.restart(at: store.durablePosition)
                #expect(try entries(of: store) == model.entries, "seed \(seed)")
                for _ in 0..<60 {
                    switch random.next() % 8 {
                    case 0...3:
                        let key = (0...random.next() % 2).map { _ in UInt8(random.next() % 6) }
                        let value: [UInt8]? =
                            random.next() % 4 == 0 ? nil : Array(repeating: UInt8(random.next() % 9), count: 300)
                        try store.set(value, for: key)
                        model.entries[key] = value
                    case 4:
                        store.endBlock()
                        model.applied.append(model.entries)
                    case 5:
                        guard !model.applied.isEmpty else { continue }
                        let position = model.commit()
                        try store.commit(position)
                    case 6:
                        let count = Int(random.next() % 4)
                        #expect(store.rollBack(keepingOldest: count) == min(count, model.applied.count))
                        model.rollBack(keepingOldest: count)
                    default:
                        store.dropChanges()
                        model.rollBack(keepingOldest: .max)
                    }
                    #expect(try entries(of: store) == model.entries, "seed \(seed)")
                    let key = [UInt8(random.next() % 6)]
                    #expect(try store.value(for: key) == model.entries[key], "seed \(seed)")
                }
                isOpen = random.next() % 2 == 0
                // Without it the process ends as by a crash: only what was written is there.
                if isOpen { try store.close() }
            }
        }
    }
}

/// What the store must hold: dictionaries, copied at each block.
private struct Model {
    var entries: [[UInt8]: [UInt8]] = [:]
    var applied: [[[UInt8]: [UInt8]]] = []
    private var committed: [[UInt8]: [UInt8]] = [:]
    private var history: [LogPosition: [[UInt8]: [UInt8]]] = [:]
    private var height: UInt64 = 0

    mutating func commit() -> LogPosition {
        height += 1
        committed = applied.removeFirst()
        history[place(height)] = committed
        return place(height)
    }

    mutating func rollBack(keepingOldest count: Int) {
        applied = Array(applied.prefix(count))
        entries = applied.last ?? committed
    }

    /// The process ended, and what is durable is as of this place.
    mutating func restart(at position: LogPosition?) throws {
        if let position { committed = try #require(history[position]) } else { committed = [:] }
        height = position?.height.rawValue ?? 0
        rollBack(keepingOldest: 0)
    }
}

private func place(_ height: UInt64) -> LogPosition {
    LogPosition(height: Height(height), block: Digest(of: height.littleEndianBytes))
}

private func entries(of store: borrowing OverlayStore) throws -> [[UInt8]: [UInt8]] {
    var entries: [[UInt8]: [UInt8]] = [:]
    var last: [UInt8] = []
    try store.forEach(in: .all) { key, value in
        #expect(last.lexicographicallyPrecedes(key))
        last = key
        entries[key] = value
        return .continue
    }
    return entries
}
