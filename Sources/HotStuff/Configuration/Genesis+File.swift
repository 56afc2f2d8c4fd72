#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Genesis {
    /// Reads a genesis configuration from a JSON file.
    ///
    /// Required are `chainName` and `validators`, a list of objects with `key` (base64) and `power`; everything else
    /// is named as the properties here, sizes as texts such as "64 MiB", `applicationData` in base64.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`, naming file, key and the way out.
    public init(contentsOf path: String) throws {
        var file = try ConfigurationObject(contentsOf: path, what: "genesis file")
        let name = try file.requiredString("chainName", "a name of 1 to 255 bytes")
        let members = try file.objects("validators") { member in
            Validator(
                key: try member.key("key"),
                power: UInt64(try member.integer("power", in: 1...Int.max / 3) ?? 1))
        }
        do throws(ValidatorSet.Invalid) {
            self.init(chainName: name, validators: try ValidatorSet(members))
        } catch {
            throw file.error("validators", "are no validator set: \(error)", remedy: "correct the list")
        }
        commitChainLength = try file.integer("commitChainLength", in: 2...3) ?? commitChainLength
        viewLimit = try file.integer("viewLimit", in: 1...Int.max)
        maxWindow = try file.integer("maxWindow", in: 1...Limits.window) ?? maxWindow
        maxWindowSize = try file.size("maxWindowSize") ?? maxWindowSize
        payloadLimit = try file.size("payloadLimit") ?? payloadLimit
        _ = try file.optional("rotation", "\"round-robin\", the only rotation that a file can name") {
            $0 == .string(RoundRobin().name) ? true : nil
        }
        let data = try file.optional("applicationData", "bytes in base64") {
            if case .string(let text) = $0 { Data(base64Encoded: text) } else { nil }
        }
        applicationData = data.map { Array($0) } ?? []
        try file.finish()
        do throws(Invalid) {
            try validate()
        } catch {
            throw ReplicaError(
                .invalidConfiguration, "\(path): \(error)", remedy: "change it for all replicas alike", cause: error)
        }
    }

    /// Writes what `init(contentsOf:)` reads to a new file.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`, also if there is such a file, or if the leader rotation is
    ///   one that a file cannot name.
    public func write(to path: String) throws {
        guard rotation is RoundRobin else {
            throw ReplicaError(
                .invalidConfiguration, "a genesis file cannot name the rotation \"\(rotation.name)\"",
                remedy: "make the genesis in the program")
        }
        var values: [String: JSONValue] = [
            "chainName": .string(chainName),
            "validators": .array(
                validators.members.map {
                    .object(["key": .string($0.key.base64), "power": .integer(Int64(clamping: $0.power))])
                }),
            "commitChainLength": .integer(Int64(commitChainLength)),
            "maxWindow": .integer(Int64(maxWindow)),
            "maxWindowSize": .string(maxWindowSize.description),
            "payloadLimit": .string(payloadLimit.description),
            "rotation": .string(rotation.name),
        ]
        if let viewLimit { values["viewLimit"] = .integer(Int64(viewLimit)) }
        if !applicationData.isEmpty {
            values["applicationData"] = .string(Data(applicationData).base64EncodedString())
        }
        try JSONValue.object(values).write(to: path, what: "genesis file")
    }
}
