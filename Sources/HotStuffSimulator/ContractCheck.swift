public import HotStuffCore

/// One machine, no cluster: random proposals, executions, commits, roll backs and restarts, against a twin that only
/// executes what committed.
///
/// What a cluster would report as divergence of some height, this reports as the call after which the two differed.
public struct ContractCheck: Sendable {
    /// How many calls each seed makes, about.
    public var calls = 120

    /// A check of about 120 calls a seed.
    public init() {}

    /// Checks a machine.
    ///
    /// - Throws: `SimulationFailure` with the calls that led to it, for the first seed that fails.
    public func run<Machine: StateMachine & ~Copyable>(
        seeds: Range<UInt64>, _ makeStateMachine: @escaping @Sendable (StateMachineContext) throws -> Machine
    ) throws {
        let maker = MachineMaker.making { context, _ in try makeStateMachine(context) }
        for seed in seeds {
            var script = ContractScript(seed: seed, maker: maker)
            do {
                try script.play(calls: calls)
            } catch {
                throw SimulationFailure(seed: seed, text: "\(error)\n  after " + script.story.joined(separator: ", "))
            }
        }
    }
}

/// The calls of one seed.
struct ContractScript {
    private let genesis: Genesis
    private let maker: MachineMaker
    private var random: SeededRandom
    private var reference: ReferenceMachine?
    private var seat: (any MachineSeat)?
    private var signals = MachineSignals {}
    private var log: DiskImage
    private var generation: UInt64 = 0
    /// Applied and not committed, oldest first.
    private var applied: [(payload: Payload, digest: Digest?)] = []
    private var expected: Digest?
    /// What was called.
    private(set) var story: [String] = []

    /// What the contract forbids.
    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    init(seed: UInt64, maker: MachineMaker) {
        random = SeededRandom(seed: seed, stream: 11)
        self.maker = maker
        let ring = KeyRing(count: 1, seed: seed)
        guard let validators = try? ValidatorSet([Validator(key: ring.keys[0], power: 1)]) else {
            preconditionFailure("one validator is a set")
        }
        genesis = Genesis(chainName: "contract", validators: validators)
        log = DiskImage(genesis: genesis)
    }

    mutating func play(calls: Int) throws {
        reference = try ReferenceMachine(maker, genesis: genesis)
        try start()
        for _ in 0..<calls {
            switch random.below(12) {
            case 0..<5: try propose()
            case 5..<7: if !applied.isEmpty { try rollBack(keeping: random.below(applied.count)) }
            case 7: try executeAnothers()
            case 8: if random.below(4) == 0 { try start() }
            default: if !applied.isEmpty { try commit() }
            }
        }
    }

    private mutating func start() throws {
        story.append("start")
        signals = MachineSignals {}
        let queue = CommandQueue(clock: { .zero }, signalWork: {})
        let context = StateMachineContext(
            signals: signals, payloadLimit: genesis.payloadLimit, appliedBlockLimit: 1_024, directory: "",
            commands: queue)
        let seat = try maker.seat(context, signals, MachinePlace(node: 0, life: story.count))
        self.seat = seat
        applied = []
        generation = 0
        if case .recovered(_, let readings) = try seat.recover(from: log, applicationData: []) {
            try compare(readings.digest, expected ?? reference?.digest(at: .genesis), "recover")
        }
    }

    private mutating func propose() throws {
        guard let seat else { return }
        _ = try seat.perform(.propose(generation: generation, allowance: 1)) { _ in .empty }
        let answer = try seat.proposeIfAsked()
        _ = try seat.perform(.stopProposing(generation: generation)) { _ in .empty }
        guard case .proposed(_, let payload, let readings)? = answer else { return }
        story.append("propose")
        applied.append((payload, readings.digest))
    }

    private mutating func executeAnothers() throws {
        // The bytes of an own block that was rolled back are as good as another leader's.
        guard let last = applied.last else { return }
        try rollBack(keeping: applied.count - 1)
        try execute(last.payload)
    }

    private mutating func execute(_ payload: Payload) throws {
        story.append("execute")
        let place = LogPosition(height: Height(UInt64(log.committed.count + applied.count + 1)), block: payload.digest)
        let answer = try seat?.perform(.execute(DecidedPayload(position: place, payload: payload))) { _ in payload }
        guard case .executed(_, let readings)? = answer else { return }
        applied.append((payload, readings.digest))
    }

    private mutating func rollBack(keeping kept: Int) throws {
        story.append("rollBack keeping \(kept) of \(applied.count)")
        generation += 1
        signals.announce(.rollBack(generation: generation, keepingOldest: kept))
        _ = try seat?.perform(.rollBack(generation: generation, keepingOldest: kept)) { _ in .empty }
        applied.removeLast(applied.count - kept)
    }

    private mutating func commit() throws {
        story.append("commit")
        let first = applied.removeFirst()
        let block = log.append(first.payload)
        try reference?.take(block)
        let answer = try seat?.perform(.commit(block.position)) { _ in .empty }
        expected = reference?.digest(at: block.height)
        var digest = first.digest
        if case .committed(_, let readings?)? = answer { digest = readings.digest }
        try compare(digest, expected, "commit")
    }

    private func compare(_ digest: Digest?, _ expected: Digest?, _ call: String) throws {
        guard let digest, let expected, digest != expected else { return }
        throw Broken(
            description: "the block made final by \(call) had left a state with digest \(digest); a machine that only "
                + "executes the committed blocks is at \(expected)")
    }
}

extension DiskImage {
    /// Commits a block with this payload on the tip, for a check without consensus.
    mutating func append(_ payload: Payload) -> Block {
        let parent = tip
        var header = committed.last?.header ?? genesisHeader
        header.height = parent.height.successor ?? parent.height
        header.parent = parent.block
        header.payloadDigest = payload.digest
        header.payloadLength = UInt64(payload.count)
        let block = Block(header: header, stored: payload, hash: header.hash)
        place(block)
        return block
    }
}
