import NIOCore
import Testing

@testable import PeerTransport

@Suite("One link a peer", .timeLimit(.minutes(1)))
struct ReconnectingTests {
    @Test("is made again when the far side comes back on the same port")
    func restart() async throws {
        let pair = try await TestPair.connected(port: ReservedPort.take())
        for round in 1...3 {
            let two = round == 1 ? pair.two : TestNetwork(2, port: pair.twoPort)
            if round > 1 { try await two.network.start() }
            await pair.one.recorder.wait(forConnections: round, of: two.key)
            await two.recorder.wait(of: pair.one)
            #expect(pair.one.send(.sample(UInt8(round)), to: two))
            await two.recorder.wait(forFrames: 1)
            #expect(two.recorder.frames.map(\.kind) == [UInt8(round)])
            await two.network.stop()
            await pair.one.recorder.wait { $0.events.count { $0.end(of: two.key) != nil } == round }
        }
        let ups = pair.one.recorder.events.compactMap { event -> Bool? in
            event.isConnected(.number(2)) ? true : event.end(of: .number(2)) != nil ? false : nil
        }
        #expect(ups == [true, false, true, false, true, false])
        await pair.one.network.stop()
    }

    @Test("is dialled for ever, until somebody listens")
    func lateListener() async throws {
        let port = ReservedPort.take()
        let one = TestNetwork(1, peers: [2: port])
        try await one.network.start()
        await one.recorder.wait { $0.events.count { $0.dialFailure != nil } >= 3 }
        let two = TestNetwork(2, port: port)
        try await two.network.start()
        await one.recorder.wait(of: two)
        await one.network.stop()
        await two.network.stop()
    }

    @Test("is left when both dial at the same time", arguments: 1...10)
    func crossing(round: Int) async throws {
        let port = ReservedPort.take()
        let one = TestNetwork(1, peers: [2: port]) { $0.dialling = .everyone }
        let onePort = try await one.network.start()
        let two = TestNetwork(2, port: port, peers: [1: onePort]) { $0.dialling = .everyone }
        try await two.network.start()
        await one.recorder.wait(of: two)
        await two.recorder.wait(of: one)
        // Frames go through in the end, however the crossing went; those sent into a link that gave way are lost.
        for sender in [one, two] {
            let receiver = sender.key == one.key ? two : one
            var connections = 0
            while receiver.recorder.frames.isEmpty, !Task.isCancelled {
                connections += 1
                await sender.recorder.wait(forConnections: connections, of: receiver.key)
                sender.send(.sample(1), to: receiver)
                let seen = connections
                await Self.either {
                    await receiver.recorder.wait(forFrames: 1)
                } or: {
                    await sender.recorder.wait(forConnections: seen + 1, of: receiver.key)
                }
            }
        }
        await Self.waitUntilConnected(one, two)
        await Self.waitUntilConnected(two, one)
        await one.network.stop()
        await two.network.stop()
    }

    @Test("goes to the newest connection of a peer that comes back before its old connection is seen to be dead")
    func newestWins() async throws {
        let one = TestNetwork(1)
        let port = try await one.network.start()
        let old = try await RawPeer(port: port)
        try await old.sayHello(5, session: 1)
        await one.recorder.wait(forConnections: 1, of: .number(5))
        let new = try await RawPeer(port: port)
        try await new.sayHello(5, session: 2)
        await one.recorder.wait(forConnections: 2, of: .number(5))
        try await old.waitForClose()
        let ends = one.recorder.events.filter { $0.end(of: .number(5)) != nil }
        #expect(ends == [.disconnected(.number(5), .replaced)])
        let order = one.recorder.events.map { $0.isConnected(.number(5)) }
        #expect(order == [true, false, true])
        await one.network.stop()
    }

    @Test("comes of a dial by a peer that nobody knew")
    func stranger() async throws {
        let one = TestNetwork(1)
        let port = try await one.network.start()
        let three = TestNetwork(3, peers: [1: port]) {
            $0.dialling = .everyone
            $0.listen = nil
        }
        #expect(try await three.network.start() == 0)
        await three.recorder.wait(of: one)
        await one.recorder.wait(of: three)
        #expect(one.send(.sample(1), to: three))
        await three.recorder.wait(forFrames: 1)
        await one.network.stop()
        await three.network.stop()
    }

    @Test("is refused to strangers by policy, and the stranger is told")
    func policy() async throws {
        let one = TestNetwork(1) { $0.admitsStranger = { $0 != .number(3) } }
        let port = try await one.network.start()
        let three = TestNetwork(3, peers: [1: port]) { $0.dialling = .everyone }
        try await three.network.start()
        await three.recorder.wait { $0.events.contains { $0.dialFailure == .refusedByPeer(.policy) } }
        await one.recorder.wait { $0.events.contains { $0.refusal == .refused(.policy) } }
        #expect(one.network.connectedPeers.isEmpty)
        await one.network.stop()
        await three.network.stop()
    }

    @Test("is refused to strangers beyond the slots, but not to known peers")
    func slots() async throws {
        let one = TestNetwork(1, peers: [2: 1]) {
            $0.limits.strangers = 1
            $0.key = .number(4)
        }
        let port = try await one.network.start()
        let first = try await RawPeer(port: port)
        try await first.sayHello(5)
        await one.recorder.wait(of: .number(5))
        let second = try await RawPeer(port: port)
        try await second.sayHello(6)
        await one.recorder.wait { $0.events.contains { $0.refusal == .refused(.noSlot) } }
        try await second.waitForClose()
        let known = try await RawPeer(port: port)
        try await known.sayHello(2)
        await one.recorder.wait(of: .number(2))
        await one.network.stop()
    }

    @Test("waits longer after each failure, up to a bound")
    func backoff() {
        let timing = TransportTiming()
        let waits = (0..<8).map { timing.backoff(failures: $0, random: 1) }
        #expect(waits == [50, 100, 200, 400, 800, 1600, 2000, 2000].map { .milliseconds($0) })
        #expect(timing.backoff(failures: 0, random: 0) == .milliseconds(25))
        #expect(timing.backoff(failures: .max, random: 0) == .seconds(1))
    }

    /// Returns once one network has a link to the other, and to nobody else: between a link that gave way and the one that
    /// it gave way to there is an instant with none.
    private static func waitUntilConnected(_ network: TestNetwork, _ other: TestNetwork) async {
        var connections = 0
        while network.network.connectedPeers != [other.key], !Task.isCancelled {
            connections += 1
            await network.recorder.wait(forConnections: connections, of: other.key)
        }
    }

    /// Returns once one of two has returned.
    private static func either(
        _ first: @escaping @Sendable () async -> Void, or second: @escaping @Sendable () async -> Void
    ) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        Task {
            await first()
            continuation.finish()
        }
        Task {
            await second()
            continuation.finish()
        }
        for await _ in stream {}
    }
}
