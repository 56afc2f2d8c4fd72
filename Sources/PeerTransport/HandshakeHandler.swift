import NIOCore

/// Exchanges hellos on a new connection, then makes way for a ``LinkHandler``, or closes it and says why.
///
/// Lives on the channel's event loop. Reads at most one hello, and stops reading until it is answered.
final class HandshakeHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let core: NetworkCore
    private let role: ConnectionRole
    /// Called once if no link comes of the connection, with the key that the peer claimed.
    private let onFailure: (PeerKey?, ConnectionEnd) -> Void
    private var input = ByteBuffer()
    /// The link that waits to be admitted; nil until the peer's hello is here.
    private var candidate: Link?
    private var isOver = false
    private var timeout: Scheduled<Void>?

    /// Shakes hands in a role.
    init(core: NetworkCore, role: ConnectionRole, onFailure: @escaping (PeerKey?, ConnectionEnd) -> Void) {
        self.core = core
        self.role = role
        self.onFailure = onFailure
    }

    /// Says hello if this side dialled, and sets the time limit.
    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timeout = context.eventLoop.scheduleTask(in: TimeAmount(core.configuration.timing.handshakeTimeout)) {
            bound.value.handler.fail(bound.value.context, .handshakeTimedOut)
        }
        if role != .accepted { say(nil, context) }
    }

    /// Collects the peer's hello.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !isOver else { return }
        core.counters.update { $0.bytesIn += bytes.readableBytes }
        input.writeBuffer(&bytes)
        guard candidate == nil else { return }
        do throws(ProtocolViolation) {
            if let hello = try Hello.decode(from: &input) { consider(hello, context) }
        } catch {
            fail(context, .malformed(error))
        }
    }

    /// Reads on only while the hello is missing: what follows is the link's to read.
    func read(context: ChannelHandlerContext) {
        if candidate == nil { context.read() }
    }

    /// Ends the handshake if the connection ends.
    func channelInactive(context: ChannelHandlerContext) {
        fail(context, core.table.isStopping ? .stopped : .truncated)
        context.fireChannelInactive()
    }

    /// Ends the handshake on an error of the socket.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isOver else { return context.fireErrorCaught(error) }
        fail(context, .failed(String(describing: error)))
    }

    /// Makes room for a newer connection if asked to.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is Eviction { fail(context, .refused(.tooManyHandshakes)) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Asks the oldest handshake to make room.
    struct Eviction: Sendable {}

    private func consider(_ hello: Hello, _ context: ChannelHandlerContext) {
        if let refusal = hello.refusal { return fail(context, .refusedByPeer(refusal), claimed: hello.key) }
        guard hello.commonVersion != nil else { return fail(context, .refused(.version), claimed: hello.key) }
        if let proven = core.security.provenKey(context.pipeline.syncOperations), proven != hello.key {
            return fail(context, .wrongPeer(proven), claimed: hello.key)
        }
        if case .dialled(let expected) = role, expected != hello.key {
            return fail(context, .wrongPeer(hello.key), claimed: hello.key)
        }
        candidate = Link(
            peer: hello.key, session: hello.session, direction: role.direction, channel: context.channel,
            limits: core.configuration.limits)
        admit(context)
    }

    /// Asks for the peer's place, as often as it takes for an older link to leave it.
    private func admit(_ context: ChannelHandlerContext) {
        guard !isOver, let link = candidate else { return }
        let handler = LinkHandler(link: link, core: core)
        link.attach(handler)
        switch core.table.admit(link) {
        case .admitted:
            open(link, handler, context)
        case .replaces(let older):
            let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
            older.end(.replaced) {
                bound.eventLoop.execute { bound.value.handler.admit(bound.value.context) }
            }
        case .refused(let refusal):
            fail(context, .refused(refusal), claimed: link.peer)
        }
    }

    /// Tells the user, then the peer, and hands the channel over.
    private func open(_ link: Link, _ handler: LinkHandler, _ context: ChannelHandlerContext) {
        finish(context)
        core.counters.update { $0.connections += 1 }
        let address = context.remoteAddress.map { "\($0)" } ?? "unknown"
        core.onEvent(.connected(link.peer, .init(direction: role.direction, address: address)))
        core.linkOpened(link)
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
        } catch {
            return handler.end(.failed(String(describing: error)))
        }
        if role == .accepted { say(nil, context) }
        if input.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(input)) }
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        // Reads were held since the hello; autoRead asks again only after a read.
        handler.readOn()
    }

    /// Closes a connection of which no link comes, and tells the peer why if it waits for an answer.
    private func fail(_ context: ChannelHandlerContext, _ reason: ConnectionEnd, claimed: PeerKey? = nil) {
        guard !isOver else { return }
        finish(context)
        candidate?.detach()
        core.counters.end(reason)
        onFailure(claimed ?? candidate?.peer, reason)
        if case .refused(let refusal) = reason, role == .accepted, refusal != .tooManyHandshakes {
            let channel = context.channel
            say(refusal, context).whenComplete { _ in channel.close(promise: nil) }
        } else {
            context.close(promise: nil)
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        isOver = true
        timeout?.cancel()
        if role == .accepted { core.table.endHandshake(context.channel) }
    }

    @discardableResult
    private func say(_ refusal: Refusal?, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        let hello = Hello(refusal: refusal, session: core.session, key: core.configuration.key)
        core.counters.update { $0.bytesOut += Hello.byteCount }
        return context.writeAndFlush(wrapOutboundOut(hello.encoded()))
    }
}
