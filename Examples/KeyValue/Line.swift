/// Entries that lines change: what the forms of the store have in common.
protocol EntryMap: ~Copyable {
    /// Why entries cannot be read or changed; `Never` for those in memory.
    associatedtype Failure: Error
    /// What a key holds; nil if nothing.
    func value(for key: [UInt8]) throws(Failure) -> String?
    /// Lets a key hold a value; nil for nothing.
    mutating func set(_ value: String?, for key: [UInt8]) throws(Failure)
}

/// The rules of a line (``KeyValue`` has them as a table).
enum Line {
    /// Most bytes that a key may have, so that it fits into a table.
    static let keyLimit = 256

    /// Applies a line, and replies.
    static func apply<Entries: EntryMap & ~Copyable>(
        _ line: String, to entries: inout Entries
    ) throws(Entries.Failure) -> String {
        let words = line.split(separator: " ")
        let key = words.count > 1 ? Array(words[1].utf8) : []
        guard key.count <= keyLimit else { return "key too long" }
        switch (words.first, words.count) {
        case ("set", 3):
            try entries.set(String(words[2]), for: key)
            return "ok"
        case ("add", 3):
            return try add(words[2], to: key, in: &entries)
        case ("delete", 2):
            guard try entries.value(for: key) != nil else { return "none" }
            try entries.set(nil, for: key)
            return "ok"
        case ("get", 2):
            return try entries.value(for: key) ?? "none"
        default:
            return "usage: set KEY VALUE | add KEY INTEGER | delete KEY | get KEY"
        }
    }

    private static func add<Entries: EntryMap & ~Copyable>(
        _ text: Substring, to key: [UInt8], in entries: inout Entries
    ) throws(Entries.Failure) -> String {
        guard let amount = Int64(text), let present = try entries.value(for: key).map({ Int64($0) }) ?? 0 else {
            return "not a number"
        }
        let (result, overflow) = present.addingReportingOverflow(amount)
        guard !overflow else { return "overflow" }
        try entries.set("\(result)", for: key)
        return "\(result)"
    }
}
