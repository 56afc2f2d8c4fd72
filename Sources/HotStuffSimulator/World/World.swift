internal import HotStuffCore

/// A cluster of whole replicas in virtual time, under one seed: the engine, the state machine's host, the wire format,
/// the verifier and the signer are those that ship; network, disks, clocks and keys are models.
///
/// One thread, no real time, and no order that depends on hashing: one seed gives one run, on every machine.
final class World {
    let settings: WorldSettings
    let genesis: Genesis
    let chainID: Digest
    let epoch: EpochStart
    let ring: KeyRing
    let maker: MachineMaker
    private(set) var nodes: [Node] = []
    let clock = VirtualClock()

    /// Nanoseconds since the world began.
    private(set) var now: UInt64 = 0
    private var queue = EventQueue<WorldEvent>()
    /// How many events have happened.
    private(set) var steps = 0
    var network: NetworkModel
    /// Verifies what is sent as it is, without bytes.
    let sharedVerifier: Verifier

    // Dice of their own, so that a fault left out moves as little else as can be.
    var networkRandom: SeededRandom
    var diskRandom: SeededRandom
    var machineRandom: SeededRandom
    var byzantineRandom: SeededRandom

    // What is known of the run.
    var checks: Checks
    var tally = Tally()
    var trace: Trace
    /// The faults of the schedule, by their numbers in it.
    var faults: [PlannedFault] = []
    /// Lets a script lose messages: from a node to a node, false to lose it.
    var passes: ((Message, Node, Node) -> Bool)?
    /// Tells a script what engines tell.
    var listener: ((EngineEvent, Node) -> Void)?
    /// How many acts the script has come to, and which of them are left out.
    var acts = 0
    var droppedActs: [Int] = []
    /// Whether everything has been put right for good.
    var isHealed = false

    /// A world in which nothing has begun.
    ///
    /// - Throws: whatever the reference machine throws when it is made.
    init(_ settings: WorldSettings, seed: UInt64, maker: MachineMaker, watch: ((TraceEvent) -> Void)? = nil) throws {
        self.settings = settings
        self.maker = maker
        let ring = KeyRing(count: settings.keyCount, seed: seed)
        self.ring = ring
        let members = ring.keys.prefix(settings.replicas).enumerated().map { number, key in
            Validator(key: key, power: settings.power(of: number))
        }
        var genesis = Genesis(chainName: "simulation", validators: try ValidatorSet(members))
        genesis.commitChainLength = settings.chainLength
        genesis.viewLimit = settings.viewLimit
        genesis.maxWindow = settings.maxWindow
        genesis.payloadLimit = .mebibytes(1)
        genesis.maxWindowSize = .mebibytes(64)
        if let leaders = settings.leaders { genesis.rotation = ListedLeaders(numbers: leaders) }
        self.genesis = genesis
        chainID = genesis.chainID
        epoch = genesis.firstEpoch
        let brokenRule = settings.brokenRule
        sharedVerifier = Verifier(genesis: genesis, scheme: ring, brokenRule: brokenRule, accepts: maker.accepts)
        let count = settings.keyCount + settings.twins.count
        network = NetworkModel(count: count)
        networkRandom = SeededRandom(seed: seed, stream: 1)
        diskRandom = SeededRandom(seed: seed, stream: 2)
        machineRandom = SeededRandom(seed: seed, stream: 3)
        byzantineRandom = SeededRandom(seed: seed, stream: 4)
        trace = Trace(watch: watch)
        checks = try Checks(genesis: genesis, settings: settings, maker: maker)
        let image = DiskImage(genesis: genesis)
        for index in 0..<count {
            let number = index < settings.keyCount ? index : settings.twins[index - settings.keyCount]
            let verifier =
                settings.encodesMessages
                ? Verifier(genesis: genesis, scheme: ring, brokenRule: brokenRule, accepts: maker.accepts)
                : sharedVerifier
            let node = Node(
                index: index, keyNumber: number, isTwin: settings.twins.contains(number), ring: ring,
                chainID: chainID, disk: VirtualDisk(image), verifier: verifier,
                local: LocalConfiguration(
                    window: settings.window, bufferDepth: settings.bufferDepth, viewDuration: settings.viewDuration),
                nodes: count)
            node.signer.begin(epoch)
            nodes.append(node)
        }
    }

    /// Starts every node.
    func start() { for node in nodes { start(node) } }

    // MARK: - Time

    /// Adds an event, so long from now.
    func schedule(_ event: WorldEvent, after nanoseconds: UInt64) { queue.add(event, at: now + nanoseconds) }

    /// Adds an event at a moment, or now if that is over.
    func schedule(_ event: WorldEvent, at nanoseconds: UInt64) { queue.add(event, at: max(now, nanoseconds)) }

    /// Calls `body` so long from now.
    func after(_ duration: Duration, _ body: @escaping () -> Void) {
        schedule(.call(body), after: duration.wholeNanoseconds)
    }

    /// The world's time.
    var time: Timestamp { Timestamp(nanoseconds: now) }

    /// Runs for so long, unless something is violated.
    func run(for duration: Duration) {
        let end = now + duration.wholeNanoseconds
        while checks.violation == nil, let next = queue.nextTime, next <= end { step() }
        if checks.violation == nil { moveClock(to: max(now, end)) }
    }

    /// Runs until a condition holds, which is looked at after every event; false if it does not within the limit.
    func run(upTo limit: Duration, until condition: () -> Bool) -> Bool {
        let end = now + limit.wholeNanoseconds
        while !condition() {
            guard checks.violation == nil, let next = queue.nextTime, next <= end else {
                if checks.violation == nil { moveClock(to: max(now, end)) }
                return condition()
            }
            step()
        }
        return true
    }

    private func moveClock(to time: UInt64) {
        now = time
        clock.set(time)
    }

    /// Lets the next event happen.
    private func step() {
        guard let next = queue.next() else { return }
        moveClock(to: max(now, next.at))
        steps += 1
        if let index = next.event.pausable, nodes[index].isPaused {
            nodes[index].held.append(next.event)
            return
        }
        handle(next.event)
    }

    /// Does what an event says.
    func handle(_ event: WorldEvent) {
        switch event {
        case .message(let parcel, let from, let to, let generation):
            arrive(parcel, from: nodes[from], to: nodes[to], generation: generation)
        case .own(let message, let index, let life):
            guard let node = running(index, life) else { return }
            tell(node, .message(message.message, from: node.key))
        case .wake(let index, let number): wake(nodes[index], number)
        case .written(let index, let life):
            guard let node = running(index, life) else { return }
            written(node)
        case .machineDone(let index, let life):
            guard let node = running(index, life) else { return }
            finishMachineWork(node)
        case .machineRetry(let index, let life):
            guard let node = running(index, life) else { return }
            node.machine.isRetryScheduled = false
            node.machine.seat?.retryIsDue()
            workMachine(node)
        case .pace(let index, let life):
            guard let node = running(index, life) else { return }
            propose(node)
        case .connection(let index, let life, let peer, let isUp, let generation):
            guard let node = running(index, life) else { return }
            noteConnection(node, nodes[peer], isUp: isUp, generation: generation)
        case .dial(let one, let other): dial(nodes[one], nodes[other])
        case .restart(let index, let life):
            let node = nodes[index]
            if !node.isUp, node.life == life, !node.staysDown { start(node) }
        case .fault(let number, let begins): apply(number, begins: begins)
        case .call(let body): body()
        }
    }

    /// A node, if the life of which an event speaks is not over.
    private func running(_ index: Int, _ life: Int) -> Node? {
        let node = nodes[index]
        return node.isUp && node.life == life ? node : nil
    }

    private func wake(_ node: Node, _ number: UInt64) {
        guard node.isUp, number == node.wakeNumber, let due = node.wakeAt else { return }
        let reading = node.clock.reading(at: now)
        // The clock's rate changed meanwhile, or the wake-up was put off.
        guard reading >= due else { return scheduleWake(node) }
        node.wakeAt = nil
        tell(node, .clock(Timestamp(nanoseconds: reading)))
    }

    // MARK: - Nodes

    /// Honest validators.
    var honest: [Node] { nodes.filter { $0.isHonest && $0.keyNumber < settings.replicas } }

    /// Gives a node's engine an input, and does what it answers.
    func tell(_ node: Node, _ input: Input) {
        guard node.isUp else { return }
        let reading = node.clock.reading(at: now)
        if reading > node.toldTime {
            node.toldTime = reading
            if case .clock = input {
            } else {
                perform(node.step(.clock(Timestamp(nanoseconds: reading))), of: node)
            }
        }
        let life = node.life
        guard node.isUp else { return }
        perform(node.step(input), of: node)
        if node.isUp, node.life == life { checks.bounds(of: node, in: self) }
    }

    /// Reports a violation; the first one counts.
    func report(_ kind: Violation.Kind, _ node: Node?, _ text: @autoclosure () -> String) {
        guard checks.violation == nil else { return }
        let violation = Violation(kind: kind, node: node?.index, at: time, step: steps, text: text())
        checks.violation = violation
        note(.violation, node?.index ?? -1, text: violation.text)
    }

    /// Adds a line to the trace.
    func note(
        _ kind: TraceEvent.Kind, _ node: Int, peer: Int? = nil, _ one: UInt64 = 0, _ two: UInt64 = 0,
        sentAt: UInt64? = nil, text: @autoclosure () -> String = ""
    ) {
        trace.note(kind, node, peer: peer, one, two, at: now, sentAt: sentAt, text: text)
    }
}
