public import HotStuff

/// A map that clients change by lines of text; it is told only what has committed, so it need not speculate.
///
/// | line | effect | reply |
/// |---|---|---|
/// | `set KEY VALUE` | the key holds the value | `ok` |
/// | `add KEY INTEGER` | the integer is added to the one at the key; a key that holds nothing counts as 0 | the sum |
/// | `delete KEY` | the key holds nothing | `ok`, or `none` if it held nothing before |
/// | `get KEY` | none | the value, or `none` |
///
/// Words are separated by spaces. Whatever else comes has no effect and a reply that says why: `not a number`,
/// `overflow` for a sum that 64 bits with sign do not hold, `key too long` above 256 bytes, or how to use it. Every
/// replica must agree on it, so none of that is an error.
///
/// It lives in memory, and replays the log at each start. ``StoredKeyValue`` is the same map in tables, and
/// ``SpeculativeKeyValue`` the same that runs ahead; all three have the same digest.
public struct KeyValue: CommandStateMachine, Sendable {
    private var entries = MemoryEntries()

    /// A map without keys.
    public init() {}

    /// Applies one line.
    public mutating func apply(_ command: String) -> String { Line.apply(command, to: &entries) }

    /// A digest of all entries, whatever their order of arrival; costs the same however many there are.
    ///
    /// It tells replicas that differ by a fault. It is no commitment against an attacker who chooses the entries.
    public var stateDigest: Digest? { entries.sum.digest(count: UInt64(entries.map.count)) }

    /// How many keys hold something.
    public var count: Int { entries.map.count }

    /// What a key holds; nil if nothing.
    public subscript(key: String) -> String? { entries.value(for: Array(key.utf8)) }
}

/// Entries in memory.
private struct MemoryEntries: EntryMap, Sendable {
    /// A value and what its entry adds to the sum of all.
    struct Entry: Sendable {
        let value: String
        let summand: EntrySum
    }

    private(set) var map: [[UInt8]: Entry] = [:]
    private(set) var sum = EntrySum.zero

    func value(for key: [UInt8]) throws(Never) -> String? { map[key]?.value }

    mutating func set(_ value: String?, for key: [UInt8]) throws(Never) {
        let entry = value.map { Entry(value: $0, summand: EntrySum(key: key, value: $0)) }
        if let old = map[key] { sum.subtract(old.summand) }
        if let entry { sum.add(entry.summand) }
        map[key] = entry
    }
}
