import NIOCore

/// Frames held back by an emulated delay, in order of arrival; each is due the same time after it arrived.
struct DelayLine {
    /// Bytes of the frames held.
    private(set) var bytes = 0
    private let delay: TimeAmount
    private var frames = CircularBuffer<(due: NIODeadline, frame: ReceivedFrame)>()

    /// Holds every frame for `delay`; nil if that is no time at all.
    init?(delay: Duration) {
        guard delay > .zero else { return nil }
        self.delay = TimeAmount(delay)
    }

    /// How many frames are held.
    var count: Int { frames.count }

    /// When the first frame is due; nil if none is held.
    var nextDue: NIODeadline? { frames.first?.due }

    /// Holds a frame that arrived at `now`, which never goes back.
    mutating func hold(_ frame: ReceivedFrame, now: NIODeadline) {
        frames.append((now + delay, frame))
        bytes += frame.byteCount
    }

    /// Takes the first frame if it is due.
    mutating func release(now: NIODeadline) -> ReceivedFrame? {
        guard let first = frames.first, first.due <= now else { return nil }
        frames.removeFirst()
        bytes -= first.frame.byteCount
        return first.frame
    }
}
