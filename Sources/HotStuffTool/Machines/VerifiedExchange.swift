import BatchExchange
import HotStuff

/// The batch exchange as it is measured in a pipeline: who leads proposes for real, who follows only verifies.
///
/// A follower does what consensus asks of it: digest, signatures, whether the payload is a batch at all, its log, its vote.
/// It does not apply the batch. Four replicas that share a machine's cores would otherwise measure the cores, as each
/// would need about as much of them as the leader's own exchange.
///
/// So it is for measuring alone. Only what one leader has proposed in one life is in the state: who leads next begins with
/// an empty exchange, and so does a replica that starts again. That is also why it has no `stateDigest`: whoever measures
/// compares those of the marks with the bare machine's.
struct VerifiedExchange: StateMachine, ~Copyable {
    /// A block as its proposer has it, or as everybody else does.
    enum Block {
        /// Applied to the exchange.
        case proposed(Batch)
        /// A payload that holds a batch, and was let go again.
        case verified
    }

    /// A block that is not the exchange's own has no bytes any more.
    struct NotProposed: Error {}

    private var exchange: BatchExchange
    private let floor: TradingFloor
    private let board: MachineBoard
    private let clock: ReplicaClock
    /// Of each applied block that is not committed, oldest first: whether the exchange has it.
    private var applied: [Bool] = []

    /// An empty exchange, on one thread, that trades on `floor` and shows itself on `board`.
    init(on floor: TradingFloor, context: StateMachineContext, board: MachineBoard, clock: ReplicaClock) {
        var options = BatchExchange.Options()
        options.batchLimit = floor.blockSize
        options.workers = 1
        exchange = BatchExchange(floor.rules, pool: floor.pool, context: context, options: options)
        self.floor = floor
        self.board = board
        self.clock = clock
    }

    /// Proposes as the exchange does, and notes what that has cost.
    mutating func propose() -> Block? {
        guard let batch = exchange.propose() else { return nil }
        applied.append(true)
        floor.note(ProposalMark(batch, of: exchange))
        board.update { $0.proposals += 1 }
        return .proposed(batch)
    }

    /// As the exchange does.
    static func encode(_ block: Block) throws -> Payload {
        guard case .proposed(let batch) = block else { throw NotProposed() }
        return BatchExchange.encode(batch)
    }

    /// Whether these bytes are a batch; makes none.
    static func decode(_ payload: Payload) -> Block? { BatchExchange.accepts(payload) ? .verified : nil }

    /// As the exchange does, on the verifiers' threads.
    static func accepts(_ payload: Payload) -> Bool { BatchExchange.accepts(payload) }

    /// Does nothing with it.
    mutating func execute(_ block: Block) {
        applied.append(false)
        board.update { $0.executions += 1 }
    }

    /// Notes when, and how much processors have worked for this replica by then.
    mutating func commit(_ position: LogPosition) {
        if applied.removeFirst() { exchange.commit(position) }
        // Before anybody sees the block counted: then the mark is asked for.
        board.markCommit(position.height, at: clock.now, processor: ThreadTimes.processorOfProcess)
        board.update { picture in
            picture.height = position.height.rawValue
            picture.blocks += 1
        }
    }

    /// Undoes all that is not committed.
    mutating func rollBack() { _ = rollBack(keepingOldest: 0) }

    /// Undoes the newest blocks.
    mutating func rollBack(keepingOldest count: Int) -> Int {
        _ = exchange.rollBack(keepingOldest: applied.prefix(count).count { $0 })
        applied.removeLast(max(0, applied.count - count))
        board.update { $0.rollBacks += 1 }
        return applied.count
    }
}
