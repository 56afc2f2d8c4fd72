import NIOCore
import Testing

@testable import PeerTransport

@Suite("A network keeps going when a peer", .timeLimit(.minutes(1)))
struct HostilePeerTests {
    @Test("speaks another protocol")
    func garbage() async throws {
        try await refusing(.malformed(.notAPeer)) { try await $0.say(Array("GET / HTTP/1.1\r\n\r\n".utf8)) }
    }

    @Test("hangs up in the middle of its hello")
    func truncatedHello() async throws {
        try await refusing(.truncated) { peer in
            try await peer.say(Array("PeerNet".utf8))
            try await peer.close()
        }
    }

    @Test("says nothing at all")
    func silence() async throws {
        try await refusing(.handshakeTimedOut, timing: Self.hasty) { _ in }
    }

    @Test("says its hello too slowly")
    func slowHello() async throws {
        try await refusing(.handshakeTimedOut, timing: Self.hasty) { peer in
            // On a busy machine its time may be over before it has said anything: the same reason.
            _ = try? await peer.say(Hello.magic)
        }
    }

    @Test("claims this side's own key")
    func ownKey() async throws {
        try await refusing(.refused(.ownKey)) { try await $0.sayHello(1) }
    }

    @Test("speaks only versions of the future")
    func version() async throws {
        try await refusing(.refused(.version)) { peer in
            try await peer.say(Hello(newest: 9, oldest: 8, session: 1, key: .number(5)).encoded())
        }
    }

    @Test("claims a key that it does not prove")
    func unprovenKey() async throws {
        let security = ConnectionSecurity(addHandlers: { _, _ in }, provenKey: { _ in .number(6) })
        try await refusing(.wrongPeer(.number(6)), security: security) { try await $0.sayHello(5) }
    }

    @Test("claims a frame of 2 to the 32nd bytes")
    func oversized() async throws {
        try await dropping(.malformed(.bodyTooLong(.max))) { peer in
            try await peer.say([1, 1, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])
        }
    }

    @Test("sends a frame one byte longer than allowed")
    func justTooLong() async throws {
        try await dropping(.malformed(.bodyTooLong((64 << 20) + 1))) { peer in
            try await peer.say([1, 1, 0, 0, 11, 0, 0, 0, 1, 0, 0, 4, 0, 0, 0, 0])
        }
    }

    @Test("sends garbage after its hello")
    func garbageFrames() async throws {
        try await dropping(.malformed(.unknownChunk(0x47))) { try await $0.say(Array("GET /".utf8)) }
    }

    @Test("hangs up in the middle of a frame")
    func truncatedFrame() async throws {
        try await dropping(.truncated) { peer in
            try await peer.say([1, 1, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3])
            try await peer.close()
        }
    }

    @Test("begins a frame and does not go on")
    func stalled() async throws {
        try await dropping(.stalled, timing: Self.expectant) { peer in
            try await peer.say([1, 1, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3])
        }
    }

    @Test("opens more connections than may shake hands: the oldest gives way, and an honest one gets through")
    func flood() async throws {
        let one = TestNetwork(1) { $0.limits.handshakes = 2 }
        let port = try await one.network.start()
        let first = try await RawPeer(port: port)
        var others: [RawPeer] = []
        for _ in 0..<2 { others.append(try await RawPeer(port: port)) }
        try await first.waitForClose()
        await one.recorder.wait { $0.events.contains { $0.refusal == .refused(.tooManyHandshakes) } }
        let honest = try await RawPeer(port: port)
        try await honest.sayHello(5)
        await one.recorder.wait(of: .number(5))
        await one.network.stop()
    }

    @Test("answers at the address of another")
    func wrongPeer() async throws {
        let three = TestNetwork(3)
        let port = try await three.network.start()
        let one = TestNetwork(1, peers: [2: port])
        try await one.network.start()
        await one.recorder.wait { $0.events.contains { $0.dialFailure == .wrongPeer(.number(3)) } }
        await one.network.stop()
        await three.network.stop()
    }

    /// Little patience with handshakes that are slow.
    private static var hasty: TransportTiming {
        var timing = TransportTiming()
        timing.handshakeTimeout = .milliseconds(50)
        return timing
    }

    /// Little patience with frames that are slow.
    private static var expectant: TransportTiming {
        var timing = TransportTiming()
        timing.stallTimeout = .milliseconds(50)
        return timing
    }

    /// Expects that a connection is refused for a reason, closed and counted, and that an honest peer then gets in.
    private func refusing(
        _ reason: ConnectionEnd, security: ConnectionSecurity = .plain, timing: TransportTiming = TransportTiming(),
        _ act: (RawPeer) async throws -> Void
    ) async throws {
        let one = TestNetwork(1, security: security) { $0.timing = timing }
        let port = try await one.network.start()
        let peer = try await RawPeer(port: port)
        try await act(peer)
        await one.recorder.wait { $0.events.contains { $0.refusal == reason } }
        try await peer.waitForClose()
        #expect(one.network.counters.ends[reason.code] == 1)
        let honest = TestNetwork(6, peers: [1: port]) { $0.dialling = .everyone }
        try await honest.network.start()
        await one.recorder.wait(of: .number(6))
        await honest.network.stop()
        await one.network.stop()
    }

    /// Expects that an open connection is dropped for a reason, closed and counted, with nothing delivered.
    private func dropping(
        _ reason: ConnectionEnd, timing: TransportTiming = TransportTiming(),
        _ act: (RawPeer) async throws -> Void
    ) async throws {
        let one = TestNetwork(1) { $0.timing = timing }
        let port = try await one.network.start()
        let peer = try await RawPeer(port: port)
        try await peer.sayHello(5)
        try await peer.waitForAnswer()
        try await act(peer)
        await one.recorder.wait { $0.events.contains(.disconnected(.number(5), reason)) }
        try await peer.waitForClose()
        #expect(one.network.counters.ends[reason.code] == 1)
        #expect(one.recorder.frames.isEmpty)
        let again = try await RawPeer(port: port)
        try await again.sayHello(5)
        await one.recorder.wait(forConnections: 2, of: .number(5))
        await one.network.stop()
    }
}
