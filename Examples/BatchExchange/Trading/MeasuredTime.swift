/// How long calls took, and how long processors worked for this process meanwhile: on a busy machine, and on one thread,
/// that is less.
public struct MeasuredTime: Sendable {
    /// By the clock.
    public private(set) var elapsed = Duration.zero
    /// Of processors, all threads in sum.
    public private(set) var processor = Duration.zero

    /// How many of `count` things that took this long go into a second of the clock.
    public func perSecond(_ count: Int) -> Double { Double(count) / (elapsed / .seconds(1)) }

    /// How many of `count` things that took this long go into a second of one processor.
    public func perProcessorSecond(_ count: Int) -> Double { Double(count) / (processor / .seconds(1)) }

    /// Adds what `body` takes.
    mutating func measure<R>(_ body: () -> R) -> R {
        let clock = ContinuousClock()
        let (start, used) = (clock.now, ThreadTimes.processorOfProcess)
        defer {
            elapsed += clock.now - start
            processor += .nanoseconds(Int64(clamping: ThreadTimes.processorOfProcess - used))
        }
        return body()
    }
}
