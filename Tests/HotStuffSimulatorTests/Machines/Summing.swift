import HotStuffCore
import Synchronization

/// Folds the numbers in the blocks into one, made as a state machine should be, or with one mistake.
struct Summing: StateMachine {
    /// What may be wrong with it.
    enum Mistake: Sendable, CaseIterable {
        case none
        /// `rollBack` forgets the blocks and leaves their effects.
        case forgottenRollBack
        /// `rollBack(keepingOldest:)` undoes one block too few, and says nothing of it.
        case shortRollBack
        /// `rollBack(keepingOldest:)` says that it kept more than it was to keep.
        case greedyRollBack
        /// `commit` adds the block a second time.
        case committedTwice
        /// `commit` takes the newest block for the oldest.
        case committedOutOfOrder
        /// `propose` makes a block and does not apply it.
        case unappliedProposal
        /// `propose` says that there is nothing, and leaves something behind.
        case nothingButSomething
        /// `execute` adds what only this machine was made with.
        case nondeterminism
        /// `execute` looks at who made the block.
        case ownBlocksOnly
        /// `execute` throws at a block that makes no sense to it.
        case throwsAtStrangers
        /// `encode` forgets a half of the number.
        case lossyEncoding
        /// `encode` gives nothing.
        case emptyEncoding
        /// `decode` refuses what `encode` gave.
        case refusingDecoding
        /// `validate` changes the state.
        case changingValidation
        /// `validate` refuses what the machine proposes itself.
        case refusesItsOwn
        /// `recover` leaves out the newest block.
        case shortRecovery
        /// There is no digest.
        case noDigest
        /// There is never anything to propose.
        case nothingToPropose
    }

    /// What tells its proposals from those of other machines on the same state.
    private let own: UInt64
    private let mistake: Mistake
    private var sum: UInt64 = 1
    /// Applied and not committed, oldest first: the sum before each.
    private var before: [UInt64] = []
    private var proposals = 0

    init(_ mistake: Mistake = .none, own: UInt64) {
        self.mistake = mistake
        self.own = own
    }

    /// Makes machines of which each proposes other blocks.
    static func maker(_ mistake: Mistake = .none) -> @Sendable (StateMachineContext) -> Summing {
        let made = Numbers()
        return { _ in Summing(mistake, own: made.next()) }
    }

    /// A number, or one of the mistakes of its maker.
    struct Block {
        var number: UInt64
        var mistake = Mistake.none
    }

    struct Strange: Error {}

    /// Bits of every number that a machine makes.
    private static let mark: UInt64 = 0x0101_0101_0101_0101

    mutating func propose() throws -> Block? {
        proposals += 1
        if mistake == .nothingToPropose { return nil }
        if proposals.isMultiple(of: 5) {
            if mistake == .nothingButSomething { sum &+= 1 }
            return nil
        }
        let block = Block(number: (sum &* 7 &+ own << 8) | Self.mark, mistake: mistake)
        if mistake == .unappliedProposal {
            before.append(sum)
        } else {
            try apply(block, isOwn: true)
        }
        return block
    }

    static func encode(_ block: Block) -> Payload {
        switch block.mistake {
        case .emptyEncoding: .empty
        case .lossyEncoding: Payload { $0.append(block.number & 0xFF) }
        case .refusingDecoding: Payload { $0.append(UInt8(1)) }
        default: Payload { $0.append(block.number) }
        }
    }

    static func decode(_ payload: Payload) -> Block? {
        var reader = payload.reader
        guard let number = reader.read(UInt64.self), reader.isAtEnd else { return nil }
        return Block(number: number)
    }

    mutating func execute(_ block: Block) throws { try apply(block, isOwn: false) }

    private mutating func apply(_ block: Block, isOwn: Bool) throws {
        before.append(sum)
        if mistake == .ownBlocksOnly, !isOwn { return }
        if mistake == .throwsAtStrangers, block.number & Self.mark != Self.mark { throw Strange() }
        sum = (sum ^ block.number) &* 0x9E37_79B9_7F4A_7C15
        if mistake == .nondeterminism { sum &+= own }
    }

    mutating func commit(_ position: LogPosition) {
        if mistake == .committedTwice { sum &+= 1 }
        if mistake == .committedOutOfOrder { before.removeLast() } else { before.removeFirst() }
    }

    mutating func rollBack() {
        if mistake != .forgottenRollBack, let first = before.first { sum = first }
        before.removeAll()
    }

    mutating func rollBack(keepingOldest count: Int) -> Int {
        let kept = mistake == .shortRollBack ? min(count + 1, before.count) : count
        if before.indices.contains(kept) { sum = before[kept] }
        before.removeLast(before.count - count)
        return mistake == .greedyRollBack ? count + 1 : count
    }

    mutating func validate(_ block: Block) -> Verdict {
        if mistake == .changingValidation { sum &+= 1 }
        return mistake == .refusesItsOwn ? .invalid(reason: "bad luck") : .valid
    }

    mutating func recover(from log: borrowing CommittedLog) throws {
        let last = mistake == .shortRecovery ? log.tip : nil
        try log.forEachPayload(after: nil) { position, payload in
            guard position != last, let block = Self.decode(payload) else { return }
            try execute(block)
            commit(position)
        }
    }

    var stateDigest: Digest? { mistake == .noDigest ? nil : Payload { $0.append(sum) }.digest }

    var proposalRetryInterval: Duration? { .milliseconds(20) }
}

/// 1, 2, 3 and so on.
final class Numbers: Sendable {
    private let newest = Atomic<UInt64>(0)
    func next() -> UInt64 { newest.add(1, ordering: .relaxed).newValue }
}
