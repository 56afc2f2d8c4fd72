extension Configuration {
    /// Reads a configuration from a JSON file, and the genesis and key files that it names.
    ///
    /// Required are `genesis` and `identity` (paths), `directory`, `listen` (an address) and `peers`, a list of objects
    /// with `key` and `address`. Everything else is named as the properties here; durations are texts such as "50ms",
    /// sizes such as "64 MiB"; `retention` is an object with one of `blocks`, `size` and `days`. Relative paths are relative to the file.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`, naming file, key and the way out.
    public init(contentsOf path: String) throws {
        var file = try ConfigurationObject(contentsOf: path, what: "configuration file")
        let genesis = try file.requiredString("genesis", "the path of the genesis file")
        let identity = try file.requiredString("identity", "the path of the key file")
        let directory = try file.requiredString("directory", "the path of the directory for the log")
        let listen = try file.endpoint("listen")
        var peers = PeerDirectory()
        let known = try file.objects("peers") { peer in (try peer.key("key"), try peer.endpoint("address")) }
        for (key, address) in known { peers[key] = address }
        guard peers.endpoints.count == known.count else {
            throw file.error("peers", "has a key twice", remedy: "list each replica once")
        }
        self.init(
            genesis: try Genesis(contentsOf: TextFile.resolve(genesis, relativeTo: path)),
            identity: try Identity(contentsOf: TextFile.resolve(identity, relativeTo: path)),
            directory: TextFile.resolve(directory, relativeTo: path), listen: listen, peers: peers)
        try readOptions(&file)
        try file.finish()
        do {
            try validate()
        } catch let error as ReplicaError {
            throw ReplicaError(error.code, "\(path): \(error.message)", remedy: error.remedy, cause: error.cause)
        }
    }

    private mutating func readOptions(_ file: inout ConfigurationObject) throws {
        try file.object("pacemaker") { pacemaker in
            let kind = try pacemaker.choice("kind", PacemakerKind.self) ?? .asSoonAsPossible
            var cadence = Cadence(
                interval: try pacemaker.duration("interval"), heartbeat: try pacemaker.duration("heartbeat"))
            cadence.lead.blocks = try pacemaker.integer("leadBlocks", in: 1...Bounds.lead)
            cadence.lead.size = try pacemaker.size("leadSize")
            cadence.lead.time = try pacemaker.duration("leadTime")
            switch kind {
            case .asSoonAsPossible: cadence.interval = nil
            case .byHand:
                self.pacemaker = .byHand
                return
            case .every:
                guard let interval = cadence.interval, interval > .zero else {
                    throw pacemaker.error("interval", "is missing", remedy: "write a duration such as \"50ms\"")
                }
            }
            self.pacemaker = cadence
        }
        try file.object("viewDuration") { view in
            let standard = ExponentialViewDuration()
            let base = try view.duration("base") ?? standard.base
            let ceiling = try view.duration("ceiling") ?? max(base, standard.ceiling)
            guard base >= .milliseconds(10), ceiling >= base else {
                throw view.error(
                    "base", "is \(base), with a ceiling of \(ceiling)",
                    remedy: "use at least 10ms, and a ceiling not below it")
            }
            let factor = try view.integer("idleFactor", in: 1...100) ?? standard.idleFactor
            viewDuration = ExponentialViewDuration(base: base, ceiling: ceiling, idleFactor: factor)
        }
        try file.object("speculation") { speculation in
            self.speculation.bufferDepth =
                try speculation.integer("bufferDepth", in: 0...Bounds.bufferDepth) ?? self.speculation.bufferDepth
            self.speculation.adaptsBuffer =
                try speculation.boolean("adaptsBuffer") ?? self.speculation.adaptsBuffer
            self.speculation.followers =
                try speculation.choice("followers", FollowerExecution.self) ?? self.speculation.followers
        }
        let asked = try file.choice("voting", VotingKind.self)
        let limit = try file.duration("votingLimit")
        switch asked {
        case nil: break
        case .whenHeld: voting = .whenHeld
        case .whenDecodable: voting = .whenDecodable
        case .whenValid: voting = .whenValid(limit: limit ?? .milliseconds(500))
        }
        if limit != nil, asked != .whenValid {
            throw file.error("votingLimit", "has no use", remedy: "remove it, or write \"voting\": \"whenValid\"")
        }
        window = try file.integer("window", in: 1...genesis.maxWindow)
        decidedQueue = try file.size("decidedQueue") ?? decidedQueue
        commandQueue = try file.size("commandQueue") ?? commandQueue
        try file.object("retention") { retention in
            let kept: [Retention] = [
                try retention.integer("blocks", in: 1...Int(Bounds.keptBlocks)).map { .blocks(UInt64($0)) },
                try retention.size("size").map { .size($0) },
                try retention.integer("days", in: 1...Int(Bounds.keptDays)).map { .days(UInt64($0)) },
            ].compactMap(\.self)
            guard kept.count <= 1 else {
                throw retention.error(
                    "blocks", "is not the only limit", remedy: "write one of \"blocks\", \"size\" and \"days\"")
            }
            self.retention = kept.first ?? .everything
        }
        servedBlocks = try file.integer("servedBlocks", in: 0...Bounds.servedBlocks) ?? servedBlocks
        try file.object("space") { space in
            self.space.reserve = try space.size("reserve") ?? self.space.reserve
            self.space.patience = try space.duration("patience") ?? self.space.patience
        }
        eventBuffer = try file.integer("eventBuffer", in: 1...Bounds.eventBuffer) ?? eventBuffer
        verifierThreads = try file.integer("verifierThreads", in: 1...Bounds.verifierThreads) ?? verifierThreads
        machineCores =
            try file.optional("machineCores", "a list of cores' numbers, such as [0]") {
                guard case .array(let values) = $0 else { return nil }
                var cores: [Int] = []
                for value in values {
                    guard case .integer(let core) = value, let core = Int(exactly: core) else { return nil }
                    cores.append(core)
                }
                return cores
            } ?? machineCores
        emulatedDelay = try file.duration("emulatedDelay") ?? emulatedDelay
        application =
            try file.optional("application", "an object of texts") {
                guard case .object(let values) = $0 else { return nil }
                var texts: [String: String] = [:]
                for (key, value) in values {
                    guard case .string(let text) = value else { return nil }
                    texts[key] = text
                }
                return texts
            } ?? [:]
    }

    /// What a file calls `Voting`.
    private enum VotingKind: String, CaseIterable {
        case whenHeld
        case whenDecodable
        case whenValid
    }

    /// The names of the pacemakers in a file.
    private enum PacemakerKind: String, CaseIterable {
        case asSoonAsPossible
        case every
        case byHand
    }

    /// Writes what `init(contentsOf:)` reads to a new file that names these genesis and key files; paths below its own
    /// directory are written relative to it.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`, also if there is such a file, or if a pacemaker or view
    ///   duration is one that a file cannot name.
    public func write(to path: String, genesis: String, identity: String) throws {
        let standard = Configuration(
            genesis: self.genesis, identity: self.identity, directory: directory, listen: listen, peers: peers)
        var values: [String: JSONValue] = [
            "genesis": .string(TextFile.shorten(genesis, relativeTo: path)),
            "identity": .string(TextFile.shorten(identity, relativeTo: path)),
            "directory": .string(TextFile.shorten(directory, relativeTo: path)),
            "listen": .string(listen.description),
            "peers": .array(
                peers.endpoints.sorted { $0.key < $1.key }.map {
                    .object(["key": .string($0.key.base64), "address": .string($0.value.description)])
                }),
            "pacemaker": .object(try pacemakerValues()),
            "viewDuration": .object(try viewDurationValues()),
            "speculation": .object([
                "bufferDepth": .integer(Int64(speculation.bufferDepth)),
                "adaptsBuffer": .bool(speculation.adaptsBuffer),
                "followers": .string(speculation.followers.rawValue),
            ]),
        ]
        switch voting {
        case .whenHeld: values["voting"] = .string(VotingKind.whenHeld.rawValue)
        case .whenDecodable: values["voting"] = .string(VotingKind.whenDecodable.rawValue)
        case .whenValid(let limit):
            values["voting"] = .string(VotingKind.whenValid.rawValue)
            values["votingLimit"] = .string(ConfigurationText.text(limit))
        }
        if let window { values["window"] = .integer(Int64(window)) }
        if decidedQueue != standard.decidedQueue { values["decidedQueue"] = .string(decidedQueue.description) }
        if commandQueue != standard.commandQueue { values["commandQueue"] = .string(commandQueue.description) }
        switch retention {
        case .everything: break
        case .blocks(let count): values["retention"] = .object(["blocks": .integer(Int64(clamping: count))])
        case .size(let size): values["retention"] = .object(["size": .string(size.description)])
        case .days(let days): values["retention"] = .object(["days": .integer(Int64(clamping: days))])
        }
        if servedBlocks != standard.servedBlocks { values["servedBlocks"] = .integer(Int64(servedBlocks)) }
        if space != standard.space {
            values["space"] = .object([
                "reserve": .string(space.reserve.description),
                "patience": .string(ConfigurationText.text(space.patience)),
            ])
        }
        if eventBuffer != standard.eventBuffer { values["eventBuffer"] = .integer(Int64(eventBuffer)) }
        if verifierThreads != standard.verifierThreads { values["verifierThreads"] = .integer(Int64(verifierThreads)) }
        if !machineCores.isEmpty {
            values["machineCores"] = .array(machineCores.map { .integer(Int64($0)) })
        }
        if emulatedDelay != .zero { values["emulatedDelay"] = .string(ConfigurationText.text(emulatedDelay)) }
        if !application.isEmpty { values["application"] = .object(application.mapValues { .string($0) }) }
        try JSONValue.object(values).write(to: path, what: "configuration file")
    }

    private func pacemakerValues() throws -> [String: JSONValue] {
        switch pacemaker {
        case let cadence as Cadence:
            let kind: PacemakerKind = cadence.interval == nil ? .asSoonAsPossible : .every
            var values: [String: JSONValue] = ["kind": .string(kind.rawValue)]
            if let interval = cadence.interval { values["interval"] = .string(ConfigurationText.text(interval)) }
            if let heartbeat = cadence.heartbeat { values["heartbeat"] = .string(ConfigurationText.text(heartbeat)) }
            if let blocks = cadence.lead.blocks { values["leadBlocks"] = .integer(Int64(blocks)) }
            if let size = cadence.lead.size { values["leadSize"] = .string(size.description) }
            if let time = cadence.lead.time { values["leadTime"] = .string(ConfigurationText.text(time)) }
            return values
        case is ByHand: return ["kind": .string(PacemakerKind.byHand.rawValue)]
        default:
            throw ReplicaError(
                .invalidConfiguration,
                "a configuration file cannot name a pacemaker of the type \(type(of: pacemaker))",
                remedy: "set it in the program")
        }
    }

    private func viewDurationValues() throws -> [String: JSONValue] {
        guard let duration = viewDuration as? ExponentialViewDuration else {
            throw ReplicaError(
                .invalidConfiguration,
                "a configuration file cannot name a view duration of the type \(type(of: viewDuration))",
                remedy: "set it in the program")
        }
        return [
            "base": .string(ConfigurationText.text(duration.base)),
            "ceiling": .string(ConfigurationText.text(duration.ceiling)),
            "idleFactor": .integer(Int64(duration.idleFactor)),
        ]
    }
}
