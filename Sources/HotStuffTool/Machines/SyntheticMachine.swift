import HotStuff

/// A machine for measuring: proposing and executing take as long as they are told, by sleeping.
///
/// Sleeping stands in for computing, since replicas that share a machine's cores would otherwise measure each other.
struct SyntheticMachine: StateMachine {
    /// What its calls cost.
    struct Load: Sendable, Hashable {
        /// Time of a `propose()`.
        var propose: Duration = .zero
        /// Time of an `execute(_:)`.
        var execute: Duration = .zero
        /// Size of a payload.
        var payload: ByteCount = .kibibytes(1)
    }

    private let board: MachineBoard
    private let clock: ReplicaClock
    private let filler: [UInt8]
    /// The sum of all blocks' numbers, applied blocks included.
    private var sum: UInt64 = 0
    /// The numbers of applied blocks that are not committed, oldest first.
    private var applied: [UInt64] = []
    private var isRecovering = false
    private var spend = StandInWork()

    /// A machine of this load, until the board has another, that shows itself on `board`.
    init(_ load: Load, on board: MachineBoard, clock: ReplicaClock = .monotonic) {
        board.load = load
        self.board = board
        self.clock = clock
        filler = [UInt8](repeating: 0x5a, count: max(0, load.payload.bytes - Self.numberBytes))
    }

    /// Bytes of a block's number, which begins its payload.
    private static let numberBytes = 8

    /// Takes its time, and makes a block out of the state.
    mutating func propose() -> Payload? {
        spend(board.load.propose)
        let number = sum &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let payload = Payload(capacity: Self.numberBytes + filler.count) { writer in
            writer.append(number)
            writer.append(filler)
        }
        apply(number)
        board.update { $0.proposals += 1 }
        return payload
    }

    /// Any payload is a block; one too short for a number counts as 0.
    mutating func execute(_ block: Payload) {
        if !isRecovering { spend(board.load.execute) }
        var reader = block.reader
        apply(reader.read(UInt64.self) ?? 0)
        if !isRecovering { board.update { $0.executions += 1 } }
    }

    /// Notes when it returns.
    mutating func commit(_ position: LogPosition) {
        applied.removeFirst()
        board.update { picture in
            picture.height = position.height.rawValue
            picture.blocks += 1
        }
        if !isRecovering { board.markCommit(position.height, at: clock.now) }
    }

    /// Undoes what is not committed.
    mutating func rollBack() {
        for number in applied { sum &-= number }
        applied.removeAll()
        board.update { $0.rollBacks += 1 }
    }

    /// Replays the log, without counting and without taking its time: nobody measures that.
    mutating func recover(from log: borrowing CommittedLog) throws {
        isRecovering = true
        defer { isRecovering = false }
        try log.forEachPayload(after: nil) { position, payload in
            execute(payload)
            commit(position)
        }
    }

    /// Of the sum.
    var stateDigest: Digest? { Payload { $0.append(sum) }.digest }

    private mutating func apply(_ number: UInt64) {
        sum &+= number
        applied.append(number)
    }
}
