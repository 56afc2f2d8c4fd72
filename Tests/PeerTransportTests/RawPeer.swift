import NIOCore
import NIOPosix

@testable import PeerTransport

/// A far end that says what a test tells it to, byte by byte.
struct RawPeer: Sendable {
    private let channel: any Channel

    /// Connects to a port of this machine, and says nothing.
    init(port: UInt16) async throws {
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: Int(port)).get()
    }

    /// Sends bytes.
    func say(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }

    /// Sends bytes.
    func say(_ bytes: [UInt8]) async throws { try await say(ByteBuffer(bytes: bytes)) }

    /// Sends the hello of a peer of that number.
    func sayHello(_ number: UInt8, session: UInt64 = 1) async throws {
        try await say(Hello(session: session, key: .number(number)).encoded())
    }

    /// Hangs up.
    func close() async throws { try await channel.close() }

    /// Returns once the connection is closed.
    func waitForClose() async throws { try await channel.closeFuture.get() }
}
