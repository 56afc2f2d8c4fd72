public import HotStuff
public import HotStuffStorage

/// ``KeyValue`` in tables of its own: at a start it is given what the tables lack, not the whole log.
///
/// ```swift
/// let replica = try Replica(configuration: configuration) { context in
///     CommandBlocks(try StoredKeyValue(directory: context.directory), context: context)
/// }
/// ```
public struct StoredKeyValue: CommandStateMachine, ~Copyable {
    private var entries: StoredEntries

    /// The map in this directory; without keys if there is none.
    ///
    /// - Throws: `StorageError`.
    public init(directory: String, batch: OverlayStore.Batch = .init()) throws {
        entries = try StoredEntries(directory: directory, batch: batch)
    }

    /// Applies one line.
    public mutating func apply(_ command: String) throws -> String { try Line.apply(command, to: &entries) }

    /// What was applied is a block, and final.
    public mutating func commit(_ position: LogPosition) throws {
        entries.store.endBlock()
        try entries.store.commit(position)
    }

    /// Up to where the tables are written.
    public var durablePosition: LogPosition? { entries.store.durablePosition }

    /// As ``KeyValue/stateDigest``; nil if the tables cannot be read, which the next command reports.
    public var stateDigest: Digest? { try? entries.digest() }

    /// True: a start that reads no log must still know who has been answered what.
    public static var keepsRecords: Bool { true }

    /// Keeps a record with the entries.
    public mutating func keep(_ record: Payload, number: UInt32) throws { try entries.keep(record, number: number) }

    /// The records as they were kept.
    public func forEachRecord(_ body: (_ number: UInt32, _ record: Payload) throws -> Void) throws {
        try entries.forEachRecord(body)
    }

    /// Writes what waits for its batch.
    public consuming func close() throws { try entries.store.close() }

    /// What a key holds; nil if nothing.
    ///
    /// - Throws: `StorageError`.
    public func value(for key: String) throws -> String? { try entries.value(for: Array(key.utf8)) }
}
