import HotStuffCore

/// An engine that is its own quorum: every write is durable at once, every signature real, nothing travels.
struct LoneReplica {
    private var engine: Engine
    private let signer: MessageSigner
    private let key: ValidatorKey
    private var generation: UInt64 = 0
    private var allowance = 0
    private var number: UInt64 = 0
    private var requests: UInt64 = 0
    private var committed = 0
    /// A header as this chain has them.
    let header: BlockHeader

    /// Nil only if libsodium does not work.
    init?() {
        guard let signingKey = SigningKey(seed: Array(repeating: 5, count: Ed25519.seedSize)),
            let validators = try? ValidatorSet([Validator(key: signingKey.key, power: 1)])
        else { return nil }
        let genesis = Genesis(chainName: "benchmark", validators: validators)
        let start = genesis.firstEpoch
        var signer = MessageSigner(signer: signingKey, chainID: genesis.chainID)
        signer.begin(start)
        self.signer = signer
        key = signingKey.key
        header = genesis.genesisHeader
        engine = Engine(
            configuration: EngineConfiguration(genesis: genesis, chainID: genesis.chainID, key: key),
            recovered: RecoveredLog(
                tip: genesis.genesisHeader, tipPosition: genesis.genesisPosition, tipProof: nil, epoch: start,
                record: .fresh(epoch: start.epoch, genesis: start.genesis), recent: [genesis.genesisPosition],
                uncommitted: [], mayVote: true),
            now: .zero)
        perform(engine.start())
        perform(engine.step(.machine(.recovered(tip: genesis.genesisPosition, readings: .none))))
    }

    /// Proposes one payload and works until it has committed.
    mutating func commitOne() {
        let target = committed + 1
        requests += 1
        let request = ProposeRequest(id: .init(number: requests), content: .payload(ifEmpty: .refuse), deadline: nil)
        perform(engine.step(.propose(request)))
        if committed < target { perform(engine.step(.clock(Timestamp(nanoseconds: requests * 10_000_000)))) }
    }

    private mutating func perform(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .write(_, let ticket): perform(engine.step(.durable(ticket)))
            case .sign(let unsigned, let keys):
                guard keys.contains(key), let message = try? signer.sign(unsigned) else { continue }
                perform(engine.step(.message(message, from: key)))
            case .machine(.propose(let generation, let allowance)):
                for _ in 0..<allowance { propose(generation) }
            case .machine(.commit(let position)):
                committed += 1
                perform(engine.step(.machine(.committed(position, readings: nil))))
            default: break
            }
        }
    }

    private mutating func propose(_ generation: UInt64) {
        number += 1
        let payload = Payload { $0.append(number) }
        perform(engine.step(.machine(.proposed(generation: generation, payload: payload, readings: .none))))
    }
}
