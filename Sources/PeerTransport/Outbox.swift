import NIOCore
import Synchronization

/// What waits to be written on one connection: a bounded queue a priority.
///
/// Any thread adds; the event loop takes.
final class Outbox: Sendable {
    /// What became of a frame that was offered.
    enum Answer: Equatable {
        /// It waits; `wake` says that nobody is writing, so the event loop must be told.
        case queued(wake: Bool)
        /// There is no room for it.
        case full
        /// The connection has ended or is draining.
        case closed
    }

    /// A chunk to write, and whether its frame is complete with it.
    struct Chunk {
        /// To be written in this order.
        let buffers: [ByteBuffer]
        /// Whether this is the last chunk of its frame.
        let finishesFrame: Bool
    }

    /// One priority's frames; the first may be partly written.
    private struct Lane {
        var frames = CircularBuffer<FrameCursor>()
        var bytes = 0
    }

    private struct State {
        var lanes = [Lane(), Lane(), Lane()]
        /// Somebody will take chunks until there are none: no need to wake.
        var isBeingWritten = false
        var isOpen = true
        /// Chunks of payload frames since the last one of a sync frame.
        var payloadTurns = 0
    }

    /// How many chunks of payload frames go for one of a sync frame, while both wait.
    private static let payloadShare = 3

    private let limits: TransportLimits
    private let state = Mutex(State())

    /// An empty box.
    init(limits: TransportLimits) { self.limits = limits }

    /// Adds a frame that is within the frame limits, without waiting.
    func offer(_ frame: Frame, _ priority: FramePriority) -> Answer {
        let limit = limits.queue(priority)
        let cursor = FrameCursor(frame, priority: priority)
        return state.withLock { state in
            guard state.isOpen else { return .closed }
            let lane = Int(priority.rawValue)
            let frames = state.lanes[lane].frames.count
            let fits = frames < limit.frames && cursor.byteCount <= limit.bytes - state.lanes[lane].bytes
            // An empty queue takes any frame: else one larger than the queue's bound could never be sent.
            guard fits || frames == 0 else { return .full }
            state.lanes[lane].frames.append(cursor)
            state.lanes[lane].bytes += cursor.byteCount
            defer { state.isBeingWritten = true }
            return .queued(wake: !state.isBeingWritten)
        }
    }

    /// Takes the next chunk: consensus before all, then payload and sync by shares; nil if nothing waits, and then the
    /// next offer wakes.
    func nextChunk() -> Chunk? {
        state.withLock { state in
            guard let lane = Self.nextLane(&state) else {
                state.isBeingWritten = false
                return nil
            }
            let buffers = state.lanes[lane].frames[state.lanes[lane].frames.startIndex]
                .nextChunk(limit: limits.chunkBytes)
            guard let cursor = state.lanes[lane].frames.first, cursor.isFinished else {
                return Chunk(buffers: buffers, finishesFrame: false)
            }
            state.lanes[lane].frames.removeFirst()
            state.lanes[lane].bytes -= cursor.byteCount
            return Chunk(buffers: buffers, finishesFrame: true)
        }
    }

    /// Takes no more frames; those queued are still handed out.
    func seal() { state.withLock { $0.isOpen = false } }

    /// Takes no more frames and drops those queued; returns how many they were.
    func close() -> Int {
        state.withLock { state in
            let dropped = state.lanes.reduce(0) { $0 + $1.frames.count }
            state = State()
            state.isOpen = false
            return dropped
        }
    }

    private static func nextLane(_ state: inout State) -> Int? {
        let consensus = 0
        let payload = 1
        let sync = 2
        if !state.lanes[consensus].frames.isEmpty { return consensus }
        if state.lanes[sync].frames.isEmpty { return state.lanes[payload].frames.isEmpty ? nil : payload }
        if state.lanes[payload].frames.isEmpty { return sync }
        let isSyncTurn = state.payloadTurns >= payloadShare
        state.payloadTurns = isSyncTurn ? 0 : state.payloadTurns + 1
        return isSyncTurn ? sync : payload
    }
}
