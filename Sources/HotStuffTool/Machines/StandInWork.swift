import CPlatform
import Foundation
import HotStuff

/// Time spent as if by computing: replicas that share a machine's cores would otherwise measure each other.
struct StandInWork {
    private var isExact = false

    /// Sleeps, on one and the same thread each time.
    ///
    /// Left alone, the kernel may wake a thread 50 microseconds late to spare the processor a wake-up. A machine that
    /// computed for a millisecond would not take 5 % longer for that, so it is asked not to, at the thread's first sleep.
    mutating func callAsFunction(_ time: Duration) {
        guard time > .zero else { return }
        #if os(Linux)
        if !isExact {
            isExact = true
            _ = platform_set_timer_slack(1)  // where it is refused, sleep is as it was
        }
        #endif
        Thread.sleep(forTimeInterval: time / .seconds(1))  // lint:allow sleep — stands in for computing
    }
}
