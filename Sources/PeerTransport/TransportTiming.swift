import NIOCore

/// How long the transport waits for what.
public struct TransportTiming: Sendable {
    /// For a TCP connection to be made.
    public var connectTimeout: Duration = .seconds(3)
    /// For the whole handshake, from the TCP connection on; a peer that drips or is silent is closed after it.
    public var handshakeTimeout: Duration = .seconds(5)
    /// How often a connection with an unfinished frame is asked for progress.
    ///
    /// Progress is a frame finished, or ``stallFloorBytes`` received; a connection that made none is closed.
    public var stallTimeout: Duration = .seconds(10)
    /// Bytes per ``stallTimeout`` that count as progress.
    public var stallFloorBytes = 4 << 10
    /// For a peer's system to acknowledge what was sent or to answer a keepalive; then the connection is given up.
    ///
    /// It also ends a connection whose receiver has stopped reading for as long, so back-pressure must not last longer.
    public var silenceTimeout: Duration = .seconds(15)
    /// Before the first retry of a dial, halved at random; each further failure doubles it.
    public var shortestBackoff: Duration = .milliseconds(50)
    /// The longest wait between dials; dialling never gives up.
    public var longestBackoff: Duration = .seconds(2)

    /// The defaults.
    public init() {}

    /// The wait before dialling again after a number of failures in a row: half of it fixed, half at random, so that
    /// peers restarted together do not dial in step.
    func backoff(failures: Int, random: Double = .random(in: 0..<1)) -> Duration {
        let doubled = shortestBackoff * Double(1 << min(max(failures, 0), 20))
        let ceiling = min(doubled, longestBackoff)
        return ceiling * (0.5 + 0.5 * random)
    }

    /// Why the times can't be used; nil if they can.
    var fault: String? {
        let times = [
            connectTimeout, handshakeTimeout, stallTimeout, silenceTimeout, shortestBackoff, longestBackoff,
        ]
        return times.contains { $0 <= .zero } ? "every time must be longer than zero" : nil
    }
}
