internal import DequeModule
public import HotStuff
public import HotStuffStorage

/// ``KeyValue`` as a machine that runs ahead: a block's lines are applied when it is proposed or executed, to an overlay
/// that a roll back drops, and its clients are answered when it commits.
///
/// Applying a line costs next to nothing, so ``StoredKeyValue`` is the better store; this one shows how a machine whose
/// blocks are dear would keep its tables.
public struct SpeculativeKeyValue: StateMachine, ~Copyable {
    /// Lines, each with the client's number for it.
    public typealias Block = [Command]

    /// A client's line.
    public struct Command: Sendable, Hashable {
        /// Whose, and which.
        public let id: CommandID
        /// As ``KeyValue`` reads it.
        public let line: String
    }

    private var entries: StoredEntries
    private var applied: Deque<Applied> = []
    private let queue: CommandQueue
    private let payloadLimit: ByteCount
    private let committed: @Sendable (LogPosition, _ commands: Int, Digest?) -> Void

    /// A block that is applied and not committed.
    private struct Applied {
        let outcomes: [(id: CommandID, reply: String?)]
        let drawn: [CommandID]
        let digest: Digest?
    }

    /// The map in the context's directory, fed by its queue.
    ///
    /// - Parameter committed: told of each block that is final, how many of its commands took effect, and the digest.
    /// - Throws: `StorageError`.
    public init(
        context: StateMachineContext, batch: OverlayStore.Batch = .init(),
        committed: @escaping @Sendable (LogPosition, _ commands: Int, Digest?) -> Void = { _, _, _ in }
    ) throws {
        entries = try StoredEntries(directory: context.directory, batch: batch)
        queue = context.commands
        payloadLimit = context.payloadLimit
        self.committed = committed
    }

    /// The next lines of the queue, up to 10,000.
    public mutating func propose() throws -> [Command]? {
        var block: [Command] = []
        while block.isEmpty {
            let drawn = queue.draw(maximumCount: 10_000, maximumBytes: payloadLimit.bytes)
            guard !drawn.isEmpty else { return nil }
            for (id, bytes) in drawn {
                guard let line = String(payload: bytes) else {
                    queue.settle(id, .unreadable)
                    continue
                }
                block.append(Command(id: id, line: line))
            }
        }
        try apply(block, drawn: block.map(\.id))
        return block
    }

    /// Client and number of each command, 64 bits each, and its line.
    public static func encode(_ block: [Command]) -> Payload {
        Payload { writer in
            for command in block {
                writer.append(command.id.client)
                writer.append(command.id.sequence)
                command.line.encode(into: &writer)
            }
        }
    }

    /// One command or more, and nothing else.
    public static func decode(_ payload: Payload) -> [Command]? {
        var reader = payload.reader
        var block: [Command] = []
        repeat {
            guard let client = reader.read(UInt64.self), let sequence = reader.read(UInt64.self),
                let line = String.decode(&reader)
            else { return nil }
            block.append(Command(id: CommandID(client: client, sequence: sequence), line: line))
        } while !reader.isAtEnd
        return block
    }

    /// Applies the lines that were not applied before.
    public mutating func execute(_ block: [Command]) throws { try apply(block, drawn: []) }

    /// Answers the oldest block's clients.
    public mutating func commit(_ position: LogPosition) throws {
        try entries.store.commit(position)
        guard let block = applied.popFirst() else { return }
        for (id, reply) in block.outcomes {
            queue.settle(id, reply.map { .replied($0.payload, at: position) } ?? .alreadyApplied)
        }
        committed(position, block.outcomes.count { $0.reply != nil }, block.digest)
    }

    /// Drops every overlay.
    public mutating func rollBack() { rollBack(keepingOldest: 0) }

    /// Drops the newest overlays; what was drawn for them goes back to the queue.
    @discardableResult
    public mutating func rollBack(keepingOldest count: Int) -> Int {
        let kept = entries.store.rollBack(keepingOldest: count)
        queue.putBack(applied.dropFirst(kept).flatMap(\.drawn))
        applied.removeLast(applied.count - kept)
        return kept
    }

    /// Up to where the tables are written.
    public var durablePosition: LogPosition? { entries.store.durablePosition }

    /// As ``KeyValue/stateDigest``, of the applied blocks too; nil if the tables cannot be read, which the next block
    /// reports.
    public var stateDigest: Digest? { try? entries.digest() }

    /// Writes what waits for its batch.
    public consuming func close() throws {
        queue.close()
        try entries.store.close()
    }

    private mutating func apply(_ block: [Command], drawn: [CommandID]) throws {
        var outcomes: [(id: CommandID, reply: String?)] = []
        for command in block {
            if let last = try entries.lastCommand(of: command.id.client), command.id.sequence <= last {
                outcomes.append((command.id, nil))
                continue
            }
            outcomes.append((command.id, try Line.apply(command.line, to: &entries)))
            try entries.setLastCommand(command.id)
        }
        entries.store.endBlock()
        applied.append(Applied(outcomes: outcomes, drawn: drawn, digest: stateDigest))
    }
}
