import NIOCore

/// The one open connection to a peer, as other threads and the table of links see it.
///
/// The handler behind it belongs to the connection's event loop; everything else here is immutable or locks itself.
final class Link: Sendable {
    /// Who is at the other end.
    let peer: PeerKey
    /// The other end's session, from its hello.
    let session: UInt64
    /// Which side dialled.
    let direction: PeerEvent.Direction
    /// When the handshake was over.
    let openedAt: NIODeadline
    /// The socket.
    let channel: any Channel
    /// What waits to be sent.
    let outbox: Outbox
    /// The handler in the channel's pipeline; nil after the end, as handler and link hold each other.
    private let handler: NIOLoopBoundBox<LinkHandler?>

    /// Describes a connection whose handshake is over; not in use until a handler is attached.
    init(
        peer: PeerKey, session: UInt64, direction: PeerEvent.Direction, channel: any Channel, limits: TransportLimits
    ) {
        self.peer = peer
        self.session = session
        self.direction = direction
        self.channel = channel
        openedAt = .now()
        outbox = Outbox(limits: limits)
        handler = .makeEmptyBox(eventLoop: channel.eventLoop)
    }

    /// Joins the link to its handler; on the event loop, before anyone else knows the link.
    func attach(_ handler: LinkHandler) { self.handler.value = handler }

    /// Lets go of the handler; on the event loop, when the link has ended.
    func detach() { handler.value = nil }

    /// Queues a frame without waiting, from any thread.
    ///
    /// - Returns: nil if it was queued, else why not.
    func send(_ frame: Frame, _ priority: FramePriority) -> TransportCounters.Drop? {
        switch outbox.offer(frame, priority) {
        case .full: return .queueFull
        case .closed: return .notConnected
        case .queued(let wake):
            if wake { onLoop { $0.writeWaiting() } }
            return nil
        }
    }

    /// Delivers again what a `false` from the user held up, from any thread.
    func resume() { onLoop { $0.resume() } }

    /// Takes no more frames, sends what waits, then closes, at the latest after a limit.
    ///
    /// From any thread.
    func drain(limit: TimeAmount) {
        onLoop { $0.drain() }
        channel.eventLoop.scheduleTask(in: limit) { self.handler.value?.end(.stopped) }
    }

    /// Ends the link, from any thread; `then` is called on its event loop once `disconnected` has been delivered.
    func end(_ reason: ConnectionEnd, then: @escaping @Sendable () -> Void) {
        channel.eventLoop.execute {
            self.handler.value?.end(reason)
            then()
        }
    }

    private func onLoop(_ body: @escaping @Sendable (LinkHandler) -> Void) {
        channel.eventLoop.execute {
            guard let handler = self.handler.value else { return }
            body(handler)
        }
    }
}
