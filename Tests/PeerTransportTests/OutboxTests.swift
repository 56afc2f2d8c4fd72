import NIOCore
import Testing

@testable import PeerTransport

@Suite("The outbox")
struct OutboxTests {
    @Test("takes frames up to its bound in number")
    func frameBound() {
        var limits = TransportLimits()
        limits.consensusQueue = .init(frames: 2, bytes: 1000)
        let outbox = Outbox(limits: limits)
        #expect(outbox.offer(.sample(1), .consensus) == .queued(wake: true))
        #expect(outbox.offer(.sample(2), .consensus) == .queued(wake: false))
        #expect(outbox.offer(.sample(3), .consensus) == .full)
        #expect(outbox.offer(.sample(4), .payload) == .queued(wake: false))
    }

    @Test("takes frames up to its bound in bytes, and one too large for it when empty")
    func byteBound() {
        var limits = TransportLimits()
        limits.syncQueue = .init(frames: 10, bytes: 104)
        let outbox = Outbox(limits: limits)
        #expect(outbox.offer(.sample(1, body: 100), .sync) == .queued(wake: true))
        #expect(outbox.offer(.sample(2), .sync) == .full)
        #expect(outbox.nextChunk()?.finishesFrame == true)
        #expect(outbox.offer(.sample(3, body: 101), .sync) == .queued(wake: false))
        #expect(outbox.offer(.sample(4), .sync) == .full)
    }

    @Test("hands out consensus first, then payload and sync three to one")
    func shares() {
        var limits = TransportLimits()
        limits.chunkBytes = 1024
        let outbox = Outbox(limits: limits)
        _ = outbox.offer(Frame(kind: 1, header: [], body: [.pattern(8 << 10)]), .sync)
        _ = outbox.offer(Frame(kind: 2, header: [], body: [.pattern(8 << 10)]), .payload)
        #expect(Self.take(5, from: outbox) == [.payload, .payload, .payload, .sync, .payload])
        _ = outbox.offer(.sample(3), .consensus)
        #expect(Self.take(5, from: outbox) == [.consensus, .payload, .payload, .sync, .payload])
        #expect(Self.take(8, from: outbox) == [.payload, .sync, .sync, .sync, .sync, .sync, .sync])
        #expect(outbox.nextChunk() == nil)
    }

    @Test("drops what waits when closed, and takes no more")
    func closing() {
        let outbox = Outbox(limits: TransportLimits())
        _ = outbox.offer(.sample(1), .sync)
        _ = outbox.offer(.sample(2), .consensus)
        #expect(outbox.close() == 2)
        #expect(outbox.offer(.sample(3), .sync) == .closed)
        #expect(outbox.nextChunk() == nil)
    }

    @Test("wakes again once it was found empty")
    func waking() {
        let outbox = Outbox(limits: TransportLimits())
        _ = outbox.offer(.sample(1), .sync)
        #expect(outbox.nextChunk() != nil)
        #expect(outbox.offer(.sample(2), .sync) == .queued(wake: false))
        #expect(outbox.nextChunk() != nil)
        #expect(outbox.nextChunk() == nil)
        #expect(outbox.offer(.sample(3), .sync) == .queued(wake: true))
    }

    /// The priorities of the next chunks.
    private static func take(_ count: Int, from outbox: Outbox) -> [FramePriority] {
        (0..<count).compactMap { _ in
            outbox.nextChunk()?.buffers.first.flatMap { $0.getInteger(at: 1, as: UInt8.self) }
                .flatMap(FramePriority.init)
        }
    }
}
