import NIOCore
import NIOPosix

@testable import PeerTransport

/// A far end that says what a test tells it to, byte by byte.
struct RawPeer: Sendable {
    private let channel: any Channel
    private let answer: EventLoopFuture<Void>

    /// Connects to a port of this machine, and says nothing.
    init(port: UInt16) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answered = loop.makePromise(of: Void.self)
        answer = answered.futureResult
        do {
            channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AnswerHandler(answered))
                    }
                }
                .connect(host: "127.0.0.1", port: Int(port)).get()
        } catch {
            answered.fail(error)
            throw error
        }
    }

    /// Sends bytes.
    func say(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }

    /// Sends bytes.
    func say(_ bytes: [UInt8]) async throws { try await say(ByteBuffer(bytes: bytes)) }

    /// Sends the hello of a peer of that number.
    func sayHello(_ number: UInt8, session: UInt64 = 1) async throws {
        try await say(Hello(session: session, key: .number(number)).encoded())
    }

    /// Returns once the other end's hello is here: who closes before has bytes that nobody read, so that the other end
    /// sees a reset instead of an end, and may lose what was sent last.
    func waitForAnswer() async throws { try await answer.get() }

    /// Hangs up.
    func close() async throws { try await channel.close() }

    /// Returns once the connection is closed; by this end, if the task is cancelled.
    func waitForClose() async throws {
        try await withTaskCancellationHandler {
            try await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

/// Counts what comes, until it is a hello.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answered: EventLoopPromise<Void>
    private var missing = Hello.byteCount

    init(_ answered: EventLoopPromise<Void>) { self.answered = answered }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        missing -= unwrapInboundIn(data).readableBytes
        if missing <= 0 { answered.succeed() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answered.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
