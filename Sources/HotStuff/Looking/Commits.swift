/// Committed blocks above a position, oldest first: none missed, none twice.
public struct Commits: AsyncSequence, Sendable {
    /// A block's place in the log and its payload, nil for a nudge.
    public typealias Element = (position: LogPosition, payload: Payload?)

    private let feed: LogFeed
    private let start: LogPosition?

    init(_ feed: LogFeed, after start: LogPosition?) {
        self.feed = feed
        self.start = start
    }

    /// Reads from the beginning.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(feed: feed, start: start) }

    /// One reader of commits, at its own pace.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let feed: LogFeed
        private let start: LogPosition?
        private var height: Height
        private var page: ArraySlice<CommittedBlock> = []
        private var hasBegun = false

        fileprivate init(feed: LogFeed, start: LogPosition?) {
            self.feed = feed
            self.start = start
            height = start?.height ?? .genesis
        }

        /// The next committed block, once there is one; nil once the replica has stopped.
        ///
        /// - Throws: the `ReplicaError` that stopped the replica; `wrongChain` if the position asked for is not in its
        ///   log; `logPruned` if blocks above it are gone; `CancellationError`.
        public mutating func next() async throws -> Element? {
            if page.isEmpty {
                guard let next = try await feed.blocks(above: height, from: hasBegun ? nil : start) else { return nil }
                hasBegun = true
                page = next[...]
            }
            guard let block = page.popFirst() else { return nil }
            height = block.position.height
            return (block.position, block.payload)
        }
    }
}
