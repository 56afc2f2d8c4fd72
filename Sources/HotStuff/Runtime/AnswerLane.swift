import HotStuffCore
import Synchronization

/// The way of the state machine's answers to the replica's thread, in the order in which they were given.
///
/// A large proposal is checked on the way, by a thread of its own: whether it decodes and what its digest is takes a
/// look at every byte, 1 ms for two megabytes, and meanwhile the machine can be making the next one.
final class AnswerLane: Sendable {
    /// An answer, and what it took.
    struct Report: Sendable {
        let answer: MachineAnswer
        let call: Bookkeeper.Call
        let counters: MachineCounters
    }

    /// From so many bytes on a proposal is checked here; a smaller one costs less than waking a thread does.
    static let largeProposal = ByteCount.kibibytes(256)

    /// What waits for the lane's thread; as much as the engine gave the machine credit for, and answers behind that.
    private let waiting = Inbox<Report>()
    /// How many of those have not been delivered: while there are any, everything else must queue up behind them.
    private let undelivered = Atomic(0)
    private let deliver: @Sendable (Report) -> Void

    /// A lane that ends where `deliver` takes an answer.
    init(deliver: @escaping @Sendable (Report) -> Void) { self.deliver = deliver }

    /// Passes an answer on; only the state machine's thread calls this.
    func tell(_ report: Report) {
        // It alone adds, so nothing can come between the look and what follows.
        guard undelivered.load(ordering: .acquiring) > 0 || isLarge(report.answer) else { return deliver(report) }
        undelivered.add(1, ordering: .relaxed)
        waiting.post(report)
    }

    /// Nothing more comes: what waits is still delivered.
    func close() { waiting.close() }

    /// Checks and delivers until the lane is closed and empty, or until a check fails; on the lane's thread.
    ///
    /// - Throws: what `check` throws; nothing is delivered then, or later.
    func run(_ check: (Payload) throws -> Void) throws {
        while let reports = waiting.take(waitingUpTo: nil) {
            for report in reports {
                if isLarge(report.answer), case .proposed(_, let payload, _) = report.answer { try check(payload) }
                deliver(report)
                undelivered.subtract(1, ordering: .releasing)
            }
        }
    }

    private func isLarge(_ answer: MachineAnswer) -> Bool {
        guard case .proposed(_, let payload, _) = answer else { return false }
        return payload.count >= Self.largeProposal.bytes
    }
}
