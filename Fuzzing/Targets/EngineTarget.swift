internal import HotStuffCore

/// One engine, told anything that a verifier lets through, in any order: it must not trap, and what it keeps and
/// answers must stay within bounds.
///
/// The verifier's signature scheme takes every signature, so all others may say what no one third could: certificates
/// on anything, commits that contradict each other. The engine may stop itself then, and that ends the run.
package final class EngineTarget {
    var choices: Choices
    let genesis: Genesis
    let golden: GoldenBytes
    let keys: [ValidatorKey]
    /// The number of the engine's key among four; 4 for a listener.
    let me: Int
    /// Blocks that anybody made, newest last.
    var pool: [Block] = []
    /// The newest message that the engine sent of what asks for something.
    var asked: [Message] = []
    private(set) var engine: Engine
    private let verifier: Verifier
    private var signer: MessageSigner
    private let machine: FuzzedMachine
    private var payloads: [Digest: Payload] = [:]
    private var tickets: [WriteTicket] = []
    private var own: [Verified<Message>] = []
    private var requests: [ProposeRequest.ID] = []
    private var now: UInt64 = 0
    private var nextRequest: UInt64 = 0
    private var isHalted = false

    private struct AnySignature: SignatureScheme {
        func verify(_ signature: Signature, of message: [UInt8], by key: ValidatorKey) -> Bool { true }
    }

    private struct BlankSigner: Signer {
        let key: ValidatorKey
        func sign(_ statement: Statement, chainID: Digest) -> Signature { EngineTarget.blank }
    }

    /// The signature that is on everything.
    static let blank: Signature = {
        guard let signature = Signature(bytes: Array(repeating: 0, count: 64)) else {
            preconditionFailure("a signature has 64 bytes")
        }
        return signature
    }()

    /// What the engine asks by if it has forgotten.
    static let nonce: Nonce = {
        guard let nonce = Nonce([UInt8](repeating: 3, count: 32)) else {
            preconditionFailure("a nonce has 32 bytes")
        }
        return nonce
    }()

    /// What a run of inputs came to.
    package struct Outcome: Sendable {
        /// How many inputs the engine took.
        package var steps = 0
        /// How many blocks were committed.
        package var height: UInt64 = 0
        /// The view that it got to.
        package var view: UInt64 = 0
        /// Whether the engine stopped itself.
        package var hasHalted = false

        /// Nothing yet.
        package init() {}
    }

    /// Reads a configuration and then inputs from `bytes`, and gives them to an engine.
    ///
    /// - Throws: `FuzzFailure` if a bound was passed.
    @discardableResult
    package static func run(_ bytes: [UInt8], golden: GoldenBytes) throws -> Outcome {
        let target = try EngineTarget(bytes, golden: golden)
        return try target.play()
    }

    private init(_ bytes: [UInt8], golden: GoldenBytes) throws {
        var choices = Choices(bytes)
        var genesis = try FuzzedChain.genesis()
        genesis.commitChainLength = 2 + choices.below(2)
        genesis.viewLimit = [nil, nil, 1, 3][choices.below(4)]
        genesis.maxWindow = [1, 2, 8, 32][choices.below(4)]
        genesis.payloadLimit = .bytes(16)
        genesis.maxWindowSize = .bytes([32, 64, 1 << 20][choices.below(3)])
        keys =
            genesis.validators.members.map(\.key)
            + [ValidatorKey(bytes: Array(repeating: 9, count: 32))].compactMap { $0 }
        me = choices.below(5)
        var configuration = EngineConfiguration(genesis: genesis, chainID: genesis.chainID, key: keys[me])
        configuration.bufferDepth = choices.below(4)
        configuration.followers = [.whenCommitted, .whenCertified, .whenReceived][choices.below(3)]
        configuration.validationLimit = [nil, .zero, .milliseconds(100)][choices.below(3)]
        configuration.window = [nil, 1, 4][choices.below(3)]
        configuration.decidedBlocks = [1, 4, 1_024][choices.below(3)]
        configuration.decidedSize = .bytes([0, 20, 1 << 20][choices.below(3)])
        self.genesis = genesis
        self.golden = golden
        self.choices = choices
        verifier = Verifier(genesis: genesis, scheme: AnySignature()) { $0.count != 3 }
        signer = MessageSigner(signer: BlankSigner(key: keys[me]), chainID: genesis.chainID)
        signer.begin(genesis.firstEpoch)
        machine = FuzzedMachine(genesis)
        let forgetting: Forgetting? =
            choices.once(in: 4) ? [.asking, .bounded(by: View(1)), .over(bound: View(1))][choices.below(3)] : nil
        self.choices = choices
        let recovered = RecoveredLog(
            tip: genesis.genesisHeader, tipPosition: genesis.genesisPosition, tipProof: nil, epoch: genesis.firstEpoch,
            record: .fresh(epoch: Epoch(0), genesis: genesis.genesisPosition, forgetting: forgetting),
            recent: [genesis.genesisPosition],
            uncommitted: [], mayVote: true)
        engine = Engine(configuration: configuration, recovered: recovered, nonce: Self.nonce, now: .zero)
    }

    private func play() throws -> Outcome {
        var outcome = Outcome()
        try perform(engine.start())
        for peer in keys where peer != keys[me] { try step(.connected(peer)) }
        while !choices.isUsedUp, !isHalted, outcome.steps < 4_000 {
            try next()
            outcome.steps += 1
        }
        let status = engine.status
        outcome.height = status.committed.height.rawValue
        outcome.view = status.view.rawValue
        outcome.hasHalted = isHalted
        return outcome
    }

    // MARK: - Inputs

    private func next() throws {
        switch choices.below(24) {
        case 0..<14: if let message = message() { try say(message) }
        case 14, 15: try sync()
        case 16: try work()
        case 17: try sayOwn()
        case 18: try passTime()
        case 19: try connectOrNot()
        case 20: try request()
        case 21: try progress()
        default:
            try sync()
            try sayOwn()
            try work()
        }
    }

    /// Shows a message to the verifier, and gives it to the engine if that lets it through.
    private func say(_ message: Message) throws {
        let sender = keys[choices.below(5)]
        guard let verified = try? verifier.verify(message, from: sender) else { return }
        try step(.message(verified, from: sender))
    }

    private func sync() throws {
        guard let newest = tickets.last else { return }
        if choices.once(in: 32) {
            // A ticket that nobody was given.
            return try step(.durable(WriteTicket(number: choices.number(near: newest.number))))
        }
        let place = choices.once(in: 4) ? choices.below(min(tickets.count, 256)) : tickets.count - 1
        let ticket = tickets[place]
        tickets.removeFirst(place + 1)
        try step(.durable(ticket))
    }

    private func work() throws {
        for _ in 0...choices.below(8) {
            guard !isHalted, let answer = try machine.step({ self.payloads[$0.block] ?? .empty }) else { return }
            try step(.machine(answer))
        }
    }

    private func sayOwn() throws {
        let said = own
        own = []
        for message in said where !isHalted { try step(.message(message, from: keys[me])) }
    }

    private func passTime() throws {
        switch choices.below(8) {
        case 0: now = choices.number(near: now)
        case 1: now = now &+ UInt64(choices.short()) &* 1_000_000_000
        default: now = now &+ UInt64(choices.byte()) &* 10_000_000
        }
        try step(.clock(Timestamp(nanoseconds: now)))
    }

    private func connectOrNot() throws {
        let peer = keys[choices.below(5)]
        try step(choices.once(in: 2) ? .disconnected(peer) : .connected(peer))
    }

    private func request() throws {
        guard requests.count < 8, !choices.once(in: 16) else {
            if choices.once(in: 8) { return try step(choices.once(in: 2) ? .resign : .leadAgain) }
            guard let oldest = requests.first else { return }
            requests.removeFirst()
            return try step(.cancelProposal(oldest))
        }
        nextRequest += 1
        let id = ProposeRequest.ID(number: nextRequest)
        requests.append(id)
        let content: ProposeRequest.Content =
            choices.once(in: 3) ? .nudge : .payload(ifEmpty: choices.once(in: 2) ? .nudge : .refuse)
        let deadline = choices.once(in: 3) ? Timestamp(nanoseconds: choices.number(near: now)) : nil
        try step(.propose(ProposeRequest(id: id, content: content, deadline: deadline)))
    }

    /// What would happen anyway: a block on the newest one, a quorum for it, and all that follows.
    private func progress() throws {
        guard let block = block(on: pool.last, plainly: true) else { return }
        try say(.proposal(Proposal(blocks: [block], signature: Self.blank)))
        if !isHalted { try say(.certificate(certificate(on: block))) }
        if !isHalted { try sync() }
        if !isHalted { try sayOwn() }
        if !isHalted { try work() }
    }

    // MARK: - Effects

    private func step(_ input: Input) throws {
        guard !isHalted else { return }
        try perform(engine.step(input))
        try checkBounds()
    }

    private func perform(_ effects: [Effect]) throws {
        let limit = 64 + 8 * max(genesis.maxWindow, 16)
        guard effects.count <= limit else { throw FuzzFailure("\(effects.count) effects of one input") }
        for effect in effects {
            switch effect {
            case .write(let writes, let ticket):
                tickets.append(ticket)
                for case .block(let block) in writes { payloads[block.hash] = block.payload }
            case .send(let message, _): note(message)
            case .sign(let unsigned, let addressees):
                guard let message = try? signer.sign(unsigned) else { continue }
                note(message.value)
                if addressees.contains(keys[me]) { own.append(message) }
            case .machine(let instruction): machine.take(instruction)
            case .answer(let id, _): requests.removeAll { $0 == id }
            case .halt: isHalted = true
            case .serveCommits, .serveBlocks, .wake, .event: break
            }
        }
    }

    private func note(_ message: Message) {
        if case .proposal(let proposal) = message { pool += proposal.blocks }
        asked.append(message)
        if asked.count > 8 { asked.removeFirst() }
        if pool.count > 200 { pool.removeFirst(100) }
    }

    private func checkBounds() throws {
        let kept = engine.holdings
        let blocks = 4 * max(genesis.maxWindow, 16) + 2 * genesis.maxWindow
        func check(_ count: Int, _ limit: Int, _ what: String) throws {
            guard count <= limit else { throw FuzzFailure("\(count) \(what), more than \(limit)") }
        }
        try check(kept.blocks, blocks, "blocks above the committed tip")
        try check(kept.ballots, blocks, "blocks with votes")
        try check(kept.certificates, EngineHoldings.certificateLimit, "certificates on blocks that are not held")
        try check(kept.candidates, EngineHoldings.candidateLimit, "blocks to vote for")
        try check(kept.tenure, 4 * blocks, "blocks of the tenure")
        try check(kept.buffered, 4, "proposals made ahead")
    }
}
