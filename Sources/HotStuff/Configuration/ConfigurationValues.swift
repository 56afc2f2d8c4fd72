#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How values are written in configuration files, and read from them.
enum ConfigurationText {
    /// `50ms`, `1.5s`: a decimal number and one of ns, us, ms, s, min.
    static func duration(_ text: String) -> Duration? {
        guard let split = text.firstIndex(where: \.isLetter), let number = Double(text[..<split]), number.isFinite,
            number >= 0
        else { return nil }
        let units: [String: Double] = ["ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9]
        guard let unit = units[String(text[split...])], number * unit < 1e18 else { return nil }
        return .nanoseconds(Int64((number * unit).rounded()))
    }

    /// The text of a duration, in the largest unit that makes it a whole number.
    static func text(_ duration: Duration) -> String {
        let nanoseconds = duration.wholeNanoseconds
        let units: [(name: String, size: UInt64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)]
        for unit in units where nanoseconds % unit.size == 0 { return "\(nanoseconds / unit.size)\(unit.name)" }
        return "\(nanoseconds)ns"
    }

    /// `64 MiB`: a whole number and one of B, KiB, MiB, GiB, with or without a space between.
    static func size(_ text: String) -> ByteCount? {
        let units: [String: Int] = ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30]
        guard let split = text.firstIndex(where: \.isLetter), let unit = units[String(text[split...])],
            let number = Int(text[..<split].filter { $0 != " " }), number >= 0
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : .bytes(bytes)
    }

    /// `host:port`, an IPv6 address in brackets.
    static func endpoint(_ text: String) -> Endpoint? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : Endpoint(host: String(host), port: port)
    }
}

extension ConfigurationObject {
    /// A text.
    mutating func string(_ key: String, _ expected: String = "a text") throws -> String? {
        try optional(key, expected) { if case .string(let text) = $0 { text } else { nil } }
    }

    /// A text that must be there.
    mutating func requiredString(_ key: String, _ expected: String = "a text") throws -> String {
        try required(key, expected) { if case .string(let text) = $0 { text } else { nil } }
    }

    /// Yes or no.
    mutating func boolean(_ key: String) throws -> Bool? {
        try optional(key, "true or false") { if case .bool(let value) = $0 { value } else { nil } }
    }

    /// A whole number within bounds.
    mutating func integer(_ key: String, in bounds: ClosedRange<Int>) throws -> Int? {
        let expected = "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
        return try optional(key, expected) {
            guard case .integer(let number) = $0, let result = Int(exactly: number), bounds.contains(result) else {
                return nil
            }
            return result
        }
    }

    /// A size: a text with its unit.
    mutating func size(_ key: String) throws -> ByteCount? {
        try optional(key, "a size such as \"64 MiB\"") {
            if case .string(let text) = $0 { ConfigurationText.size(text) } else { nil }
        }
    }

    /// A duration: a text with its unit.
    mutating func duration(_ key: String) throws -> Duration? {
        try optional(key, "a duration such as \"50ms\"") {
            if case .string(let text) = $0 { ConfigurationText.duration(text) } else { nil }
        }
    }

    /// An address.
    mutating func endpoint(_ key: String) throws -> Endpoint {
        try required(key, "an address such as \"127.0.0.1:7000\"") {
            if case .string(let text) = $0 { ConfigurationText.endpoint(text) } else { nil }
        }
    }

    /// A public key in base64.
    mutating func key(_ key: String) throws -> ValidatorKey {
        try required(key, "a public key: 32 bytes in base64") {
            if case .string(let text) = $0 { ValidatorKey(base64: text) } else { nil }
        }
    }

    /// One of the values of an enumeration, by its name.
    mutating func choice<T: CaseIterable & RawRepresentable<String>>(_ key: String, _ type: T.Type) throws -> T? {
        let expected = "one of " + T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return try optional(key, expected) { if case .string(let text) = $0 { T(rawValue: text) } else { nil } }
    }
}

extension ValidatorKey {
    /// The key whose 32 bytes are `text` in base64; nil if it is anything else.
    public init?(base64 text: String) {
        guard let data = Data(base64Encoded: text) else { return nil }
        self.init(bytes: Array(data))
    }

    /// The key's 32 bytes in base64, as configuration files have them.
    public var base64: String { Data(bytes).base64EncodedString() }
}

extension JSONValue {
    /// Writes this value as a configuration file of its own.
    func write(to path: String, what: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try TextFile.write(Array(try encoder.encode(self)) + [UInt8(ascii: "\n")], to: path, what: what)
    }
}
