internal import HotStuffCore

/// Draws whole runs from seeds: how many replicas, which faults there are at all, and how often.
///
/// Of the kinds of faults each run has only some, so that every one also gets the chance to happen without the others,
/// which would hide what it does (swarm testing).
struct Swarm {
    /// What a run may have.
    var faults = SimulationFaults.all
    /// How many validators; nil for a draw.
    var replicas: Int?
    /// How long things go wrong; nil for a draw.
    var phase: Duration?

    /// The run of a seed.
    func plan(seed: UInt64) -> RunPlan {
        var random = SeededRandom(seed: seed, stream: 99)
        var settings = WorldSettings()
        settings.replicas = replicas ?? random.pick([4, 4, 4, 4, 5, 6, 7])
        drawPowers(&settings, &random)
        drawProtocol(&settings, &random)
        drawNetwork(&settings, &random)
        drawPace(&settings, &random)
        drawFollowers(&settings, seed: seed)
        let drawn = settings.viewDuration * random.within(4...10)
        var plan = RunPlan(seed: seed, settings: settings, safetyPhase: phase ?? drawn)
        if faults.contains(.byzantine), random.chance(perMille: 500) { drawByzantine(&plan, &random) }
        plan.faults = schedule(for: plan, &random) + diskLosses(for: plan)
        return plan
    }

    private func drawPowers(_ settings: inout WorldSettings, _ random: inout SeededRandom) {
        guard random.chance(perMille: 200) else { return }
        settings.powers = (0..<settings.replicas).map { _ in UInt64(random.within(1...5)) }
    }

    private func drawProtocol(_ settings: inout WorldSettings, _ random: inout SeededRandom) {
        settings.chainLength = random.chance(perMille: 300) ? 3 : 2
        if random.chance(perMille: 250) { settings.viewLimit = random.within(1...6) }
        settings.maxWindow = random.pick([8, 16, 64])
        settings.window = random.chance(perMille: 500) ? random.within(1...settings.maxWindow) : nil
        settings.bufferDepth = random.within(0...4)
        settings.decidedBlocks = random.pick([4, 16, 1_024])
        settings.viewDuration = .milliseconds(random.pick([200, 500, 1_000]))
        settings.viewCeiling = settings.viewDuration * 8
        settings.listeners = random.chance(perMille: 150) ? 1 : 0
        settings.encodesMessages = random.chance(perMille: 250)
    }

    private func drawNetwork(_ settings: inout WorldSettings, _ random: inout SeededRandom) {
        let low = random.pick([0, 1, 5, 20])
        settings.latency = Spread(
            .milliseconds(low), .milliseconds(low + random.pick([1, 10, 40])),
            tailPerMille: random.pick([0, 0, 10, 50]), tail: .milliseconds(random.pick([50, 300])))
        settings.keepsOrder = random.chance(perMille: 600)
        if faults.contains(.losses) {
            if random.chance(perMille: 400) { settings.lossPerMille = random.pick([1, 10, 50, 150]) }
            if random.chance(perMille: 300) { settings.repeatPerMille = random.pick([10, 100, 300]) }
        }
        settings.writeTime = Spread(
            .microseconds(100), .milliseconds(random.pick([1, 2, 10, 30])), tailPerMille: random.pick([0, 0, 20]),
            tail: .milliseconds(200))
    }

    private func drawPace(_ settings: inout WorldSettings, _ random: inout SeededRandom) {
        settings.proposeTime = Spread(
            .milliseconds(random.pick([20, 40])), .milliseconds(random.pick([40, 100])),
            tailPerMille: random.pick([0, 20]), tail: .milliseconds(400))
        settings.executeTime = Spread(
            .milliseconds(random.pick([0, 5])), .milliseconds(random.pick([5, 40])),
            tailPerMille: random.pick([0, 20]), tail: .milliseconds(400))
        settings.paceInterval = .milliseconds(random.pick([0, 0, 30]))
    }

    /// From dice of its own.
    private func drawFollowers(_ settings: inout WorldSettings, seed: UInt64) {
        var random = SeededRandom(seed: seed, stream: 98)
        settings.followers = random.pick([.whenCommitted, .whenCommitted, .whenCertified, .whenReceived])
        if random.chance(perMille: 150) {
            settings.validationLimit = .milliseconds(random.pick([20, 100, 400]))
        }
        settings.idleFactor = random.pick([1, 1, 5])
        if random.chance(perMille: 400) {
            settings.adaptsBuffer = true
            settings.bufferDepth += random.within(0...8)
        }
    }

    /// Byzantine validators whose power is at most `f`.
    private func drawByzantine(_ plan: inout RunPlan, _ random: inout SeededRandom) {
        let total = plan.settings.power
        var left = (total - 1) / 3
        var candidates = Array(0..<plan.settings.replicas)
        while !candidates.isEmpty {
            let number = candidates.remove(at: random.below(candidates.count))
            let power = plan.settings.power(of: number)
            guard power <= left else { continue }
            left -= power
            plan.byzantine.append(
                RunPlan.ByzantinePart(replica: number, kind: random.pick(ByzantineKind.allCases)))
            if random.chance(perMille: 500) { return }
        }
    }

    // MARK: - Schedule

    private func schedule(for plan: RunPlan, _ random: inout SeededRandom) -> [PlannedFault] {
        let kinds = chosenKinds(&random)
        guard !kinds.isEmpty else { return [] }
        let span = plan.safetyPhase
        return (0..<random.within(3...10)).map { _ in
            let at = random.duration(.zero, span)
            let lasting = random.duration(.milliseconds(20), min(span - at, plan.settings.viewDuration * 4))
            return PlannedFault(at: at, lasting: lasting, kind: fault(random.pick(kinds), plan, &random))
        }
    }

    /// Disks that are lost, or exchanged for older copies, of so many validators that the chain can spare them: one that
    /// has forgotten counts as faulty for a while, though it endangers nothing.
    ///
    /// Drawn from dice of their own, so that the other faults of a seed are what they are without.
    private func diskLosses(for plan: RunPlan) -> [PlannedFault] {
        var random = SeededRandom(seed: plan.seed, stream: 98)
        guard faults.contains(.storage), random.chance(perMille: 250) else { return [] }
        var left = (plan.settings.power - 1) / 3
        for part in plan.byzantine { left -= plan.settings.power(of: part.replica) }
        var candidates = (0..<plan.settings.replicas).filter { number in
            !plan.byzantine.contains { $0.replica == number }
        }
        var losses: [PlannedFault] = []
        while !candidates.isEmpty {
            let number = candidates.remove(at: random.below(candidates.count))
            guard plan.settings.power(of: number) <= left else { continue }
            left -= plan.settings.power(of: number)
            for _ in 0..<random.within(1...2) {
                let at = random.duration(.zero, plan.safetyPhase)
                let lasting = random.duration(.milliseconds(20), plan.settings.viewDuration * 3)
                let kind: FaultKind = random.chance(perMille: 500) ? .diskLoss(number) : .restoredCopy(number)
                losses.append(PlannedFault(at: at, lasting: min(lasting, plan.safetyPhase - at), kind: kind))
            }
        }
        return losses
    }

    private func chosenKinds(_ random: inout SeededRandom) -> [Tally.Fault] {
        var all: [Tally.Fault] = [.slowLink, .stall, .quiet, .bursts]
        if faults.contains(.crashes) { all += [.crash, .crashAtWrite, .reconfigured, .pause, .clock] }
        if faults.contains(.partitions) { all += [.partition, .disconnect] }
        if faults.contains(.losses) { all.append(.lost) }
        if faults.contains(.storage) { all += [.slowDisk, .diskFull, .diskFailure] }
        let chosen = all.filter { _ in random.chance(perMille: 400) }
        return chosen.isEmpty ? [random.pick(all)] : chosen
    }

    private func fault(_ kind: Tally.Fault, _ plan: RunPlan, _ random: inout SeededRandom) -> FaultKind {
        let count = plan.settings.replicas
        let node = random.below(count)
        switch kind {
        case .crash: return random.chance(perMille: 150) ? .crashAll : .crash(node)
        case .crashAtWrite: return .crashAtPoint(node, countdown: random.below(60))
        case .reconfigured:
            let local = LocalConfiguration(
                window: random.chance(perMille: 500) ? random.within(1...plan.settings.maxWindow) : nil,
                bufferDepth: random.within(0...4), viewDuration: plan.settings.viewDuration * random.within(1...2))
            return .reconfigure(node, local)
        case .pause: return .pause(node)
        case .clock:
            return random.chance(perMille: 500)
                ? .clockRate(node, perMille: random.within(500...2_000))
                : .clockJump(node, random.duration(.zero, plan.settings.viewDuration * 3))
        case .partition: return .partition(side(of: count, &random), shape(plan, &random))
        case .disconnect: return .disconnect(node, (node + 1 + random.below(count - 1)) % count)
        case .slowLink:
            return .slowLink(
                from: node, to: (node + 1 + random.below(count - 1)) % count, times: random.within(2...30))
        case .lost: return .losses(perMille: random.within(20...400))
        case .slowDisk: return .slowDisk(node, times: random.within(2...50))
        case .diskFailure: return .diskFailure(node, random.chance(perMille: 500) ? .present : .absent)
        case .diskFull: return .diskFull(node)
        case .stall: return .stall(node)
        case .bursts: return .bursts(random.duration(.milliseconds(50), plan.settings.viewDuration * 2))
        default: return .quiet
        }
    }

    private func side(of count: Int, _ random: inout SeededRandom) -> [Int] {
        let size = random.within(1...max(1, count / 2))
        var nodes = Array(0..<count)
        return (0..<size).map { _ in nodes.remove(at: random.below(nodes.count)) }.sorted()
    }

    private func shape(_ plan: RunPlan, _ random: inout SeededRandom) -> PartitionShape {
        switch random.below(5) {
        case 0: .mute
        case 1: .deaf
        case 2: .flapping(random.duration(.milliseconds(20), plan.settings.viewDuration))
        default: .symmetric(noticed: random.chance(perMille: 500))
        }
    }
}

/// Groups of faults that a simulation can do without.
struct SimulationFaults: OptionSet, Sendable {
    let rawValue: UInt32
    /// Replicas crash, stop for a while, start with another configuration; clocks run wrong.
    static let crashes = SimulationFaults(rawValue: 1)
    /// Replicas are cut from each other.
    static let partitions = SimulationFaults(rawValue: 2)
    /// Messages are lost and repeated.
    static let losses = SimulationFaults(rawValue: 4)
    /// Disks are slow and fail.
    static let storage = SimulationFaults(rawValue: 8)
    /// Up to a third of the validators lie.
    static let byzantine = SimulationFaults(rawValue: 16)
    /// Leaders propose bytes that the state machine does not take.
    static let hostilePayloads = SimulationFaults(rawValue: 32)
    /// All of them.
    static let all: SimulationFaults = [.crashes, .partitions, .losses, .storage, .byzantine, .hostilePayloads]
}
