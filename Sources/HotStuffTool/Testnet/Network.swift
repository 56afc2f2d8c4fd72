import Foundation
import HotStuff

/// What a network on this machine is to be like.
struct NetworkPlan {
    /// Where everything is written.
    var directory: String
    /// Which state machine its replicas run.
    var application: Application
    /// A port on the loopback address for each replica; 0 for one that each takes when it starts.
    var ports: [UInt16] = []
    /// What else a configuration says.
    var adjust: (inout HotStuff.Configuration) -> Void = { _ in }

    /// How many replicas a network may have.
    static let sizes = 1...64

    /// A network of this application, in this directory.
    init(directory: String, application: Application) {
        self.directory = directory
        self.application = application
    }
}

/// A network on this machine: a genesis, and for each replica a key, a configuration and a log.
struct Network: Sendable {
    /// The chain's name, which tells it from other test networks.
    let chainName: String
    /// The replicas, in the order of their numbers.
    let members: [Member]

    /// One replica's files.
    struct Member: Sendable, Hashable {
        /// Its number in this network, from 0.
        let number: Int
        /// Who it is.
        let key: ValidatorKey
        /// Where it accepts peers.
        let endpoint: Endpoint
        /// The directory with all of its files.
        let directory: String

        /// The configuration file.
        var configurationPath: String { "\(directory)/config.json" }
        /// The key file.
        var keyPath: String { "\(directory)/key" }
        /// The directory of its log.
        var logPath: String { "\(directory)/data" }
        /// What its peers have signed, where it is a witness to that.
        var witnessPath: String { "\(directory)/witness.txt" }
        /// Its control socket, while it runs.
        var socketPath: String { "\(logPath)/\(ReplicaService.socketName)" }
    }

    /// Makes the network that `plan` describes.
    ///
    /// - Throws: `ToolError`, `ReplicaError`: also if there is anything in the way; what was there stays as it was.
    init(making plan: NetworkPlan) throws {
        try Self.claim(plan)
        chainName = "testnet-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        var members: [Member] = []
        var identities: [Identity] = []
        for (number, port) in plan.ports.enumerated() {
            let directory = "\(plan.directory)/replica-\(number)"
            try Self.makeDirectory(directory)
            let identity = try Identity.generate(writingTo: "\(directory)/key")
            identities.append(identity)
            members.append(
                Member(
                    number: number, key: identity.key, endpoint: Endpoint(host: "127.0.0.1", port: port),
                    directory: directory))
        }
        self.members = members
        let genesisPath = "\(plan.directory)/genesis.json"
        let validators = try ValidatorSet(members.map { Validator(key: $0.key, power: 1) })
        let genesis = Genesis(chainName: chainName, validators: validators)
        try genesis.write(to: genesisPath)
        for (member, identity) in zip(members, identities) {
            var configuration = HotStuff.Configuration(
                genesis: genesis, identity: identity, directory: member.logPath, listen: member.endpoint,
                peers: PeerDirectory(
                    Dictionary(
                        uniqueKeysWithValues: members.filter { $0 != member }.map { ($0.key, $0.endpoint) })))
            configuration.application = plan.application.values
            plan.adjust(&configuration)
            // Relative, so that the whole network may be moved.
            try configuration.write(
                to: member.configurationPath, genesis: "../genesis.json", identity: member.keyPath)
            try Replica.format(configuration)
        }
    }

    /// The replica with this key in base64; nil if it is none of the network's.
    func number(ofKey base64: String) -> Int? { members.first { $0.key.base64 == base64 }?.number }

    /// Makes the directory, and sees that nothing in it is in the way.
    private static func claim(_ plan: NetworkPlan) throws {
        for place in plan.directory.indices.dropFirst() where plan.directory[place] == "/" {
            let parent = String(plan.directory[..<place])
            guard mkdir(parent, 0o755) == 0 || errno == EEXIST else { throw unusable(parent) }
        }
        guard mkdir(plan.directory, 0o755) == 0 || errno == EEXIST else { throw unusable(plan.directory) }
        for name in ["genesis.json"] + plan.ports.indices.map({ "replica-\($0)" }) {
            let path = "\(plan.directory)/\(name)"
            var facts = stat()
            guard lstat(path, &facts) != 0 else {
                throw ToolError(
                    "\(path) exists already, and testnet overwrites nothing",
                    remedy: "choose another directory, or remove it if nobody needs it")
            }
            guard errno == ENOENT else { throw unusable(plan.directory) }
        }
    }

    private static func makeDirectory(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 else { throw unusable(path) }
    }

    private static func unusable(_ path: String) -> ToolError {
        ToolError(
            system: "cannot make the directory \(path)", remedy: "choose a directory that this user may write to")
    }
}
