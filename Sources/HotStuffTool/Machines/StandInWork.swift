import CPlatform
import Foundation
import HotStuff

/// Time spent as if by computing: replicas that share a machine's cores would otherwise measure each other.
///
/// A sleep ends late, by 0.05 to 0.2 ms where the core has gone idle meanwhile; a machine that computes for a millisecond
/// takes no longer for that. So what one sleep was too long is taken off the next ones, but never more than one call's
/// time: a machine that was kept from its core for long has lost that time.
struct StandInWork {
    private let clock: ReplicaClock
    private let pass: (Duration) -> Void
    private var lateness = Duration.zero

    /// Work that sleeps, on one and the same thread each time.
    init(clock: ReplicaClock = .monotonic) {
        var isExact = false
        self.init(clock: clock) { time in
            #if os(Linux)
            if !isExact {
                isExact = true
                // Left alone, the kernel may wake a thread 0.05 ms late to spare the processor a wake-up. Where it is
                // refused, sleep is as it was.
                _ = platform_set_timer_slack(1)
            }
            #endif
            Thread.sleep(forTimeInterval: time / .seconds(1))  // lint:allow sleep — stands in for computing
        }
    }

    /// Work that passes the time so.
    init(clock: ReplicaClock, pass: @escaping (Duration) -> Void) {
        self.clock = clock
        self.pass = pass
    }

    /// Spends `time`, on the average of many calls.
    mutating func callAsFunction(_ time: Duration) {
        guard time > .zero else { return }
        let start = clock.now
        if lateness < time { pass(time - lateness) }
        lateness = min(max(.zero, lateness + (clock.now - start) - time), time)
    }
}
