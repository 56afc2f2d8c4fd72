import ArgumentParser
import HotStuff

/// `hotstuff testnet`: writes everything that a network of replicas on this machine needs.
struct TestnetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "testnet",
        abstract: "Make a network of replicas on this machine: genesis, keys, configurations and formatted logs.",
        discussion: "It overwrites nothing. Replicas may be started in any order.")

    @Option(help: "How many replicas, from 1 to 64.")
    var replicas = 4

    @Option(help: ArgumentHelp("Where to write it all; made if it is missing.", valueName: "directory"))
    var directory: String

    @Option(help: ArgumentHelp("The first replica's port; each next one takes the next.", valueName: "port"))
    var basePort = 7_000

    @Option(help: "Which state machine the replicas run.")
    var application = Application.Kind.keyValue

    @OptionGroup var load: LoadOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        var plan = NetworkPlan(directory: directory, application: load.application(application))
        plan.ports = try (0..<replicas).map { number in
            guard let port = UInt16(exactly: basePort + number), port > 0 else {
                throw ToolError(
                    "replica \(number) would have port \(basePort + number)",
                    remedy: "choose a base port from 1 to \(65_536 - replicas)")
            }
            return port
        }
        let network = try Network(making: plan)
        try output.publish(json(of: network), human: description(of: network))
    }

    private func description(of network: Network) -> String {
        let made = network.members.map { member in
            "  replica-\(member.number): config.json, key (mode 0600), formatted log; \(member.endpoint), "
                + "key \(member.key.base64)"
        }
        let commands = network.members.map { "  hotstuff run --config \($0.configurationPath)" }
        let lines =
            ["made a network of \(replicas) in \(directory), chain \(network.chainName)"]
            + ["  genesis.json, the same for all"] + made + ["start each:"] + commands
        return lines.joined(separator: "\n")
    }

    private func json(of network: Network) -> JSON {
        .object([
            .init(name: "chain", value: .string(network.chainName)),
            .init(name: "directory", value: .string(directory)),
            .init(
                name: "replicas",
                value: .array(
                    network.members.map { member in
                        .object([
                            .init(name: "number", value: .integer(member.number)),
                            .init(name: "key", value: .string(member.key.base64)),
                            .init(name: "address", value: .string("\(member.endpoint)")),
                            .init(name: "config", value: .string(member.configurationPath)),
                        ])
                    })),
        ])
    }

    func validate() throws {
        guard NetworkPlan.sizes.contains(replicas) else {
            throw ValidationError("a test network has 1 to \(NetworkPlan.sizes.upperBound) replicas, not \(replicas)")
        }
    }
}

extension Application.Kind: ExpressibleByArgument {}

/// What a synthetic machine's calls cost.
struct LoadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Synthetic machine: time of a propose().", valueName: "ms"))
    var proposeMs = 20.0

    @Option(help: ArgumentHelp("Synthetic machine: time of an execute().", valueName: "ms"))
    var executeMs = 20.0

    @Option(help: ArgumentHelp("Synthetic machine: size of a payload.", valueName: "bytes"))
    var payloadBytes = 1_024

    /// The machine.
    var machine: SyntheticMachine.Load {
        SyntheticMachine.Load(
            propose: .microseconds(Int64(proposeMs * 1_000)), execute: .microseconds(Int64(executeMs * 1_000)),
            payload: .bytes(payloadBytes))
    }

    /// The application of this kind.
    func application(_ kind: Application.Kind) -> Application {
        switch kind {
        case .keyValue: .keyValue
        case .storedKeyValue: .storedKeyValue
        case .speculativeKeyValue: .speculativeKeyValue
        case .synthetic: .synthetic(machine)
        case .verifiedExchange: .verifiedExchange(blockSize: 100_000, accounts: 100_000)
        }
    }

    func validate() throws {
        for (name, value) in [("--propose-ms", proposeMs), ("--execute-ms", executeMs)]
        where !(0...60_000).contains(value) {
            throw ValidationError("\(name) is \(value); use 0 to 60000")
        }
        guard (1...(32 << 20)).contains(payloadBytes) else {
            throw ValidationError("--payload-bytes is \(payloadBytes); use 1 to \(32 << 20)")
        }
    }
}
