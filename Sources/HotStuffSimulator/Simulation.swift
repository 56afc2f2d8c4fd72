public import HotStuffCore

/// Whole clusters in virtual time, one thread, one seed a run; the code under test is the code that ships.
///
/// ```swift
/// var simulation = Simulation()
/// simulation.proposeTime = .milliseconds(100)
/// try simulation.run(seeds: 0..<200) { _ in Counter() }
/// ```
///
/// In every run up to a third of the replicas may lie, any may crash, links and disks fail; then all is healed and
/// everything must get on. Checked are agreement, durability, and that every replica's state is what plain execution
/// of the committed blocks gives, by `stateDigest`: a machine without one is not compared.
public struct Simulation: Sendable {
    /// How many validators.
    public var replicas = 4
    /// How long things go wrong in each run, in virtual time; then all is healed, and everything must get on.
    ///
    /// A minute of a cluster takes some seconds in a debug build.
    public var duration: Duration = .seconds(20)
    /// What may go wrong.
    public var faults = Faults.all
    /// `L`.
    public var commitChainLength = 2
    /// How many proposals are made ahead.
    public var bufferDepth = 3
    /// Virtual time that `propose` is said to take.
    public var proposeTime: Duration = .milliseconds(20)
    /// Virtual time that `execute` is said to take.
    public var executeTime: Duration = .milliseconds(20)
    /// Virtual time from a replica to another and back.
    public var roundTrip: Duration = .milliseconds(50)

    /// Four replicas, all faults, twenty seconds.
    public init() {}

    /// Groups of faults.
    public struct Faults: OptionSet, Sendable, Hashable {
        /// One bit a group.
        public let rawValue: UInt32
        /// The groups of these bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Replicas crash, stop for a while, start with another configuration; clocks run wrong.
        public static let crashes = Faults(rawValue: 1)
        /// Replicas are cut from each other.
        public static let partitions = Faults(rawValue: 2)
        /// Messages are lost and come twice.
        public static let losses = Faults(rawValue: 4)
        /// Disks are slow and fail.
        public static let storage = Faults(rawValue: 8)
        /// Up to a third of the validators lie.
        public static let byzantine = Faults(rawValue: 16)
        /// Leaders propose bytes that the state machine does not take.
        public static let hostilePayloads = Faults(rawValue: 32)
        /// All of them.
        public static let all: Faults = [.crashes, .partitions, .losses, .storage, .byzantine, .hostilePayloads]
    }

    /// Runs one cluster a seed.
    ///
    /// - Parameter makeStateMachine: makes the machine of one replica, at each of its starts; its context's directory
    ///   is empty, so a machine with tables of its own must do without them here.
    /// - Throws: `SimulationFailure`, for the first seed that fails, with its shortened schedule.
    @discardableResult
    public func run<Machine: StateMachine & ~Copyable>(
        seeds: Range<UInt64>, _ makeStateMachine: @escaping @Sendable (StateMachineContext) throws -> Machine
    ) throws -> SimulationReport {
        try run(seeds: seeds, maker: .making { context, _ in try makeStateMachine(context) }, commands: nil)
    }

    /// Runs one cluster a seed, of a machine that applies commands, fed with commands made from the seed.
    ///
    /// - Parameters:
    ///   - makeStateMachine: makes the machine of one replica, at each of its starts.
    ///   - command: makes a command; draws from nothing but the generator.
    /// - Throws: `SimulationFailure`, for the first seed that fails, with its shortened schedule.
    @discardableResult
    public func run<Machine: CommandStateMachine & ~Copyable>(
        seeds: Range<UInt64>, _ makeStateMachine: @escaping @Sendable () -> Machine,
        command: @escaping @Sendable (inout any RandomNumberGenerator) -> Machine.Command
    ) throws -> SimulationReport {
        try run(seeds: seeds, maker: .making { context, _ in CommandBlocks(makeStateMachine(), context: context) }) {
            $0.command(command)
        }
    }

    /// Makes the bytes of a command.
    typealias CommandMaker = @Sendable (inout SeededRandom) -> Payload

    private func run(seeds: Range<UInt64>, maker: MachineMaker, commands: CommandMaker?) throws -> SimulationReport {
        var tally = Tally()
        var payloads = 0
        var simulated = Duration.zero
        for seed in seeds {
            let plan = plan(seed: seed)
            let outcome = outcome(plan, maker, commands)
            if let violation = outcome.violation { throw failure(plan, violation, maker, commands) }
            tally.add(outcome.tally)
            payloads += outcome.payloads
            simulated += outcome.simulated
        }
        return SimulationReport(runs: seeds.count, payloads: payloads, simulated: simulated, tally: tally)
    }

    private func outcome(_ plan: RunPlan, _ maker: MachineMaker, _ commands: CommandMaker?) -> RunOutcome {
        plan.run(maker: maker, prepare: { world in if let commands { world.feed(commands) } })
    }

    private func failure(
        _ plan: RunPlan, _ violation: Violation, _ maker: MachineMaker, _ commands: CommandMaker?
    ) -> SimulationFailure {
        let shrinking = Shrinking(
            run: { cuts in
                var changed = plan
                cuts.apply(to: &changed)
                return (outcome(changed, maker, commands), changed)
            }, violation: violation)
        let smallest = shrinking.shrink(plan)
        return SimulationFailure(
            seed: plan.seed, plan: smallest.plan, violation: smallest.violation,
            replay: "run(seeds: \(plan.seed)..<\(plan.seed + 1)) with these settings")
    }

    /// The run of a seed, with what this simulation fixes.
    func plan(seed: UInt64) -> RunPlan {
        var swarm = Swarm()
        swarm.replicas = replicas
        swarm.phase = duration
        swarm.faults = SimulationFaults(rawValue: faults.rawValue)
        var plan = swarm.plan(seed: seed)
        plan.settings.chainLength = commitChainLength
        plan.settings.bufferDepth = bufferDepth
        plan.settings.proposeTime = .around(proposeTime)
        plan.settings.executeTime = .around(executeTime)
        plan.settings.latency = .around(roundTrip / 2)
        plan.settings.encodesMessages = seed.isMultiple(of: 8)
        let needed = (roundTrip + proposeTime + executeTime) * 4
        plan.settings.viewDuration = max(plan.settings.viewDuration, needed)
        plan.settings.viewCeiling = plan.settings.viewDuration * 8
        return plan
    }
}

extension Spread {
    /// From nine tenths of a time to eleven.
    static func around(_ value: Duration) -> Spread { Spread(value * 9 / 10, value * 11 / 10) }
}
