import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How sockets are set up.
enum SocketOptions {
    /// Bytes waiting in the channel above which it is not writable, and below which it is again.
    ///
    /// Two or so chunks: an urgent frame waits for these.
    static let outboundBytes = ChannelOptions.Types.WriteBufferWaterMark(low: 128 << 10, high: 256 << 10)
    /// Bytes the system keeps unsent per connection; it would keep megabytes, and an urgent frame would wait for them.
    private static let unsentBytes: CInt = 256 << 10

    /// Sets the options of a connection, dialled or accepted; on its event loop.
    static func apply(to channel: any Channel, timing: TransportTiming) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.writeBufferWaterMark, value: outboundBytes)
        try options.setOption(
            .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65536, maximum: 256 << 10))
        // Tests run these handlers on channels without a socket.
        guard channel is any SocketOptionProvider else { return }
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        #if os(Linux)
        let milliseconds = CInt(clamping: TimeAmount(timing.silenceTimeout).nanoseconds / 1_000_000)
        let interval = max(milliseconds / 3000, 1)
        for (name, value) in [
            (TCP_KEEPIDLE, interval), (TCP_KEEPINTVL, interval), (TCP_KEEPCNT, 2),
            // Unacknowledged data switches keepalive off; this limits it, else a dead peer is noticed after minutes.
            (TCP_USER_TIMEOUT, max(milliseconds, 1)),
            (TCP_NOTSENT_LOWAT, unsentBytes),
        ] {
            try options.setOption(.tcpOption(.init(rawValue: name)), value: .init(value))
        }
        #endif
    }
}
