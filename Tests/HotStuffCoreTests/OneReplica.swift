@testable import HotStuffCore

/// One replica's consensus among three others that the test plays: it is validator 3 of four, so it leads view 3.
///
/// Writes become durable when the test says so, by `sync`.
struct OneReplica {
    let genesis: Genesis
    var consensus: Consensus
    private var effects: [Effect] = []
    private var newestTicket: WriteTicket?
    private(set) var records: [VotingRecord] = []
    private(set) var written: Set<Digest> = []

    static let me = 3

    /// A replica whose disk holds `record` and uncommitted `blocks`, or that was just formatted.
    ///
    /// - Parameter listens: whether it is no validator at all; validator 3 is then nobody.
    init(
        listens: Bool = false, record: VotingRecord? = nil, blocks: [Block] = [], nonce: Nonce? = nil,
        mayVote: Bool = true,
        _ change: (inout Genesis) -> Void = { _ in }
    ) throws {
        let keys = (0..<4).compactMap { ValidatorKey(bytes: [UInt8($0)] + Array(repeating: UInt8(9), count: 31)) }
        var genesis = Genesis(
            chainName: "one", validators: try ValidatorSet(keys.map { Validator(key: $0, power: 1) }))
        change(&genesis)
        let stranger = ValidatorKey(bytes: Array(repeating: 8, count: 32)) ?? keys[Self.me]
        self.genesis = genesis
        let log = MemoryLog(genesis: genesis)
        if let record { log.apply([.record(record)]) }
        log.apply(blocks.map { .block($0) })
        consensus = Consensus(
            configuration: EngineConfiguration(
                genesis: genesis, chainID: genesis.chainID, key: listens ? stranger : keys[Self.me]),
            recovered: log.recovered(mayVote: mayVote), nonce: nonce, now: .zero)
        consensus.start()
        for key in keys where key != keys[Self.me] { consensus.connect(key) }
        drain()
    }

    func key(_ index: Int) -> ValidatorKey { genesis.validators.members[index].key }
    var zero: Signature { Signature(bytes: Array(repeating: 0, count: 64))! }

    /// The genesis certificate.
    var root: QuorumCertificate { .genesis(of: Epoch(0), at: genesis.genesisPosition) }

    /// A block on `parent`, or on genesis.
    func block(
        on parent: Block? = nil, view: UInt64 = 0, index: UInt64? = nil, justify: QuorumCertificate? = nil,
        entry: ViewEntry? = nil, payload: Payload = Payload(bytes: [1]), change: (inout BlockHeader) -> Void = { _ in }
    ) -> Block {
        var header = BlockHeader(
            chainID: genesis.chainID, epoch: Epoch(0), view: View(view),
            height: Height((parent?.height.rawValue ?? 0) + 1),
            index: index ?? (parent?.view == View(view) ? parent!.header.index + 1 : 0),
            parent: parent?.hash ?? genesis.genesisPosition.block, justify: justify ?? root, entry: entry, closes: nil,
            payloadDigest: payload.digest, payloadLength: UInt64(payload.count), nextValidators: nil)
        change(&header)
        return Block(header: header, payload: payload)!
    }

    /// Votes of validators 0, 1 and 2 for `block`.
    func certificate(on block: Block) -> QuorumCertificate {
        QuorumCertificate(
            epoch: block.header.epoch, view: block.view, height: block.height, index: block.header.index,
            block: block.hash,
            signatures: (0..<3).map { IndexedSignature(signer: UInt16($0), signature: zero) })
    }

    /// Validators 0, 1 and 2 gave up `view`, with these certificates.
    func timeoutCertificate(of view: UInt64, _ reported: [QuorumCertificate]) -> TimeoutCertificate {
        TimeoutCertificate(
            epoch: Epoch(0), view: View(view),
            reports: reported.enumerated().map {
                TimeoutReport(signer: UInt16($0), rank: $1.rank, signature: zero)
            },
            highest: reported.max { $0.rank < $1.rank }!)
    }

    mutating func receive(_ message: Message, from sender: Int = 0, refused: [Digest] = []) {
        consensus.receive(Verified(message, refused: refused), from: key(sender))
        consensus.advance()
        drain()
    }

    mutating func propose(_ blocks: Block..., refused: [Digest] = []) {
        receive(.proposal(Proposal(blocks: blocks, signature: zero)), refused: refused)
    }

    /// Leads: proposes a payload of this one byte at a time.
    mutating func lead(with byte: UInt8, at time: Duration) {
        consensus.now = Timestamp.zero + time
        _ = consensus.propose(Payload(bytes: [byte]))
        consensus.advance()
        drain()
    }

    /// Everything written so far is durable.
    mutating func sync() {
        while let ticket = newestTicket {
            newestTicket = nil
            consensus.durable(ticket)
            consensus.advance()
            drain()
        }
    }

    mutating func advance(to time: Duration) {
        consensus.now = Timestamp.zero + time
        consensus.advance()
        drain()
    }

    private mutating func drain() {
        for effect in consensus.outbox {
            if case .write(let writes, let ticket) = effect {
                newestTicket = ticket
                for write in writes {
                    if case .record(let record) = write { records.append(record) }
                    if case .block(let block) = write { written.insert(block.hash) }
                }
            }
            effects.append(effect)
        }
        consensus.outbox.removeAll()
    }

    /// Blocks whose votes have left, oldest first.
    var votes: [Digest] {
        effects.compactMap { if case .sign(.vote(let voted, _, _), _) = $0 { voted.block } else { nil } }
    }
    var suspicions: [View] {
        effects.compactMap { if case .sign(.suspicion(_, let view, _), _) = $0 { view } else { nil } }
    }
    var timeouts: [View] {
        effects.compactMap { if case .sign(.timeout(_, let view, _), _) = $0 { view } else { nil } }
    }
    /// What was signed of votes and timeouts, oldest first, and for whom.
    var ballots: [(what: String, to: [ValidatorKey])] {
        effects.compactMap { effect in
            switch effect {
            case .sign(.vote(let voted, _, _), let to): ("vote at \(voted.height)", to)
            case .sign(.timeout(_, let view, _), let to): ("timeout of \(view)", to)
            default: nil
            }
        }
    }
    var proposals: [[Block]] {
        effects.compactMap { if case .sign(.proposal(let blocks), _) = $0 { blocks } else { nil } }
    }
    var recollections: [(Recollection, Nonce, to: [ValidatorKey])] {
        effects.compactMap {
            if case .sign(.recallAnswer(let told, let nonce), let to) = $0 { (told, nonce, to) } else { nil }
        }
    }
    var sent: [(message: Message, to: [ValidatorKey])] {
        effects.compactMap { if case .send(let message, let to) = $0 { (message, to) } else { nil } }
    }
    var committed: [Digest] {
        consensus.decisions.compactMap { if case .committed(let block) = $0 { block.hash } else { nil } }
    }
    var events: [EngineEvent] { effects.compactMap { if case .event(let event) = $0 { event } else { nil } } }
    var haltReasons: [HaltReason] { effects.compactMap { if case .halt(let reason) = $0 { reason } else { nil } } }
}
