/// A machine that only applies commands, once they have committed; it needs no speculation, no roll back and no threads.
///
/// `CommandBlocks` makes a `StateMachine` of it.
public protocol CommandStateMachine: ~Copyable, SendableMetatype {
    /// What clients ask for.
    associatedtype Command: PayloadCodable & Sendable
    /// What they are answered.
    associatedtype Reply: PayloadCodable & Sendable
    /// Applies one committed command: a function of the state and the command, the same everywhere.
    ///
    /// A command that makes no sense here is answered, not thrown: a throw stops the replica, so one client could stop
    /// them all.
    mutating func apply(_ command: Command) throws -> Reply
    /// All commands up to here are applied: the moment to make one's own tables durable. Default: nothing.
    mutating func commit(_ position: LogPosition) throws
    /// As in `StateMachine`. Default: nil.
    var durablePosition: LogPosition? { get }
    /// As in `StateMachine`. Default: nil.
    var stateDigest: Digest? { get }
    /// Whether the machine's own tables keep the records of `CommandBlocks` too: who has been answered what. Default:
    /// false; then each start reads the whole log.
    static var keepsRecords: Bool { get }
    /// Keeps a record, in place of the one with the same number, with the commands of the block being applied: both
    /// become durable, or neither. Called before `commit`. Default: nothing.
    mutating func keep(_ record: Payload, number: UInt32) throws
    /// Gives `body` each record, as of `durablePosition`, in any order. Called before the first command. Default: none.
    func forEachRecord(_ body: (_ number: UInt32, _ record: Payload) throws -> Void) throws
    /// As in `StateMachine`. Default: drops the machine.
    consuming func close() throws
}

extension CommandStateMachine where Self: ~Copyable {
    /// Does nothing.
    public mutating func commit(_ position: LogPosition) throws {}
    /// Nothing is durable.
    public var durablePosition: LogPosition? { nil }
    /// The state is not compared.
    public var stateDigest: Digest? { nil }
    /// The whole log is read at each start.
    public static var keepsRecords: Bool { false }
    /// Does nothing.
    public mutating func keep(_ record: Payload, number: UInt32) throws {}
    /// There are none.
    public func forEachRecord(_ body: (_ number: UInt32, _ record: Payload) throws -> Void) throws {}
    /// Drops the machine.
    public consuming func close() throws {}
}

/// A value with bytes of its own; `decode` is total, as the bytes may be an attacker's.
public protocol PayloadCodable {
    /// Appends the value's bytes.
    func encode(into writer: inout PayloadWriter)
    /// Reads a value that begins here, and no more than it; nil if there is none.
    static func decode(_ reader: inout PayloadReader) -> Self?
}

extension PayloadCodable {
    /// The value's bytes.
    public var payload: Payload { Payload { encode(into: &$0) } }

    /// The value that all of these bytes are; nil if they are none.
    public init?(payload: Payload) {
        var reader = payload.reader
        guard let value = Self.decode(&reader), reader.isAtEnd else { return nil }
        self = value
    }
}

extension String: PayloadCodable {
    /// Appends the number of UTF-8 bytes in 32 bits, then the bytes.
    public func encode(into writer: inout PayloadWriter) {
        writer.append(UInt32(clamping: utf8.count))
        writer.append(utf8)
    }

    /// Reads what `encode` wrote; nil if it is not valid UTF-8.
    public static func decode(_ reader: inout PayloadReader) -> String? {
        guard let count = reader.read(UInt32.self), let bytes = reader.read(count: Int(count)) else { return nil }
        return bytes.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
    }
}

/// One client's n-th command: submitted again, it still executes once.
///
/// A client numbers its commands upwards and submits them in that order; after a failure it submits again from the
/// first unanswered one on. A number may be left out, but once a higher one is applied a lower one never is.
public struct CommandID: Sendable, Hashable {
    /// Who numbers.
    public var client: UInt64
    /// The command's number.
    public var sequence: UInt64

    /// The command number `sequence` of `client`.
    public init(client: UInt64, sequence: UInt64) {
        self.client = client
        self.sequence = sequence
    }
}

/// What became of a submitted command.
public enum CommandOutcome: Sendable, Hashable {
    /// It was applied by the block at this place, and this is the reply's payload.
    case replied(Payload, at: LogPosition)
    /// It, or a later one of its client, was applied before; its reply is not remembered.
    case alreadyApplied
    /// Its bytes are no command of the state machine.
    case unreadable
    /// The replica stops, and does not know.
    case stopped
}

/// When a batch of commands is made: with `minimumCommands` there, or once the oldest has waited `longestWait`.
public struct BatchPolicy: Sendable {
    /// As many commands make a batch at once.
    public var minimumCommands = 1
    /// No more are in one batch.
    public var maximumCommands = 10_000
    /// After so long fewer make a batch too.
    public var longestWait: Duration = .milliseconds(2)

    /// A batch of whatever is there, up to 10,000 commands.
    public init() {}
}
