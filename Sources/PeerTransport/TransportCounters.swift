import Synchronization

/// What the transport has done since it was made, all connections together.
public struct TransportCounters: Sendable, Hashable {
    /// Bytes read from sockets, handshakes and chunk headers included.
    public var bytesIn = 0
    /// Bytes handed to sockets, handshakes and chunk headers included.
    public var bytesOut = 0
    /// Frames delivered.
    public var framesIn = 0
    /// Frames handed to sockets whole.
    public var framesOut = 0
    /// Connections that became ready.
    public var connections = 0
    /// Dials begun.
    public var dials = 0
    /// Frames not delivered or not sent, by reason.
    public var drops: [Drop: Int] = [:]
    /// Connections ended or refused, by reason.
    public var ends: [ConnectionEnd.Code: Int] = [:]

    /// Why a frame was dropped.
    public enum Drop: String, Sendable, Hashable, CaseIterable {
        /// The queue was full; `send` said so.
        case queueFull
        /// No connection to the peer; `send` said so.
        case notConnected
        /// Header or body longer than the limit; `send` said so.
        case tooLong
        /// Queued when its connection ended.
        case connectionLost
        /// Received, but its connection ended before the user took it: held by back-pressure or an emulated delay.
        case undelivered
    }

    /// Nothing counted yet.
    public init() {}
}

/// The counters of a network, written by event loops and senders alike.
final class CounterStore: Sendable {
    private let counters = Mutex(TransportCounters())

    /// A copy of all counters, taken at one moment.
    var snapshot: TransportCounters { counters.withLock { $0 } }

    /// Changes some counters at once.
    func update(_ change: (inout TransportCounters) -> Void) { counters.withLock { change(&$0) } }

    /// Counts dropped frames.
    func drop(_ reason: TransportCounters.Drop, count: Int = 1) {
        guard count > 0 else { return }
        counters.withLock { $0.drops[reason, default: 0] += count }
    }

    /// Counts the end of a connection.
    func end(_ reason: ConnectionEnd) { counters.withLock { $0.ends[reason.code, default: 0] += 1 } }
}
