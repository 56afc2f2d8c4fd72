import NIOCore

/// The way out: chunks are taken from the outbox only while the channel has room, so that an urgent frame waits for at
/// most what is already on its way to the socket.
extension LinkHandler {
    /// Bytes written before other connections of the event loop get their turn.
    private static let turnBytes = 1 << 20

    /// Goes on writing when the socket has taken enough.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { writeWaiting() }
        context.fireChannelWritabilityChanged()
    }

    /// Writes what waits, as far as there is room.
    ///
    /// What remains is written on the change of the channel's writability, or on the next turn of the event loop.
    func writeWaiting() {
        // Flushing may call back, when the socket took everything at once; the loop below sees the room by itself.
        guard !isWriting, !isEnded, let context else { return }
        isWriting = true
        var bytes = 0
        var frames = 0
        var isEmpty = false
        while !isEmpty, !isEnded, context.channel.isWritable, bytes < Self.turnBytes {
            if let chunk = link.outbox.nextChunk() {
                for buffer in chunk.buffers {
                    bytes += buffer.readableBytes
                    context.write(wrapOutboundOut(buffer), promise: nil)
                }
                frames += chunk.finishesFrame ? 1 : 0
                if !context.channel.isWritable { context.flush() }
            } else {
                isEmpty = true
            }
        }
        context.flush()
        isWriting = false
        core.counters.update {
            $0.bytesOut += bytes
            $0.framesOut += frames
        }
        if isEmpty {
            if isDraining { closeOutput(context) }
        } else if !isEnded, context.channel.isWritable {
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.execute { bound.value.writeWaiting() }
        }
    }

    /// Takes no more frames, and closes once those queued are written.
    func drain() {
        guard !isDraining, !isEnded else { return }
        isDraining = true
        link.outbox.seal()
        writeWaiting()
    }

    /// Says that nothing follows, and waits for the peer to close: to close at once, with unread bytes of the peer in
    /// the socket, would reset the connection and lose what was just sent.
    private func closeOutput(_ context: ChannelHandlerContext) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
    }
}
