internal import HotStuffCore

/// The state machine of worlds that are not about anybody's own: numbers its proposals, and folds what committed into
/// a sum that depends on the order.
struct SampleMachine: StateMachine {
    /// What a machine may do wrong, and when it has something to propose.
    struct Habits: Sendable, Hashable {
        /// How many proposals one life makes at most.
        var proposals: UInt64 = .max
        /// After how many blocks its state is its own.
        var divergesAfter: Int?
        /// Whose machine makes blocks that the others find invalid, though they decode.
        var refusesBlocksOf: UInt64?
    }

    private var sum: UInt64 = 0
    private var commits = 0
    /// Applied and not committed, oldest first.
    private var applied: [UInt64] = []
    private let name: UInt64
    private let habits: Habits
    private var made: UInt64 = 0
    private let quiet: @Sendable () -> Bool

    /// A machine whose proposals nobody else's equal; while `quiet` says so it has nothing to propose.
    init(name: UInt64, habits: Habits = Habits(), quiet: @escaping @Sendable () -> Bool = { false }) {
        self.name = name
        self.habits = habits
        self.quiet = quiet
    }

    mutating func propose() -> UInt64? {
        guard made < habits.proposals, !quiet() else { return nil }
        made += 1
        let block = name << 24 | made
        applied.append(block)
        return block
    }

    /// Begins every payload, so that most bytes are none.
    private static let mark: UInt8 = 0x5A

    static func encode(_ block: UInt64) -> Payload {
        Payload(capacity: 9) {
            $0.append(mark)
            $0.append(block)
        }
    }

    static func decode(_ payload: Payload) -> UInt64? {
        var reader = payload.reader
        guard reader.read(UInt8.self) == mark, let block = reader.read(UInt64.self), reader.isAtEnd else { return nil }
        return block
    }

    func validate(_ block: UInt64) -> Verdict {
        let maker = block >> 40
        return maker == habits.refusesBlocksOf ? .invalid(reason: "it is of machine \(maker)") : .valid
    }

    mutating func execute(_ block: UInt64) { applied.append(block) }

    mutating func commit(_ position: LogPosition) {
        commits += 1
        sum = Self.fold(sum, applied.removeFirst())
    }

    mutating func rollBack() { applied.removeAll() }

    mutating func rollBack(keepingOldest count: Int) -> Int {
        applied.removeLast(applied.count - count)
        return count
    }

    var stateDigest: Digest? {
        var state = applied.reduce(sum, Self.fold)
        if let limit = habits.divergesAfter, commits + applied.count > limit { state ^= 1 }
        return Digest(bytes: (0..<32).map { $0 < 8 ? UInt8(truncatingIfNeeded: state >> UInt64(8 * $0)) : 0 })
    }

    var proposalRetryInterval: Duration? { .milliseconds(20) }

    private static func fold(_ sum: UInt64, _ block: UInt64) -> UInt64 { mixed(sum &* 31 &+ block) }
}
