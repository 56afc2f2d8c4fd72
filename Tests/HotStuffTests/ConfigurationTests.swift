import HotStuff
import Testing

@Suite("Configuration files")
struct ConfigurationTests {
    @Test("what is written is read again, with paths relative to the file")
    func roundTrip() throws {
        let files = try Files()
        var configuration = Configuration(
            genesis: files.genesis, identity: files.identity, directory: "\(files.directory)/replica-0/data",
            listen: Endpoint(host: "::1", port: 7000),
            peers: PeerDirectory([files.identity.key: Endpoint(host: "a.example", port: 1)]))
        configuration.pacemaker = Cadence(
            interval: .milliseconds(20), heartbeat: .milliseconds(70),
            lead: LeadLimit(blocks: 9, size: .kibibytes(2), time: .milliseconds(400)))
        configuration.viewDuration = ExponentialViewDuration(
            base: .milliseconds(300), ceiling: .seconds(9), idleFactor: 3)
        configuration.speculation = .init(bufferDepth: 7, adaptsBuffer: false)
        configuration.voting = .whenHeld
        configuration.window = 12
        configuration.decidedQueue = .mebibytes(3)
        configuration.commandQueue = .kibibytes(5)
        configuration.retention = .days(30)
        configuration.servedBlocks = 77
        configuration.space = .init(reserve: .mebibytes(7), patience: .seconds(90))
        configuration.eventBuffer = 9
        configuration.verifierThreads = 2
        configuration.machineCores = [2, 0]
        configuration.emulatedDelay = .microseconds(1500)
        configuration.application = ["machine": "key-value"]
        let path = "\(files.directory)/config.json"
        try configuration.write(to: path, genesis: files.genesisPath, identity: files.keyPath)

        let text = try read(path)
        #expect(text.contains("\"replica-0/data\""))
        #expect(!text.contains(files.directory))
        let again = try Configuration(contentsOf: path)
        #expect(again.genesis.chainID == configuration.genesis.chainID)
        #expect(again.identity.key == configuration.identity.key)
        #expect(again.directory == configuration.directory)
        #expect(again.listen == configuration.listen)
        #expect(again.peers == configuration.peers)
        let cadence = again.pacemaker as? Cadence
        #expect(cadence?.interval == .milliseconds(20))
        #expect(cadence?.heartbeat == .milliseconds(70))
        #expect(cadence?.lead == LeadLimit(blocks: 9, size: .kibibytes(2), time: .milliseconds(400)))
        #expect(again.viewDuration.duration(of: View(0), timeoutsSinceCommit: 0) == .milliseconds(300))
        #expect(again.viewDuration.duration(of: View(0), timeoutsSinceCommit: 9) == .seconds(9))
        #expect(again.viewDuration.idleFactor == 3)
        #expect(again.speculation == configuration.speculation)
        #expect(again.voting == .whenHeld)
        #expect(again.window == 12)
        #expect(again.decidedQueue == .mebibytes(3))
        #expect(again.commandQueue == .kibibytes(5))
        #expect(again.retention == .days(30))
        #expect(again.servedBlocks == 77)
        #expect(again.space == .init(reserve: .mebibytes(7), patience: .seconds(90)))
        #expect(again.eventBuffer == 9)
        #expect(again.verifierThreads == 2)
        #expect(again.machineCores == [2, 0])
        #expect(again.emulatedDelay == .microseconds(1500))
        #expect(again.application == ["machine": "key-value"])
    }

    @Test(
        "what is kept of the log is written and read",
        arguments: [Retention.blocks(10_000), .size(.gibibytes(64)), .everything])
    func retention(retention: Retention) throws {
        let files = try Files()
        var configuration = Configuration(
            genesis: files.genesis, identity: files.identity, directory: "\(files.directory)/data",
            listen: Endpoint(host: "::1", port: 7000), peers: PeerDirectory())
        configuration.retention = retention
        let path = "\(files.directory)/config.json"
        try configuration.write(to: path, genesis: files.genesisPath, identity: files.keyPath)
        #expect(try Configuration(contentsOf: path).retention == retention)
        #expect(try read(path).contains("retention") == (retention != .everything))
    }

    @Test("a genesis is the same chain after writing and reading")
    func genesis() throws {
        let files = try Files()
        var genesis = files.genesis
        genesis.viewLimit = 5
        genesis.commitChainLength = 3
        genesis.maxWindow = 7
        genesis.maxWindowSize = .bytes(4_001)
        genesis.payloadLimit = .bytes(2_000)
        genesis.applicationData = [1, 2, 255]
        try genesis.write(to: "\(files.directory)/other.json")
        #expect(try Genesis(contentsOf: "\(files.directory)/other.json").chainID == genesis.chainID)
    }

    /// Each row: what replaces what in a configuration that is right, and what the error must name.
    @Test(
        "what is wrong is named, with the file",
        arguments: [
            ("\"voting\"", "\"vottng\"", "vottng is not a known key"),
            ("\"whenDecodable\"", "\"sometimes\"", "voting is not one of"),
            ("\"whenDecodable\"", "7", "voting is not one of"),
            ("\"bufferDepth\" : 16", "\"bufferDepth\" : -1", "speculation.bufferDepth is not a whole number from 0"),
            ("\"adaptsBuffer\" : true", "\"adaptsBuffer\" : 1", "speculation.adaptsBuffer is not true or false"),
            ("\"bufferDepth\" : 16", "\"depth\" : 16", "speculation.depth is not a known key"),
            ("\"127.0.0.1:7000\"", "\"127.0.0.1\"", "listen is not an address"),
            ("\"127.0.0.1:7000\"", "\"127.0.0.1:70000\"", "listen is not an address"),
            ("\"listen\"", "\"lissen\"", "listen is missing"),
            ("\"1s\"", "\"1 week\"", "viewDuration.base is not a duration"),
            ("\"1s\"", "\"1ms\"", "viewDuration.base is"),
            ("\"asSoonAsPossible\"", "\"every\"", "pacemaker.interval is missing"),
            ("\"genesis.json\"", "\"nowhere.json\"", "nowhere.json: No such file"),
            ("\"voting\"", "\"retention\": {\"blocks\": 0}, \"voting\"", "retention.blocks is not a whole number"),
            ("\"voting\"", "\"retention\": {\"size\": \"0 B\"}, \"voting\"", "retention keeps the last 0 B"),
            ("\"voting\"", "\"retention\": {\"days\": 1, \"blocks\": 1}, \"voting\"", "is not the only limit"),
            ("\"voting\"", "\"servedBlocks\": -1, \"voting\"", "servedBlocks is not a whole number"),
            ("{", "", "not valid JSON"),
        ])
    func mistakes(original: String, replacement: String, expected: String) throws {
        let files = try Files()
        let right = try files.configurationText()
        #expect(right.contains(original))
        let path = "\(files.directory)/wrong.json"
        try write(right.replacing(original, with: replacement), to: path)
        let error = #expect(throws: ReplicaError.self) { try Configuration(contentsOf: path) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(expected) == true, "\(String(describing: error))")
        #expect(error?.message.contains(files.directory) == true)
        #expect(error?.remedy.isEmpty == false)
        #expect(error.map { "\($0)".contains("\n") } == false)
    }

    @Test("a file that is not there, and one that is a directory, are named")
    func missingFile() throws {
        let files = try Files()
        for path in ["\(files.directory)/none.json", files.directory] {
            let error = #expect(throws: ReplicaError.self) { try Configuration(contentsOf: path) }
            #expect(error?.message.contains(path) == true)
        }
    }

    @Test("values out of their bounds are refused when the replica is made")
    func bounds() throws {
        let network = try Network(1)
        let changes: [(String, @Sendable (inout Configuration) -> Void)] = [
            ("directory", { $0.directory = "" }),
            ("bufferDepth", { $0.speculation.bufferDepth = -1 }),
            ("pacemaker.interval", { $0.pacemaker = .every(.zero) }),
            ("pacemaker.heartbeat", { $0.pacemaker = Cadence(heartbeat: .seconds(-1)) }),
            ("pacemaker.leadBlocks", { $0.pacemaker = Cadence(lead: LeadLimit(blocks: 0)) }),
            ("window", { $0.window = 0 }),
            ("window", { $0.window = $0.genesis.maxWindow + 1 }),
            ("decidedQueue", { $0.decidedQueue = .bytes(-1) }),
            ("commandQueue", { $0.commandQueue = .bytes(0) }),
            ("retention", { $0.retention = .blocks(0) }),
            ("retention", { $0.retention = .blocks(.max) }),
            ("retention", { $0.retention = .size(.bytes(-1)) }),
            ("retention", { $0.retention = .days(.max) }),
            ("servedBlocks", { $0.servedBlocks = -1 }),
            ("space.reserve", { $0.space.reserve = .bytes(-1) }),
            ("space.reserve", { $0.space.reserve = .bytes(.max) }),
            ("space.patience", { $0.space.patience = .seconds(-1) }),
            ("eventBuffer", { $0.eventBuffer = 0 }),
            ("verifierThreads", { $0.verifierThreads = 0 }),
            ("emulatedDelay", { $0.emulatedDelay = .seconds(-1) }),
            ("commit chain length", { $0.genesis.commitChainLength = 4 }),
        ]
        for (name, change) in changes {
            var configuration = network.configurations[0]
            change(&configuration)
            let error = #expect(throws: ReplicaError.self) {
                try Replica(configuration: configuration) { _ in Adder(Probe()) }
            }
            #expect(error?.message.contains(name) == true)
        }
    }

    @Test("a builder without a state machine builds nothing")
    func noMachine() throws {
        let network = try Network(1)
        let error = #expect(throws: ReplicaError.self) { try Replica.builder(network.configurations[0]).build() }
        #expect(error?.code == .invalidConfiguration)
    }
}

@Suite("Key files")
struct IdentityTests {
    @Test("a generated key is read again, prints as its public key, and is not overwritten")
    func generated() throws {
        let files = try Files()
        let path = "\(files.directory)/new.key"
        let identity = try Identity.generate(writingTo: path)
        #expect(try Identity(contentsOf: path).key == identity.key)
        #expect("\(identity)" == identity.key.base64)
        let secret = try read(path).trimmingSuffix { $0.isNewline }
        var dumped = ""
        dump(identity, to: &dumped)
        #expect(!dumped.contains(secret) && !"\(identity)".contains(secret))
        #expect(throws: ReplicaError.self) { try Identity.generate(writingTo: path) }
    }

    @Test("a key file that others may read is refused", arguments: [0o644, 0o640, 0o604, 0o601])
    func readableByOthers(mode: Int) throws {
        let files = try Files()
        setMode(files.keyPath, mode)
        let error = #expect(throws: ReplicaError.self) { try Identity(contentsOf: files.keyPath) }
        #expect(error?.message.contains(files.keyPath) == true)
        #expect(error?.remedy.contains("chmod 600") == true)
        setMode(files.keyPath, 0o600)
        #expect(try Identity(contentsOf: files.keyPath).key == files.identity.key)
    }

    @Test("hexadecimal will do, anything else will not")
    func text() throws {
        let files = try Files()
        let seed = Array(UInt8(0)..<32)
        let digits = seed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        for (number, text) in [digits, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"].enumerated() {
            let path = "\(files.directory)/\(number).key"
            try write(text, to: path, mode: 0o600)
            #expect(try Identity(contentsOf: path).key == Identity(seed: seed)?.key)
        }
        for (number, text) in ["", "abc", String(digits.dropLast()), digits + "0", "AAEC"].enumerated() {
            let path = "\(files.directory)/wrong-\(number).key"
            try write(text, to: path, mode: 0o600)
            let error = #expect(throws: ReplicaError.self) { try Identity(contentsOf: path) }
            #expect(error?.message.contains(text) == false || text.isEmpty)
        }
    }
}
