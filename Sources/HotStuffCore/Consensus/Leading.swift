internal import DequeModule

/// What the leader of a view remembers of its tenure (protocol §3).
struct Leading: Sendable {
    /// The newest block of the chain that it extends: its own, or before its first the one that its justify certifies.
    var tip: LogPosition
    /// The index of its newest block; nil before its first.
    var index: UInt64?
    /// The highest certificate on its own chain.
    var justify: QuorumCertificate
    /// The `justify` of its newest block: what its followers know of.
    var carried: QuorumCertificate
    /// Whether a block of this view has committed: only then is the state machine asked.
    var isStable = false
    /// Heights of uncommitted blocks on its chain that certificates are carried for: payloads, and the first block.
    var wanted: Deque<UInt64> = []

    /// Blocks made and not sent yet, for one run.
    var unsent: [Block] = []
    /// Whether they carry a certificate that takes a payload nearer to its commit than any block sent does.
    var isRunAwaited = false
    /// The newest run sent; repeated while the window does not move.
    var newestRun: [Block] = []
    /// How many blocks a run takes in.
    var runLength = 1
    /// When the run is sent though it is not full.
    var flushDue: Timestamp?
    /// When the newest run is repeated.
    var repetitionDue: Timestamp?
    /// When an idle leader shows that it is there.
    var heartbeatDue: Timestamp?
    /// When a certificate that brings something nearer to its commit is carried by a nudge.
    var pushDue: Timestamp?
    /// When a certificate that commits something travels alone, if no block has carried it by then.
    var certificateDue: Timestamp?

    var pace = LeaderPace()

    /// The earliest of all that is due.
    var due: Timestamp? {
        .earliest(.earliest(flushDue, repetitionDue), .earliest(heartbeatDue, .earliest(pushDue, certificateDue)))
    }

    /// A tenure that begins on what `justify` certifies.
    init(justify: QuorumCertificate, now: Timestamp) {
        tip = justify.position
        self.justify = justify
        carried = justify
        repetitionDue = nil
    }

    /// The log has grown to `height`.
    mutating func committed(upTo height: Height) {
        while let first = wanted.first, first <= height.rawValue { wanted.removeFirst() }
    }

    /// How many uncommitted blocks that matter lie above `height`.
    func wantedCount(above height: Height) -> Int {
        // Heights grow, and most votes are for a block near the tip: counted from there.
        var count = 0
        for wanted in wanted.reversed() {
            guard wanted > height.rawValue else { break }
            count += 1
        }
        return count
    }

    /// Whether a block that matters was sent and is not certified.
    var hasPayloadUnderWay: Bool {
        let sent = newestRun.last.map(\.height.rawValue) ?? 0
        return wanted.reversed().first { $0 <= sent }.map { $0 > justify.height.rawValue } ?? false
    }

    /// Whether an uncommitted block that matters lies above `low` and not above `high`.
    func wants(above low: Height, upTo high: Height) -> Bool {
        wanted.contains { $0 > low.rawValue && $0 <= high.rawValue }
    }
}

/// How far a leader may run ahead: twice what the network and the disks had under way when they were not yet queueing.
///
/// The product of the best round trip and the best rate of certified blocks of late (as BBR does for bytes): a window of
/// that size hides the latency, and a larger one would only make queues.
struct LeaderPace: Sendable {
    private struct Sent: Sendable {
        let height: UInt64
        let at: Timestamp
        /// The certified height when it was sent.
        let certifiedBefore: UInt64
    }

    /// Blocks that any window has room for: enough for a leader to measure with.
    static let smallestWindow = 8
    private static let memory = Duration.seconds(10)

    private var sent: Deque<Sent> = []
    private var bestRoundTrip: (value: Duration, at: Timestamp)?
    /// Blocks certified within one round trip.
    private var bestRate: (blocks: UInt64, within: Duration, at: Timestamp)?
    private var lastProposal: Timestamp?
    /// The time between two payload proposals of late; nil before the second.
    private(set) var proposalInterval: Duration?

    /// How many blocks that were sent are not certified.
    var sentCount: Int { sent.count }

    /// A block has been sent.
    mutating func sent(_ height: Height, certified: Height, isPayload: Bool, now: Timestamp) {
        sent.append(Sent(height: height.rawValue, at: now, certifiedBefore: certified.rawValue))
        guard isPayload else { return }
        if let last = lastProposal {
            let latest = now - last
            proposalInterval = proposalInterval.map { ($0 * 7 + latest) / 8 } ?? latest
        }
        lastProposal = now
    }

    /// A block is certified.
    mutating func certified(_ height: Height, now: Timestamp) {
        while let first = sent.first, first.height <= height.rawValue {
            sent.removeFirst()
            guard first.height == height.rawValue else { continue }
            let roundTrip = max(now - first.at, .microseconds(1))
            if bestRoundTrip.map({ roundTrip <= $0.value || now > $0.at + Self.memory }) ?? true {
                bestRoundTrip = (roundTrip, now)
            }
            let blocks = height.rawValue - min(first.certifiedBefore, height.rawValue)
            if let best = bestRate, blocks.rate(over: roundTrip) < best.blocks.rate(over: best.within),
                now <= best.at + Self.memory
            {
                continue
            }
            bestRate = (blocks, roundTrip, now)
        }
    }

    /// How many blocks may be uncertified.
    var window: Int {
        guard let roundTrip = bestRoundTrip?.value, let rate = bestRate else { return Self.smallestWindow }
        let perSecond = rate.blocks.rate(over: rate.within)
        let underWay = perSecond.multipliedReportingOverflow(by: roundTrip.wholeNanoseconds)
        guard !underWay.overflow else { return .max }
        return max(Self.smallestWindow, Int(clamping: underWay.partialValue / 1_000_000_000).multipliedClamping(by: 2))
    }

    /// How long until the next payload is likely to be proposed; nil if nothing says that one will be soon.
    func untilNextProposal(now: Timestamp) -> Duration? {
        guard let interval = proposalInterval, let last = lastProposal, now < last + interval * 2 else { return nil }
        return (last + interval) - now
    }
}

extension UInt64 {
    /// This many within `duration`, as a number a second; at least 1.
    fileprivate func rate(over duration: Duration) -> UInt64 {
        let (scaled, overflow) = multipliedReportingOverflow(by: 1_000_000_000)
        return Swift.max(1, (overflow ? UInt64.max : scaled) / Swift.max(1, duration.wholeNanoseconds))
    }
}

extension Int {
    fileprivate func multipliedClamping(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
