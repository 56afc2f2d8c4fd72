import HotStuff
import PeerTransport
import Testing

@Suite("A peer that sends what it must not", .timeLimit(.minutes(1)))
struct HostilePeerTests {
    @Test("is refused message by message, and the replica goes on")
    func garbage() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await replica.start()
        let events = replica.events

        let target = try #require(PeerKey(bytes: network.configurations[0].identity.key.bytes))
        let stranger = try #require(PeerKey(bytes: [UInt8](repeating: 0, count: 32)))
        let (connected, continuation) = AsyncStream<Void>.makeStream()
        var configuration = PeerNetworkConfiguration(
            key: stranger, listen: nil, peers: [target: network.configurations[0].listen])
        configuration.dialling = .everyone
        let peer = PeerNetwork(configuration) { _, _ in
            true
        } onEvent: { event in
            if case .connected = event { continuation.yield() }
        }
        try await peer.start()
        for await _ in connected { break }
        for kind in UInt8.min ... .max {
            for priority in FramePriority.allCases {
                let bytes = (0..<Int(kind)).map { UInt8(truncatingIfNeeded: $0 &* 37) }
                peer.send(Frame(kind: kind, header: bytes), to: target, priority: priority)
            }
        }
        var refused = 0
        for await event in events {
            if case .refused = event { refused += 1 }
            if refused == 100 { break }
        }
        await peer.stop()
        let height = replica.status.committed.height.rawValue
        try await replica.wait(for: Height(height + 5))
        try await replica.stop()
    }
}
