import HotStuffCore
import Synchronization
import Testing

@testable import HotStuff

@Suite("The way of the state machine's answers", .timeLimit(.minutes(1)))
struct AnswerLaneTests {
    private struct Unusable: Error {}

    /// What was delivered: heights of commits, sizes of proposals.
    private final class Delivered: Sendable {
        private let noted = Mutex<[Int]>([])
        var all: [Int] { noted.withLock { $0 } }

        func take(_ report: AnswerLane.Report) {
            let number: Int? =
                switch report.answer {
                case .committed(let position, _): Int(position.height.rawValue)
                case .proposed(_, let payload, _): payload.count
                default: nil
                }
            if let number { noted.withLock { $0.append(number) } }
        }
    }

    private func report(_ answer: MachineAnswer) -> AnswerLane.Report {
        AnswerLane.Report(
            answer: answer, call: Bookkeeper.Call(start: .zero, end: .zero), counters: MachineCounters())
    }

    private func commit(_ height: UInt64) -> AnswerLane.Report {
        report(.committed(LogPosition(height: Height(height), block: .zero), readings: nil))
    }

    private func proposal(_ size: Int) -> AnswerLane.Report {
        let payload = Payload(bytes: Array(repeating: 7, count: size))
        return report(.proposed(generation: 0, payload: payload, readings: .none))
    }

    private let large = AnswerLane.largeProposal.bytes

    @Test("answers are passed on at once, and small proposals unchecked, while nothing waits for the lane's thread")
    func atOnce() {
        let delivered = Delivered()
        let lane = AnswerLane { delivered.take($0) }
        lane.tell(commit(1))
        lane.tell(proposal(large - 1))
        #expect(delivered.all == [1, large - 1])
    }

    @Test("a large proposal is checked before it is delivered, and what comes behind it waits for that")
    func inOrder() throws {
        let delivered = Delivered()
        let lane = AnswerLane { delivered.take($0) }
        lane.tell(proposal(large))
        lane.tell(commit(2))
        lane.tell(proposal(10))
        lane.tell(proposal(large + 1))
        lane.tell(commit(3))
        #expect(delivered.all.isEmpty)
        lane.close()
        var checked: [Int] = []
        try lane.run { payload in
            #expect(!delivered.all.contains(payload.count))
            checked.append(payload.count)
        }
        #expect(checked == [large, large + 1])
        #expect(delivered.all == [large, 2, 10, large + 1, 3])
    }

    @Test("answers are passed on at once again when what waited is delivered")
    func atOnceAgain() throws {
        let delivered = Delivered()
        let lane = AnswerLane { delivered.take($0) }
        lane.tell(proposal(large))
        lane.close()
        try lane.run { _ in }
        lane.tell(commit(4))
        #expect(delivered.all == [large, 4])
    }

    @Test("nothing is delivered behind a proposal that may not be proposed")
    func unusable() {
        let delivered = Delivered()
        let lane = AnswerLane { delivered.take($0) }
        lane.tell(proposal(large))
        lane.tell(commit(5))
        lane.close()
        #expect(throws: Unusable.self) { try lane.run { _ in throw Unusable() } }
        lane.tell(commit(6))
        #expect(delivered.all.isEmpty)
    }
}
