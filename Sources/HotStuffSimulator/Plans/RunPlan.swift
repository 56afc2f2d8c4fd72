internal import HotStuffCore

/// All that a run is made of: a value, drawn from a seed, that can be changed and run again.
struct RunPlan: Sendable {
    /// From which the dice of the run are made.
    let seed: UInt64
    /// The world.
    var settings: WorldSettings
    /// What goes wrong.
    var faults: [PlannedFault] = []
    /// Which validators are Byzantine, and how.
    var byzantine: [ByzantinePart] = []
    /// How long things go wrong.
    var safetyPhase: Duration
    /// After which every Byzantine validator is honest; else they stay as they are in the liveness phase.
    var reformsByzantine = false
    /// Which acts of a script are left out, in the order in which it does them.
    var droppedActs: [Int] = []
    /// How many blocks one life of a sample machine proposes at most.
    var proposals: UInt64 = .max
    /// A replica whose sample machine diverges, and after how many commits.
    var diverging: (replica: Int, after: Int)?
    /// The replica whose blocks the others' sample machines find invalid.
    var invalidBlocksOf: Int?

    /// A Byzantine validator.
    struct ByzantinePart: Sendable, Hashable, CustomStringConvertible {
        /// Which.
        let replica: Int
        /// What it does.
        let kind: ByzantineKind
        /// In words.
        var description: String { "\(replica) is a \(kind)" }
    }

    /// The schedule, for people.
    var schedule: [String] {
        byzantine.map(\.description) + faults.sorted { $0.at < $1.at }.map(\.description)
    }
}

/// What became of a run.
struct RunOutcome: Sendable {
    /// The promise that was broken, if one was.
    let violation: Violation?
    /// What the run was made of.
    let tally: Tally
    /// `L`.
    let chainLength: Int
    /// Blocks that committed.
    let blocks: Int
    /// Those with a payload.
    let payloads: Int
    /// Events that happened.
    let steps: Int
    /// How long it was, in virtual time.
    let simulated: Duration
    /// Of the whole trace.
    let digest: UInt64
    /// How many acts a script did, those left out included.
    let acts: Int
}

extension RunOutcome {
    /// What a world has come to.
    init(_ world: World) {
        violation = world.checks.violation
        tally = world.tally
        chainLength = world.settings.chainLength
        blocks = world.checks.history.count
        payloads = world.checks.payloads
        steps = world.steps
        simulated = .nanoseconds(Int64(world.now))
        digest = world.trace.digest
        acts = world.acts
    }
}

extension RunPlan {
    /// Runs it: a phase in which things go wrong, then one in which nothing does and everything must get on.
    func run(
        maker: MachineMaker? = nil, watch: ((TraceEvent) -> Void)? = nil, prepare: ((World) -> Void)? = nil
    ) -> RunOutcome {
        let world: World
        do {
            world = try makeWorld(maker: maker, watch: watch)
        } catch {
            preconditionFailure("a world cannot be made: \(error)")
        }
        prepare?(world)
        world.start()
        world.run(for: safetyPhase)
        if world.checks.violation == nil { Recovery(world).check(reformsByzantine: reformsByzantine) }
        return RunOutcome(world)
    }

    /// A world of this plan, in which nothing has begun.
    func makeWorld(maker: MachineMaker? = nil, watch: ((TraceEvent) -> Void)? = nil) throws -> World {
        let world = try World(settings, seed: seed, maker: maker ?? .sample(self), watch: watch)
        for part in byzantine {
            world.nodes[part.replica].behaviour = part.kind.make()
            world.tally.count(.byzantine)
        }
        for _ in settings.twins { world.tally.count(.twins) }
        world.plan(faults)
        world.droppedActs = droppedActs
        return world
    }
}

extension MachineMaker {
    /// Sample machines as a plan wants them; no two of their proposals are equal.
    static func sample(_ plan: RunPlan) -> MachineMaker {
        let (proposals, diverging, invalid) = (plan.proposals, plan.diverging, plan.invalidBlocksOf)
        return .making { _, place in
            var habits = SampleMachine.Habits(proposals: proposals)
            if let diverging, diverging.replica == place.node { habits.divergesAfter = diverging.after }
            habits.refusesBlocksOf = invalid.map { UInt64($0 + 1) }
            let name = UInt64(place.node + 1) << 16 | UInt64(place.life)
            return SampleMachine(name: name, habits: habits, quiet: place.isQuiet)
        }
    }
}
