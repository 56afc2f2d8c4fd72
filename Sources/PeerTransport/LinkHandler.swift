import NIOCore

/// An open connection on its event loop: decodes, holds back, delivers, writes, and ends once.
///
/// Every member is used on the channel's event loop only. The order it keeps for the user: the `connected` event, then
/// frames, then `disconnected`, after which nothing is delivered.
final class LinkHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What others see of this connection.
    let link: Link
    /// What the network shares.
    let core: NetworkCore
    /// Where to write and read on; nil before the handler is in a pipeline, and after the end.
    var context: ChannelHandlerContext?
    /// Puts frames together.
    var decoder: FrameDecoder
    /// Bytes that came while frames were held; at most what was in the socket when reading stopped.
    var undecoded = ByteBuffer()
    /// Frames held by an emulated delay; nil if there is none.
    var delayLine: DelayLine?
    /// Delivers the next delayed frame.
    var delayTask: Scheduled<Void>?
    /// The user said false and has not resumed.
    var isHeld = false
    /// A read was asked for and not passed on.
    var isReadWithheld = false
    /// Looks for progress while a frame is unfinished.
    var stallTask: Scheduled<Void>?
    /// Bytes since the last look.
    var bytesSinceLook = 0
    /// Frames completed since the last look.
    var framesSinceLook = 0
    /// Chunks are being written further up the stack.
    var isWriting = false
    /// Close when the outbox is empty.
    var isDraining = false
    /// `disconnected` has been delivered.
    var isEnded = false

    /// Serves a link; waits to be added to its channel's pipeline.
    init(link: Link, core: NetworkCore) {
        self.link = link
        self.core = core
        decoder = FrameDecoder(limits: core.configuration.limits)
        delayLine = DelayLine(delay: core.configuration.emulatedDelay)
    }

    /// Remembers the context.
    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// Forgets the context.
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// The peer is gone, or this side has closed.
    func channelInactive(context: ChannelHandlerContext) {
        end(core.table.isStopping ? .stopped : decoder.isMidFrame ? .truncated : .closedByPeer)
        context.fireChannelInactive()
    }

    /// The socket reports an error: the connection can't be trusted to be whole any more.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failed(String(describing: error)))
    }

    /// Ends the link, once: no frame is delivered after it, queued ones are dropped and counted, the socket closes.
    func end(_ reason: ConnectionEnd) {
        guard !isEnded else { return }
        isEnded = true
        delayTask?.cancel()
        stallTask?.cancel()
        core.counters.drop(.connectionLost, count: link.outbox.close())
        core.counters.drop(.undelivered, count: forgetHeldFrames())
        core.counters.end(reason)
        core.onEvent(.disconnected(link.peer, reason))
        // Only now may a newer connection of this peer be admitted: its `connected` must come after.
        core.table.remove(link)
        core.linkEnded(link)
        link.detach()
        link.channel.close(promise: nil)
    }

    /// Lets go of what was received and not delivered; returns how many frames it was.
    private func forgetHeldFrames() -> Int {
        var count = delayLine?.count ?? 0
        delayLine = nil
        do throws(ProtocolViolation) {
            while try decoder.next(from: &undecoded) != nil { count += 1 }
        } catch {
            // The rest is no frames; the connection is ending as it is.
        }
        undecoded = ByteBuffer()
        return count
    }

    /// Runs something later on the event loop, unless the link has ended by then.
    func schedule(
        _ deadline: NIODeadline, _ body: @escaping @Sendable (LinkHandler) -> Void
    ) -> Scheduled<Void> {
        let bound = NIOLoopBound(self, eventLoop: link.channel.eventLoop)
        return link.channel.eventLoop.scheduleTask(deadline: deadline) {
            if !bound.value.isEnded { body(bound.value) }
        }
    }
}
