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
/// `overflow` for a sum that 64 bits with sign do not hold, or how to use it. Every replica must agree on it, so none of
/// that is an error.
public struct KeyValue: CommandStateMachine, Sendable {
    /// A value and what its entry adds to the sum of all.
    private struct Entry: Sendable {
        let value: String
        let summand: EntrySum
    }

    private var entries: [String: Entry] = [:]
    private var sum = EntrySum.zero

    /// A map without keys.
    public init() {}

    /// Applies one line.
    public mutating func apply(_ command: String) -> String {
        let words = command.split(separator: " ")
        switch (words.first, words.count) {
        case ("set", 3):
            set(String(words[1]), to: String(words[2]))
            return "ok"
        case ("add", 3):
            return add(words[2], to: String(words[1]))
        case ("delete", 2):
            return delete(String(words[1])) ? "ok" : "none"
        case ("get", 2):
            return self[String(words[1])] ?? "none"
        default:
            return "usage: set KEY VALUE | add KEY INTEGER | delete KEY | get KEY"
        }
    }

    /// A digest of all entries, whatever their order of arrival; costs the same however many there are.
    ///
    /// It tells replicas that differ by a fault. It is no commitment against an attacker who chooses the entries.
    public var stateDigest: Digest? {
        Payload { writer in
            writer.append(UInt64(entries.count))
            for place in sum.words.indices { writer.append(sum.words[place]) }
        }.digest
    }

    /// How many keys hold something.
    public var count: Int { entries.count }

    /// What a key holds; nil if nothing.
    public subscript(key: String) -> String? { entries[key]?.value }

    private mutating func add(_ text: Substring, to key: String) -> String {
        guard let amount = Int64(text), let present = entries[key].map({ Int64($0.value) }) ?? 0 else {
            return "not a number"
        }
        let (result, overflow) = present.addingReportingOverflow(amount)
        guard !overflow else { return "overflow" }
        set(key, to: "\(result)")
        return "\(result)"
    }

    private mutating func set(_ key: String, to value: String) {
        let entry = Entry(value: value, summand: EntrySum(key: key, value: value))
        if let old = entries.updateValue(entry, forKey: key) { sum.subtract(old.summand) }
        sum.add(entry.summand)
    }

    private mutating func delete(_ key: String) -> Bool {
        guard let old = entries.removeValue(forKey: key) else { return false }
        sum.subtract(old.summand)
        return true
    }
}

/// The sum of the entries' SHA-256 digests, as four integers modulo 2^64: adding and taking away an entry costs one
/// digest, and the order does not count.
private struct EntrySum: Sendable {
    private(set) var words: SIMD4<UInt64>

    static let zero = EntrySum(words: .zero)

    private init(words: SIMD4<UInt64>) { self.words = words }

    /// The summand of one entry.
    ///
    /// The key's length is hashed too, or the value `c` at `ab` would count as the value `bc` at `a`.
    init(key: String, value: String) {
        let entry = Payload(capacity: 8 + key.utf8.count + value.utf8.count) { writer in
            writer.append(UInt64(key.utf8.count))
            writer.append(key.utf8)
            writer.append(value.utf8)
        }
        words = .zero
        for (place, byte) in entry.withBytes({ Digest(of: $0) }).bytes.enumerated() {
            words[place / 8] = words[place / 8] << 8 | UInt64(byte)
        }
    }

    mutating func add(_ other: EntrySum) { words &+= other.words }

    mutating func subtract(_ other: EntrySum) { words &-= other.words }
}
