internal import HotStuffCore
internal import Synchronization

/// What time it is in a world, for closures that must be `Sendable`; the world alone moves it.
final class VirtualClock: Sendable {
    private let nanoseconds = Atomic<UInt64>(0)
    private let isQuietFlag = Atomic(false)
    private let burstPeriod = Atomic<UInt64>(0)

    /// The world's time.
    var now: Timestamp { Timestamp(nanoseconds: nanoseconds.load(ordering: .relaxed)) }
    /// Moves it.
    func set(_ value: UInt64) { nanoseconds.store(value, ordering: .relaxed) }

    /// Whether the state machines have nothing to propose for a while.
    var isQuiet: Bool {
        if isQuietFlag.load(ordering: .relaxed) { return true }
        let period = burstPeriod.load(ordering: .relaxed)
        return period > 0 && now.nanoseconds / period % 2 == 1
    }
    /// Makes it so.
    func setQuiet(_ value: Bool) { isQuietFlag.store(value, ordering: .relaxed) }
    /// Makes work come in bursts: none in every other period; zero ends that.
    func setBursts(_ period: UInt64) { burstPeriod.store(period, ordering: .relaxed) }
}

/// One replica's clock, which runs at a rate of its own and may jump ahead.
struct LocalClock: Sendable {
    private var worldOrigin: UInt64 = 0
    private var localOrigin: UInt64 = 0
    /// How fast it runs, in thousandths.
    private(set) var rate: UInt64 = 1_000

    /// What it shows when the world's shows `world`.
    func reading(at world: UInt64) -> UInt64 { localOrigin + (world - worldOrigin) * rate / 1_000 }

    /// The first moment of the world at which it shows at least `local`.
    func moment(showing local: UInt64) -> UInt64 {
        guard local > localOrigin else { return worldOrigin }
        let (product, overflow) = (local - localOrigin).multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : worldOrigin + (product + rate - 1) / rate
    }

    /// Runs at this rate from now on.
    mutating func setRate(_ perMille: UInt64, at world: UInt64) {
        localOrigin = reading(at: world)
        worldOrigin = world
        rate = perMille
    }

    /// Shows so much more from now on.
    mutating func jump(_ nanoseconds: UInt64, at world: UInt64) {
        setRate(rate, at: world)
        localOrigin += nanoseconds
    }
}
