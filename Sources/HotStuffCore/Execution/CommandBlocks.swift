internal import DequeModule
internal import Synchronization

/// Turns a command machine into a state machine: proposes batches of what was submitted, applies each command at its
/// commit, once, and answers its submitter.
///
/// A payload is one or more commands, each its client and sequence (64 bits each), its length in bytes (32 bits) and
/// its bytes; integers are little-endian.
///
/// A client's command whose sequence is not above its last applied one is not applied again: its submitter is answered
/// with the remembered reply if it is the last one, else told that it was applied already. So proposing a command
/// twice is harmless, and a command stays in the queue of every replica where it was submitted until it is applied
/// there, whoever proposed it.
public struct CommandBlocks<Machine: CommandStateMachine & ~Copyable>: StateMachine, ~Copyable {
    /// A batch's bytes; its commands are read when it commits.
    public typealias Block = Payload

    private var machine: Machine
    private let queue: CommandQueue
    private let payloadLimit: ByteCount
    private let batch: BatchPolicy
    private var applied: Deque<CommandBatch> = []
    private let sessions = SharedSessions()

    /// Makes a state machine of `machine`, fed by the context's queue.
    public init(_ machine: consuming Machine, context: StateMachineContext, batch: BatchPolicy = BatchPolicy()) {
        self.machine = machine
        self.batch = batch
        queue = context.commands
        payloadLimit = context.payloadLimit
        queue.answerKnown { [sessions] id in sessions.table.withLock { $0.outcome(of: id) } }
    }

    /// False: commands are applied in `commit`.
    public static var speculates: Bool { false }

    /// The next batch from the queue; commands that are none of the machine's are answered so and left out.
    public mutating func propose() -> Payload? {
        let (count, longest) = queue.waiting
        guard count > 0, count >= batch.minimumCommands || longest >= batch.longestWait else { return nil }
        var drawn: [CommandID] = []
        let payload = Payload { writer in
            while drawn.isEmpty {
                let next = queue.draw(
                    maximumCount: max(1, batch.maximumCommands), maximumBytes: payloadLimit.bytes)
                guard !next.isEmpty else { return }
                for (id, command) in next {
                    guard Machine.Command(payload: command) != nil else {
                        queue.settle(id, .unreadable)
                        continue
                    }
                    drawn.append(id)
                    CommandBatch.append(command, id, to: &writer)
                }
            }
        }
        guard !drawn.isEmpty else { return nil }
        applied.append(CommandBatch(payload: payload, drawn: drawn))
        return payload
    }

    /// The payload itself, if it is commands of the machine, one or more, and nothing else.
    public static func decode(_ payload: Payload) -> Payload? {
        var isReadable = !payload.isEmpty
        let reachedEnd = CommandBatch.forEachCommand(in: payload) { _, command in
            isReadable = isReadable && Machine.Command(payload: command) != nil
        }
        return reachedEnd && isReadable ? payload : nil
    }

    /// Keeps a batch until it commits.
    public mutating func execute(_ block: Payload) {
        applied.append(CommandBatch(payload: block, drawn: []))
    }

    /// Applies the oldest batch, and answers those who wait for its commands.
    public mutating func commit(_ position: LogPosition) throws {
        guard let batch = applied.popFirst() else { return }
        try apply(batch.payload, at: position, toMachine: true)
    }

    /// Undoes every batch that is not committed.
    public mutating func rollBack() { rollBack(keepingOldest: 0) }

    /// Undoes what is not to be kept; its commands return to the queue, in their order.
    @discardableResult
    public mutating func rollBack(keepingOldest count: Int) -> Int {
        queue.putBack(applied.dropFirst(count).flatMap(\.drawn))
        applied.removeLast(applied.count - count)
        return count
    }

    /// Gives the machine what is above its own durable position.
    ///
    /// Where the machine keeps no records, the whole log is read: then it alone knows who has been answered what.
    public mutating func recover(from log: borrowing CommittedLog) throws {
        let durable = machine.durablePosition
        try log.checkTables(at: durable)
        if Machine.keepsRecords {
            var records: [UInt32: Payload] = [:]
            try machine.forEachRecord { number, record in records[number] = record }
            let restored = try CommandSessions(records: records)
            sessions.table.withLock { $0 = restored }
        }
        try log.forEachPayload(after: Machine.keepsRecords ? durable : nil) { position, payload in
            guard let block = Self.decode(payload) else { return }
            let isKnown = durable.map { position.height <= $0.height } ?? false
            try apply(block, at: position, toMachine: !isKnown)
        }
    }

    /// Of the machine's digest, and of who has been applied what; nil if the machine has none.
    public var stateDigest: Digest? {
        machine.stateDigest.map { Digest(of: $0.bytes + sessions.table.withLock { $0.digest.bytes }) }
    }

    /// What is left of the longest wait, while a batch waits for more commands.
    public var proposalRetryInterval: Duration? {
        let (count, longest) = queue.waiting
        return count > 0 ? max(.zero, batch.longestWait - longest) : nil
    }

    /// Tells those who still wait that the replica stops, and closes the machine.
    public consuming func close() throws {
        queue.close()
        try machine.close()
    }

    /// Applies a batch's commands, each once; `toMachine` is false where the machine's own tables have them.
    private mutating func apply(_ payload: Payload, at position: LogPosition, toMachine: Bool) throws {
        try CommandBatch.forEachCommand(in: payload) { id, bytes in
            if let known = sessions.table.withLock({ $0.outcome(of: id) }) {
                queue.settle(id, known)
                return
            }
            guard let command = Machine.Command(payload: bytes) else { return }
            let reply = toMachine ? try machine.apply(command).payload : nil
            sessions.table.withLock { $0.applied(id, reply: reply, at: position) }
            queue.settle(id, reply.map { .replied($0, at: position) } ?? .alreadyApplied)
        }
        let records = sessions.table.withLock { sessions in
            sessions.endBlock()
            return Machine.keepsRecords ? sessions.takeChangedRecords() : []
        }
        guard toMachine else { return }
        for (number, record) in records { try machine.keep(record, number: number) }
        try machine.commit(position)
    }
}

/// The sessions, which the machine's thread changes and submitters look up.
private final class SharedSessions: Sendable {
    let table = Mutex(CommandSessions())
}

/// A batch that is applied and not committed.
private struct CommandBatch {
    let payload: Payload
    /// Which commands were drawn from the own queue for it.
    let drawn: [CommandID]

    static func append(_ command: Payload, _ id: CommandID, to writer: inout PayloadWriter) {
        writer.append(id.client)
        writer.append(id.sequence)
        writer.append(UInt32(command.count))
        writer.append(command)
    }

    /// Gives `body` each command; false if the bytes are not whole commands only.
    @discardableResult
    static func forEachCommand(
        in payload: Payload, _ body: (CommandID, Payload) throws -> Void
    ) rethrows -> Bool {
        var reader = payload.reader
        while !reader.isAtEnd {
            guard
                let client = reader.read(UInt64.self), let sequence = reader.read(UInt64.self),
                let count = reader.read(UInt32.self), let command = reader.read(count: Int(count))
            else { return false }
            try body(CommandID(client: client, sequence: sequence), command)
        }
        return true
    }
}
