import HotStuff
import Synchronization
import Testing

@testable import HotStuffTool

struct StandInWorkTests {
    /// A time that passes by sleeping only; each sleep is too long by what is set.
    private final class LateSleeper: Sendable {
        private let state = Mutex((now: Timestamp.zero, late: Duration.zero))

        init(late: Duration) { self.late = late }

        var late: Duration {
            get { state.withLock { $0.late } }
            set { state.withLock { $0.late = newValue } }
        }
        var now: Timestamp { state.withLock { $0.now } }
        func makeWork() -> StandInWork {
            StandInWork(clock: ReplicaClock { self.now }) { time in
                self.state.withLock { $0.now = $0.now + time + $0.late }
            }
        }
    }

    @Test func whatSleepsAreTooLongIsTakenOffTheNext() {
        let sleeper = LateSleeper(late: .microseconds(150))
        var work = sleeper.makeWork()
        for _ in 0..<1_000 { work(.milliseconds(1)) }
        #expect(sleeper.now - .zero == .microseconds(1_000_150))
    }

    @Test func aTimeShorterThanALateSleepIsSpentOnTheAverage() {
        let sleeper = LateSleeper(late: .microseconds(150))
        var work = sleeper.makeWork()
        for _ in 0..<1_000 { work(.microseconds(100)) }
        #expect(sleeper.now - .zero <= .microseconds(125_000), "no more than each other call can sleep")
    }

    @Test func aMachineThatWasHeldUpForLongHasLostThatTime() {
        let sleeper = LateSleeper(late: .milliseconds(50))
        var work = sleeper.makeWork()
        work(.milliseconds(1))
        sleeper.late = .zero
        let start = sleeper.now
        for _ in 0..<10 { work(.milliseconds(1)) }
        #expect(sleeper.now - start == .milliseconds(9), "one call's time is made up for")
    }

    @Test func noTimePassesForNone() {
        let sleeper = LateSleeper(late: .seconds(1))
        var work = sleeper.makeWork()
        work(.zero)
        #expect(sleeper.now == .zero)
    }
}
