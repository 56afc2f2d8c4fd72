import NIOCore

/// The way in: bytes become frames, which are delayed if asked for, and delivered while the user takes them.
extension LinkHandler {
    /// Takes what the socket had; keeps it for later while frames are held.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !isEnded else { return }
        let count = bytes.readableBytes
        core.counters.update { $0.bytesIn += count }
        bytesSinceLook += count
        if isHeld {
            undecoded.writeBuffer(&bytes)
        } else {
            decode(&bytes)
        }
    }

    /// Watches an unfinished frame for progress.
    func channelReadComplete(context: ChannelHandlerContext) {
        if !isEnded, stallTask == nil, decoder.isMidFrame { watchForStall() }
        context.fireChannelReadComplete()
    }

    /// Passes on the wish to read, unless frames are held or delayed ones fill their space.
    func read(context: ChannelHandlerContext) {
        if mayRead {
            context.read()
        } else {
            isReadWithheld = true
        }
    }

    /// Delivers again after a `false` of the user.
    func resume() {
        guard isHeld, !isEnded else { return }
        isHeld = false
        if delayLine != nil { releaseDelayed() }
        if !isHeld, !isEnded {
            var bytes = undecoded
            undecoded = ByteBuffer()
            decode(&bytes)
        }
        readOn()
    }

    /// Asks the socket for more if nothing holds it back.
    func readOn() {
        guard !isEnded, mayRead else {
            isReadWithheld = true
            return
        }
        isReadWithheld = false
        context?.read()
    }

    private var mayRead: Bool {
        !isHeld && (delayLine?.bytes ?? 0) <= core.configuration.limits.delayedBytes
    }

    private func decode(_ bytes: inout ByteBuffer) {
        do throws(ProtocolViolation) {
            while !isHeld, !isEnded, let frame = try decoder.next(from: &bytes) {
                framesSinceLook += 1
                if delayLine == nil {
                    deliver(frame)
                } else {
                    delay(frame)
                }
            }
        } catch {
            return end(.malformed(error))
        }
        if isHeld, bytes.readableBytes > 0 { undecoded.writeBuffer(&bytes) }
    }

    private func deliver(_ frame: ReceivedFrame) {
        core.counters.update { $0.framesIn += 1 }
        if !core.deliver(frame, link.peer) { isHeld = true }
    }

    private func delay(_ frame: ReceivedFrame) {
        delayLine?.hold(frame, now: .now())
        if delayTask == nil { awaitDelayed() }
    }

    /// Delivers what is due, then waits for what is not.
    private func releaseDelayed() {
        delayTask = nil
        while !isHeld, !isEnded, let frame = delayLine?.release(now: .now()) { deliver(frame) }
        if !isHeld, !isEnded { awaitDelayed() }
        if isReadWithheld, mayRead { readOn() }
    }

    private func awaitDelayed() {
        guard let due = delayLine?.nextDue else { return }
        delayTask = schedule(due) { $0.releaseDelayed() }
    }

    private func watchForStall() {
        bytesSinceLook = 0
        framesSinceLook = 0
        stallTask = schedule(.now() + TimeAmount(core.configuration.timing.stallTimeout)) { $0.lookForStall() }
    }

    /// Ends a connection that keeps a frame unfinished and sends next to nothing; not while this side isn't reading.
    private func lookForStall() {
        stallTask = nil
        guard decoder.isMidFrame else { return }
        let hasProgress = framesSinceLook > 0 || bytesSinceLook >= core.configuration.timing.stallFloorBytes
        if hasProgress || !mayRead {
            watchForStall()
        } else {
            end(.stalled)
        }
    }
}
