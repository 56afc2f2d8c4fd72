public import HotStuffCore

/// One machine, no cluster: random proposals, executions, commits, roll backs and restarts, against machines that were
/// only ever given blocks to execute.
///
/// What a cluster would report as divergence at some height, this reports as the call after which the states differed.
/// States are compared by `stateDigest`, so the machine needs one.
public struct ContractCheck: Sendable {
    /// How many calls each seed makes, about.
    public var calls = 120

    /// A check of about 120 calls a seed.
    public init() {}

    /// Checks a machine.
    ///
    /// - Parameter makeStateMachine: makes a machine without history; called several times a seed. Its context's
    ///   directory is empty, so a machine with tables of its own must do without them here.
    /// - Throws: `SimulationFailure` with the calls that led to it, for the first seed that fails.
    public func run<Machine: StateMachine & ~Copyable>(
        seeds: Range<UInt64>, _ makeStateMachine: @escaping @Sendable (StateMachineContext) throws -> Machine
    ) throws {
        try run(seeds: seeds, makeStateMachine, feed: { _, _ in })
    }

    /// Checks a machine that applies commands, fed with commands made from the seed.
    ///
    /// - Parameters:
    ///   - makeStateMachine: makes a machine without history; called several times a seed.
    ///   - command: makes a command; draws from nothing but the generator.
    /// - Throws: `SimulationFailure` with the calls that led to it, for the first seed that fails.
    public func run<Machine: CommandStateMachine & ~Copyable>(
        seeds: Range<UInt64>, _ makeStateMachine: @escaping @Sendable () -> Machine,
        command: @escaping @Sendable (inout any RandomNumberGenerator) -> Machine.Command
    ) throws {
        let make: @Sendable (StateMachineContext) throws -> CommandBlocks<Machine> = { context in
            CommandBlocks(makeStateMachine(), context: context)
        }
        try run(seeds: seeds, make) { queue, random in
            for _ in 0..<random.within(0...3) {
                // A full queue refuses; that is its client's business.
                try? queue.submit(random.command(command), id: random.nextCommand()) { _ in }
            }
        }
    }

    private func run<Machine: StateMachine & ~Copyable>(
        seeds: Range<UInt64>, _ make: @escaping @Sendable (StateMachineContext) throws -> Machine,
        feed: @escaping (CommandQueue, inout SeededRandom) -> Void
    ) throws {
        var proposals = 0
        for seed in seeds {
            var script = ContractScript<Machine>(seed: seed, make: make, feed: feed)
            do {
                try script.play(calls: calls)
            } catch {
                throw SimulationFailure(seed: seed, text: "\(error)\n  after \(script.story)")
            }
            proposals += script.proposals
        }
        guard proposals > 0 || seeds.isEmpty else {
            throw SimulationFailure(
                seed: seeds.lowerBound, text: "the machine never had anything to propose, so nothing was checked")
        }
    }
}

/// What a state machine did that its contract forbids.
struct ContractBreach: Error, CustomStringConvertible {
    let description: String
}

extension SeededRandom {
    /// A command's payload, drawn from this generator.
    mutating func command<Command: PayloadCodable>(
        _ make: (inout any RandomNumberGenerator) -> Command
    ) -> Payload {
        var generator: any RandomNumberGenerator = self
        let made = make(&generator).payload
        if let used = generator as? SeededRandom { self = used }
        return made
    }

    /// A name for a command that no other command of this generator has, one client's in rising order.
    mutating func nextCommand() -> CommandID { CommandID(client: next(), sequence: 1) }
}
