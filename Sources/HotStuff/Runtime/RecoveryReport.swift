import Logging
import Synchronization

/// Says how far a state machine's recovery has got: by an event and a metric ten times a second at most, and in the log
/// every five seconds, so that one that takes no longer leaves no line.
final class RecoveryReport: Sendable {
    private let events: EventHub
    private let metrics: ReplicaMetrics
    private let logger: Logger
    private let clock: ReplicaClock
    /// When the next event and the next line are due.
    private let due: Mutex<(event: Timestamp, line: Timestamp)>

    /// A report of a recovery that begins now.
    init(events: EventHub, metrics: ReplicaMetrics, logger: Logger, clock: ReplicaClock) {
        self.events = events
        self.metrics = metrics
        self.logger = logger
        self.clock = clock
        due = Mutex((event: clock.now, line: clock.now + .seconds(5)))
    }

    /// The machine has been given the block at `height`.
    func show(_ height: Height, of tip: Height) {
        let now = clock.now
        let (isEventDue, isLineDue) = due.withLock { due in
            let isDue = (now >= due.event || height == tip, now >= due.line)
            if isDue.0 { due.event = now + .milliseconds(100) }
            if isDue.1 { due.line = now + .seconds(5) }
            return isDue
        }
        if isEventDue {
            events.tell(.recovering(height, of: tip))
            metrics.recoveredHeight.record(height.rawValue)
        }
        if isLineDue {
            logger.notice("the state machine is recovering", metadata: ["height": "\(height)", "of": "\(tip)"])
        }
    }
}
