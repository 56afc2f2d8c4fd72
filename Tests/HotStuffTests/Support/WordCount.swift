import HotStuff
import HotStuffStorage

/// Counts how often each word was proposed.
struct WordCount: StateMachine, ~Copyable {
    private var store: OverlayStore
    private let words: @Sendable () -> String?

    init(context: StateMachineContext, words: @escaping @Sendable () -> String?) throws {
        store = try OverlayStore(directory: context.directory)
        self.words = words
    }

    mutating func propose() throws -> String? {
        guard let word = words(), (1...256).contains(word.utf8.count) else { return nil }
        try execute(word)
        return word
    }

    static func encode(_ word: String) -> Payload { word.payload }
    static func decode(_ payload: Payload) -> String? {
        String(payload: payload).flatMap { (1...256).contains($0.utf8.count) ? $0 : nil }
    }

    mutating func execute(_ word: String) throws {
        let count = try store.value(for: Array(word.utf8))?.first ?? 0
        try store.set([count &+ 1], for: Array(word.utf8))
        store.endBlock()
    }

    mutating func commit(_ position: LogPosition) throws { try store.commit(position) }
    mutating func rollBack() { store.rollBack() }
    mutating func rollBack(keepingOldest count: Int) -> Int { store.rollBack(keepingOldest: count) }
    var durablePosition: LogPosition? { store.durablePosition }
    consuming func close() throws { try store.close() }
}
