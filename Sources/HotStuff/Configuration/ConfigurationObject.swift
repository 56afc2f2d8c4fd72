#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A JSON value as it stands in a configuration file.
enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// A JSON object of a configuration file that is being read: every error names the file, the key and the way out.
struct ConfigurationObject {
    /// The file, for errors.
    let path: String
    /// Where the object stands in the file: empty, or keys with a dot after each.
    let prefix: String
    private let values: [String: JSONValue]
    private var known: Set<String> = []

    /// The object that is the whole file at `path`.
    init(contentsOf path: String, what: String) throws {
        let bytes = try TextFile.read(path, what: what)
        do {
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
            guard case .object(let values) = value else {
                throw ReplicaError(
                    .invalidConfiguration, "\(path): holds no JSON object", remedy: "begin it with { and end it with }")
            }
            self.init(path: path, prefix: "", values: values)
        } catch let error as DecodingError {
            var reason = "not valid JSON"
            if case .dataCorrupted(let context) = error, let cause = context.underlyingError {
                reason += " (\(cause))"
            }
            throw ReplicaError(
                .invalidConfiguration, "\(path): \(reason)", remedy: "correct it, or write it anew", cause: error)
        }
    }

    private init(path: String, prefix: String, values: [String: JSONValue]) {
        self.path = path
        self.prefix = prefix
        self.values = values
    }

    /// An error about `key`.
    func error(_ key: String, _ what: String, remedy: String) -> ReplicaError {
        ReplicaError(.invalidConfiguration, "\(path): \(prefix)\(key) \(what)", remedy: remedy)
    }

    /// Fails if the object has keys that nobody asked for.
    func finish() throws {
        guard let key = values.keys.filter({ !known.contains($0) }).min() else { return }
        throw error(
            key, "is not a known key", remedy: "remove it; known here are \(known.sorted().joined(separator: ", "))")
    }

    /// The value of `key` as `read` takes it; nil if it is absent or null.
    mutating func optional<T>(_ key: String, _ expected: String, _ read: (JSONValue) throws -> T?) throws -> T? {
        known.insert(key)
        guard let value = values[key], value != .null else { return nil }
        guard let result = try read(value) else {
            throw error(key, "is not \(expected)", remedy: "write \(expected)")
        }
        return result
    }

    /// The value of `key` as `read` takes it.
    mutating func required<T>(_ key: String, _ expected: String, _ read: (JSONValue) throws -> T?) throws -> T {
        guard let result = try optional(key, expected, read) else {
            throw error(key, "is missing", remedy: "write \(expected)")
        }
        return result
    }

    /// An object within this one, which `body` reads; false if it is absent.
    @discardableResult
    mutating func object(_ key: String, _ body: (inout ConfigurationObject) throws -> Void) throws -> Bool {
        let values = try optional(key, "an object") { if case .object(let values) = $0 { values } else { nil } }
        guard let values else { return false }
        var object = ConfigurationObject(path: path, prefix: "\(prefix)\(key).", values: values)
        try body(&object)
        try object.finish()
        return true
    }

    /// A list of objects, each of which `body` reads.
    mutating func objects<T>(_ key: String, _ body: (inout ConfigurationObject) throws -> T) throws -> [T] {
        let list = try required(key, "a list of objects") { if case .array(let list) = $0 { list } else { nil } }
        return try list.enumerated().map { place, value in
            guard case .object(let values) = value else {
                throw error("\(key)[\(place)]", "is not an object", remedy: "write an object in braces")
            }
            var object = ConfigurationObject(path: path, prefix: "\(prefix)\(key)[\(place)].", values: values)
            let result = try body(&object)
            try object.finish()
            return result
        }
    }
}
