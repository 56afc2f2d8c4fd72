@testable import HotStuffCore

/// Numbers its proposals, and keeps a sum that depends on the order of what committed.
struct TestMachine: StateMachine {
    /// What the test sees of a machine that its host owns.
    final class Observed {
        /// Over what committed, in order.
        fileprivate(set) var committedSum: UInt64 = 0
        /// Calls of `execute` since the machine was made, recovery included.
        fileprivate(set) var executions = 0
    }

    let observed = Observed()
    private var committedSum: UInt64 = 0
    /// Applied and not committed, oldest first.
    private var applied: [UInt64] = []
    private let name: UInt64
    private let limit: UInt64
    /// From which of its blocks on it is in another state than others are; nil for a machine that works.
    private let errsAt: Int?
    private var committedCount = 0
    private var made: UInt64 = 0

    /// A machine that makes up to `limit` proposals that nobody else's equal.
    init(name: UInt64, limit: UInt64 = .max, errsAt: Int? = nil) {
        self.name = name
        self.limit = limit
        self.errsAt = errsAt
    }

    mutating func propose() -> UInt64? {
        guard made < limit else { return nil }
        made += 1
        let block = name << 32 | made
        applied.append(block)
        return block
    }

    static func encode(_ block: UInt64) -> Payload { Payload { $0.append(block) } }
    static func decode(_ payload: Payload) -> UInt64? {
        var reader = payload.reader
        guard let block = reader.read(UInt64.self), reader.isAtEnd else { return nil }
        return block
    }
    mutating func execute(_ block: UInt64) {
        applied.append(block)
        observed.executions += 1
    }
    mutating func commit(_ position: LogPosition) {
        committedSum = Self.fold(committedSum, applied.removeFirst())
        committedCount += 1
        observed.committedSum = committedSum
    }
    mutating func rollBack() { applied.removeAll() }
    var stateDigest: Digest? {
        let isWrong = errsAt.map { committedCount + applied.count >= $0 } ?? false
        return Payload { $0.append(applied.reduce(committedSum, Self.fold) &+ (isWrong ? 1 : 0)) }.digest
    }

    /// What a block makes of a sum.
    static func fold(_ sum: UInt64, _ block: UInt64) -> UInt64 { sum &* 31 &+ block }
}
