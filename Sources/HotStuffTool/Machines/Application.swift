import BatchExchange
import HotStuff
import KeyValue

/// Which state machine a replica runs, as the `application` object of its configuration says.
enum Application: Sendable, Hashable {
    /// The example that the demo runs: lines that set, add and delete.
    case keyValue
    /// The same in tables of its own.
    case storedKeyValue
    /// The same in tables of its own, applied ahead of the commit.
    case speculativeKeyValue
    /// A machine for measuring.
    case synthetic(SyntheticMachine.Load)
    /// The batch exchange for measuring, with so many transactions a block.
    case verifiedExchange(blockSize: Int, accounts: Int)

    /// The names of the machines.
    enum Kind: String, CaseIterable, Sendable {
        /// As in the configuration file.
        case keyValue = "key-value"
        /// As in the configuration file.
        case storedKeyValue = "key-value-tables"
        /// As in the configuration file.
        case speculativeKeyValue = "key-value-overlays"
        /// As in the configuration file.
        case synthetic
        /// As in the configuration file.
        case verifiedExchange = "verified-exchange"
    }

    private static let proposeKey = "proposeMilliseconds"
    private static let executeKey = "executeMilliseconds"
    private static let payloadKey = "payloadBytes"
    private static let transactionsKey = "blockTransactions"
    private static let accountsKey = "accounts"

    /// Reads a configuration's `application`; an empty one is the key-value store.
    ///
    /// - Throws: `ToolError`, naming the key.
    init(_ values: [String: String]) throws {
        var values = values
        let name = values.removeValue(forKey: "kind") ?? Kind.keyValue.rawValue
        guard let kind = Kind(rawValue: name) else {
            let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.error("kind", "\"\(name)\" is no state machine of this tool", "use one of \(known)")
        }
        switch kind {
        case .keyValue: self = .keyValue
        case .storedKeyValue: self = .storedKeyValue
        case .speculativeKeyValue: self = .speculativeKeyValue
        case .synthetic:
            var load = SyntheticMachine.Load()
            load.propose = try Self.milliseconds(&values, Self.proposeKey)
            load.execute = try Self.milliseconds(&values, Self.executeKey)
            if let text = values.removeValue(forKey: Self.payloadKey) {
                guard let bytes = Int(text), bytes >= 1 else {
                    throw Self.error(Self.payloadKey, "is no size", "write a number of bytes, such as \"1024\"")
                }
                load.payload = .bytes(bytes)
            }
            self = .synthetic(load)
        case .verifiedExchange:
            self = .verifiedExchange(
                blockSize: try Self.count(&values, Self.transactionsKey, 1...Batch.largestCount),
                accounts: try Self.count(&values, Self.accountsKey, 2...100_000))
        }
        if let key = values.keys.min() { throw Self.error(key, "is not a known key", "remove it") }
    }

    /// What `init` reads.
    var values: [String: String] {
        switch self {
        case .keyValue: ["kind": Kind.keyValue.rawValue]
        case .storedKeyValue: ["kind": Kind.storedKeyValue.rawValue]
        case .speculativeKeyValue: ["kind": Kind.speculativeKeyValue.rawValue]
        case .synthetic(let load):
            [
                "kind": Kind.synthetic.rawValue,
                Self.proposeKey: "\(load.propose / .milliseconds(1))",
                Self.executeKey: "\(load.execute / .milliseconds(1))",
                Self.payloadKey: "\(load.payload.bytes)",
            ]
        case .verifiedExchange(let size, let accounts):
            [
                "kind": Kind.verifiedExchange.rawValue, Self.transactionsKey: "\(size)",
                Self.accountsKey: "\(accounts)",
            ]
        }
    }

    private static func milliseconds(_ values: inout [String: String], _ key: String) throws -> Duration {
        guard let text = values.removeValue(forKey: key) else { return .zero }
        guard let number = Double(text), (0...3_600_000).contains(number) else {
            throw error(key, "is no time", "write a number of milliseconds from 0 to 3600000, such as \"20\"")
        }
        return .microseconds(Int64(number * 1_000))
    }

    private static func count(
        _ values: inout [String: String], _ key: String, _ bounds: ClosedRange<Int>
    ) throws -> Int {
        guard let text = values.removeValue(forKey: key) else { return 100_000 }
        guard let number = Int(text), bounds.contains(number) else {
            throw error(
                key, "is no such count", "write a number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    private static func error(_ key: String, _ what: String, _ remedy: String) -> ToolError {
        ToolError("application.\(key) \(what)", remedy: remedy)
    }
}
