internal import HotStuffCore

/// The calls of one seed, and what is compared after each.
///
/// Beside the machine under check there are three of its kind: the *witness* executes what the other applies, the *plain*
/// one executes and commits one committed block after the other, and the *stranger* makes blocks on a state of its own,
/// which may make no sense in any other.
struct ContractScript<Machine: StateMachine & ~Copyable> {
    private let genesis: Genesis
    private let make: (StateMachineContext) throws -> Machine
    private let feed: (CommandQueue, inout SeededRandom) -> Void
    private var random: SeededRandom
    private var log: DiskImage
    private var calls: [String] = []

    private var subject: CalledMachine<Machine>?
    private var witness: CalledMachine<Machine>?
    private var plain: CalledMachine<Machine>?
    private var stranger: CalledMachine<Machine>?
    /// Applied and not committed, oldest first.
    private var applied: [(payload: Payload, digest: Digest?)] = []
    private var committedDigest: Digest?
    /// Payloads that were seen, to come again as another leader's.
    private var seen: [Payload] = []
    /// How many blocks it has proposed.
    private(set) var proposals = 0

    /// The newest calls, in words.
    var story: String {
        (calls.count > 40 ? "…, " : "") + calls.suffix(40).joined(separator: ", ")
    }

    init(
        seed: UInt64, make: @escaping (StateMachineContext) throws -> Machine,
        feed: @escaping (CommandQueue, inout SeededRandom) -> Void
    ) {
        random = SeededRandom(seed: seed, stream: 11)
        self.make = make
        self.feed = feed
        let ring = KeyRing(count: 1, seed: seed)
        guard let validators = try? ValidatorSet([Validator(key: ring.keys[0], power: 1)]) else {
            preconditionFailure("one validator is a set")
        }
        genesis = Genesis(chainName: "contract", validators: validators)
        log = DiskImage(genesis: genesis)
    }

    /// Makes about so many calls.
    mutating func play(calls: Int) throws {
        plain = try machine()
        stranger = try machine()
        committedDigest = plain?.digest
        guard committedDigest != nil else {
            throw ContractBreach(description: "stateDigest is nil: there is nothing to compare states by")
        }
        try restart()
        for _ in 0..<calls {
            switch random.below(16) {
            case 0..<6: try propose()
            case 6: try execute(anothers())
            case 7: try execute(invented())
            case 8, 9: try rollBack(keeping: random.within(0...applied.count))
            case 10: try proposeInVain()
            case 11: if random.below(4) == 0 { try restart() }
            default: try commit()
            }
        }
    }

    /// A machine that has recovered what is committed.
    private func machine() throws -> CalledMachine<Machine> {
        let machine = try CalledMachine(genesis: genesis, log: log, make: make)
        try compare(
            machine.digest, committedDigest ?? machine.digest,
            "recover(from:) left another state than plain execution of the log")
        return machine
    }

    // MARK: - Calls

    private mutating func restart() throws {
        calls.append("start with \(log.committed.count) committed")
        subject = try machine()
        applied = []
        try renewWitness()
    }

    private mutating func propose() throws {
        guard let subject, let witness else { return }
        feed(subject.commands, &random)
        let before = subject.digest
        calls.append("propose")
        guard let payload = try subject.propose() else {
            calls.append("which gave nil")
            return try compare(subject.digest, before, "propose() returned nil, and changed the state")
        }
        proposals += 1
        if case .invalid(let reason)? = try witness.verdict(on: payload) {
            throw ContractBreach(description: "validate(_:) refuses what propose() made on the same state: \(reason)")
        }
        try compare(witness.digest, before, "validate(_:) changed the state")
        _ = try witness.execute(payload)
        try applied(payload, before: before, "propose() left another state than executing its block does")
    }

    private mutating func execute(_ payload: Payload?) throws {
        guard let payload, let subject, let witness else { return }
        let before = subject.digest
        calls.append("validate, execute")
        _ = try subject.verdict(on: payload)
        try compare(subject.digest, before, "validate(_:) changed the state")
        guard try subject.execute(payload), try witness.execute(payload) else {
            calls.append("which does not decode")
            return try compare(subject.digest, before, "decoding changed the state")
        }
        try applied(payload, before: before, "execute(_:) of one block on one state gave two states")
    }

    /// Compares after a block was applied to the machine and to the witness, and remembers it.
    private mutating func applied(_ payload: Payload, before: Digest?, _ complaint: String) throws {
        seen.append(payload)
        let digest = subject?.digest
        if !Machine.speculates {
            try compare(digest, before, "it does not speculate, and its state changed before commit")
        }
        try compare(digest, witness?.digest, complaint)
        applied.append((payload, digest))
    }

    private mutating func commit() throws {
        guard let oldest = applied.first, let subject, let witness, let plain else { return }
        calls.append("commit")
        let before = subject.digest
        let block = log.append(oldest.payload)
        applied.removeFirst()
        try subject.commit(block.position)
        try witness.commit(block.position)
        _ = try plain.execute(oldest.payload)
        try plain.commit(block.position)
        committedDigest = plain.digest
        if Machine.speculates {
            try compare(subject.digest, before, "commit(_:) changed the state: applied blocks were in it already")
            try compare(
                oldest.digest, committedDigest,
                "the block committed at height \(block.height) had left another state than plain execution does")
        } else {
            try compare(subject.digest, committedDigest, "commit(_:) left another state than plain execution does")
        }
    }

    private mutating func rollBack(keeping count: Int) throws {
        guard let subject, !applied.isEmpty else { return }
        calls.append(count == 0 ? "rollBack" : "rollBack keeping \(count) of \(applied.count)")
        let kept = try subject.rollBack(keepingOldest: count)
        try compare(
            subject.digest, digest(afterApplying: kept),
            "a roll back that kept \(kept) of \(applied.count) blocks left another state than there was then")
        for place in kept..<count {
            calls.append("execute again")
            _ = try subject.execute(applied[place].payload)
            try compare(
                subject.digest, digest(afterApplying: place + 1),
                "a block that is executed again leaves another state than before")
        }
        applied.removeLast(applied.count - count)
        try renewWitness()
    }

    /// Of the state with the oldest applied blocks alone.
    private func digest(afterApplying count: Int) -> Digest? {
        count > 0 && Machine.speculates ? applied[count - 1].digest : committedDigest
    }

    private mutating func proposeInVain() throws {
        guard let subject else { return }
        feed(subject.commands, &random)
        calls.append("propose while it is not wanted, rollBack")
        try subject.proposeInVain()
        applied = []
        try compare(
            subject.digest, committedDigest, "a roll back of everything left another state than the committed one")
        try renewWitness()
    }

    /// A witness of what is applied now, which has never rolled anything back.
    private mutating func renewWitness() throws {
        let fresh = try machine()
        for block in applied { _ = try fresh.execute(block.payload) }
        try compare(
            subject?.digest, fresh.digest, "it is in another state than a machine that was only given the same blocks")
        witness = fresh
    }

    // MARK: - Blocks of others

    /// A block that a machine with another history has made, or one that was seen before.
    private mutating func anothers() throws -> Payload? {
        if random.below(2) == 0, !seen.isEmpty { return random.pick(seen) }
        guard let stranger else { return nil }
        feed(stranger.commands, &random)
        // The stranger is not under check: whatever it throws, the machine will throw in its turn.
        return try? stranger.propose()
    }

    /// Bytes that nobody made as a block: what decodes is to be executed like any other.
    private mutating func invented() -> Payload? {
        guard !seen.isEmpty, random.below(3) > 0 else {
            let count = random.within(1...40)
            return Payload(bytes: (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
        var bytes = random.pick(seen).withUnsafeBytes { Array($0) }
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.removeLast(random.below(bytes.count))
        default: bytes.append(bytes[place])
        }
        return Payload(bytes: bytes)
    }

    private func compare(_ digest: Digest?, _ expected: Digest?, _ complaint: String) throws {
        guard digest != expected else { return }
        throw ContractBreach(
            description: complaint + ": digest \(digest.map { "\($0)" } ?? "nil"), expected "
                + (expected.map { "\($0)" } ?? "nil"))
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
