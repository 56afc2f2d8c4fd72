import NIOCore
import Testing

@testable import PeerTransport

@Suite("A network", .timeLimit(.minutes(1)))
struct NetworkTests {
    @Test("carries frames of every size both ways", arguments: [1, 2])
    func roundTrip(eventLoopThreads: Int) async throws {
        let pair = try await TestPair.connected { $0.eventLoopThreads = eventLoopThreads }
        let sizes = [0, 1, 1023, 1024, 1025, 64 << 10, 128 << 10, (128 << 10) + 1, 1 << 20, 10 << 20]
        let frames = sizes.enumerated().map { Frame.sample(UInt8($0), body: $1) }
        for frame in frames {
            #expect(pair.one.send(frame, to: pair.two, .payload))
            #expect(pair.two.send(frame, to: pair.one, .payload))
        }
        await pair.two.recorder.wait(forFrames: frames.count)
        await pair.one.recorder.wait(forFrames: frames.count)
        for received in [pair.one.recorder.frames, pair.two.recorder.frames] {
            #expect(received.map(\.kind) == frames.map(\.kind))
            for (got, sent) in zip(received, frames) {
                #expect(got.header == sent.header)
                #expect(got.body == sent.body.first ?? ByteBuffer())
                #expect(got.body.readerIndex == 0)
            }
        }
        await pair.stop()
        let counters = pair.one.network.counters
        #expect(counters.framesIn == frames.count)
        #expect(counters.framesOut == frames.count)
        #expect(counters.bytesOut == pair.two.network.counters.bytesIn)
        #expect(counters.drops.isEmpty)
    }

    @Test("lets a vote overtake a payload of 32 MiB that was sent before it")
    func overtaking() async throws {
        let pair = try await TestPair.connected()
        // While two does not read, most of the payload stays with one: its socket holds a few MiB.
        pair.two.recorder.take(false)
        pair.one.send(.sample(0), to: pair.two)
        await pair.two.recorder.wait(forFrames: 1)
        pair.one.send(.sample(1, body: 32 << 20), to: pair.two, .payload)
        pair.one.send(.sample(2), to: pair.two, .consensus)
        pair.two.recorder.take(true)
        pair.two.network.resume(pair.one.key)
        await pair.two.recorder.wait(forFrames: 3)
        #expect(pair.two.recorder.frames.map(\.kind) == [0, 2, 1])
        await pair.stop()
    }

    @Test("lets a payload and a sync frame share the connection")
    func sharing() async throws {
        let pair = try await TestPair.connected()
        pair.two.recorder.take(false)
        pair.one.send(.sample(0), to: pair.two)
        await pair.two.recorder.wait(forFrames: 1)
        pair.one.send(.sample(1, body: 48 << 20), to: pair.two, .payload)
        pair.one.send(.sample(2, body: 4 << 20), to: pair.two, .sync)
        pair.two.recorder.take(true)
        pair.two.network.resume(pair.one.key)
        await pair.two.recorder.wait(forFrames: 3)
        #expect(pair.two.recorder.frames.map(\.kind) == [0, 2, 1])
        await pair.stop()
    }

    @Test("stops reading from a peer whose frame was answered with false, until told to resume")
    func backPressure() async throws {
        let pair = try await TestPair.connected {
            $0.limits.payloadQueue = .init(frames: 1000, bytes: 8 << 20)
        }
        pair.two.recorder.take(false)
        let frame = Frame.sample(1, body: 1 << 20)
        pair.one.send(frame, to: pair.two, .payload)
        await pair.two.recorder.wait(forFrames: 1)
        // Both sockets fill up, then the queue, then send says no: the proof that two has stopped reading.
        var sent = 1
        while pair.one.send(frame, to: pair.two, .payload) { sent += 1 }
        #expect(pair.one.network.counters.drops == [.queueFull: 1])
        #expect(pair.two.recorder.frames.count == 1)
        #expect(pair.two.network.counters.framesIn == 1)
        pair.two.recorder.take(true)
        pair.two.network.resume(pair.one.key)
        await pair.two.recorder.wait(forFrames: sent)
        #expect(pair.two.recorder.frames.allSatisfy { $0.body == frame.body[0] })
        await pair.stop()
    }

    @Test("delivers one frame for each resume while every answer is false")
    func oneByOne() async throws {
        let pair = try await TestPair.connected()
        pair.two.recorder.take(false)
        for kind in UInt8(0)..<5 { pair.one.send(.sample(kind), to: pair.two) }
        for count in 1...5 {
            await pair.two.recorder.wait(forFrames: count)
            #expect(pair.two.recorder.frames.count == count)
            pair.two.network.resume(pair.one.key)
        }
        #expect(pair.two.recorder.frames.map(\.kind) == [0, 1, 2, 3, 4])
        await pair.stop()
    }

    @Test("broadcasts one frame to many without copying its body")
    func broadcast() async throws {
        var listeners: [TestNetwork] = []
        var peers: [UInt8: UInt16] = [:]
        for number in UInt8(2)...4 {
            let listener = TestNetwork(number)
            peers[number] = try await listener.network.start()
            listeners.append(listener)
        }
        let one = TestNetwork(1, peers: peers)
        try await one.network.start()
        for listener in listeners { await one.recorder.wait(of: listener) }
        let frame = Frame(kind: 1, header: [1], body: [.pattern(1 << 20), .pattern(1 << 20, seed: 2)])
        for listener in listeners { #expect(one.send(frame, to: listener, .payload)) }
        var whole = frame.body[0]
        whole.writeImmutableBuffer(frame.body[1])
        for listener in listeners {
            await listener.recorder.wait(forFrames: 1)
            #expect(listener.recorder.frames.first?.body == whole)
            await listener.network.stop()
        }
        await one.network.stop()
    }

    @Test("says no to a frame for a peer that is not connected, or too long for the limits")
    func refusedSends() async throws {
        let pair = try await TestPair.connected {
            $0.limits.headerBytes = 3
            $0.limits.bodyBytes = 10
        }
        #expect(!pair.one.send(Frame(kind: 1, header: [1, 2, 3, 4]), to: pair.two))
        #expect(!pair.one.send(Frame(kind: 1, header: [], body: [.pattern(11)]), to: pair.two))
        #expect(pair.one.send(Frame(kind: 1, header: [1, 2, 3], body: [.pattern(10)]), to: pair.two))
        #expect(!pair.one.network.send(Frame(kind: 1, header: []), to: .number(9), priority: .sync))
        #expect(!pair.one.network.send(Frame(kind: 1, header: []), to: .number(1), priority: .sync))
        await pair.two.recorder.wait(forFrames: 1)
        #expect(pair.one.network.counters.drops == [.tooLong: 2, .notConnected: 2])
        await pair.stop()
    }

    @Test("sends what is queued before it stops")
    func draining() async throws {
        let pair = try await TestPair.connected()
        for kind in UInt8(0)..<20 { pair.one.send(.sample(kind, body: 1 << 20), to: pair.two, .payload) }
        await pair.one.network.stop(drainingFor: .seconds(20))
        await pair.two.recorder.wait { $0.events.contains { $0.end(of: .number(1)) != nil } }
        #expect(pair.two.recorder.frames.map(\.kind) == Array(0..<20))
        #expect(pair.two.recorder.events.last?.end(of: .number(1)) == .closedByPeer)
        #expect(pair.one.recorder.events.last == .disconnected(.number(2), .stopped))
        #expect(!pair.one.send(.sample(1), to: pair.two))
        await pair.two.network.stop()
    }

    @Test("holds every frame for the emulated delay, and the delays overlap")
    func emulatedDelay() async throws {
        let delay = Duration.milliseconds(100)
        let pair = try await TestPair.connected { $0.emulatedDelay = delay }
        var sentAt: [NIODeadline] = []
        let count = 50
        for index in 0..<count {
            sentAt.append(.now())
            pair.one.send(.sample(UInt8(index), body: index * 1000), to: pair.two, .payload)
        }
        await pair.two.recorder.wait(forFrames: count)
        let entries = pair.two.recorder.entries
        let arrivedAt = zip(entries, pair.two.recorder.times).filter { !$0.0.isEvent }.map(\.1)
        for (sent, arrived) in zip(sentAt, arrivedAt) { #expect(arrived - sent >= TimeAmount(delay)) }
        #expect(entries.frames.map(\.kind) == Array(0..<UInt8(count)))
        // One after another they would take five seconds; two leaves room for a busy machine.
        #expect(arrivedAt[count - 1] - sentAt[0] < .seconds(2))
        await pair.stop()
    }

    @Test("stops reading while delayed frames fill their space, and goes on after")
    func delayBound() async throws {
        let pair = try await TestPair.connected {
            $0.emulatedDelay = .milliseconds(2)
            $0.limits.delayedBytes = 1 << 20
        }
        for kind in UInt8(0)..<20 { pair.one.send(.sample(kind, body: 1 << 20), to: pair.two, .payload) }
        await pair.two.recorder.wait(forFrames: 20)
        #expect(pair.two.recorder.frames.map(\.kind) == Array(0..<20))
        await pair.stop()
    }

    @Test("holds delayed frames back too, when an answer is false")
    func delayAndBackPressure() async throws {
        let pair = try await TestPair.connected { $0.emulatedDelay = .milliseconds(5) }
        pair.two.recorder.take(false)
        for kind in UInt8(0)..<3 { pair.one.send(.sample(kind), to: pair.two) }
        await pair.two.recorder.wait(forFrames: 1)
        pair.two.network.resume(pair.one.key)
        await pair.two.recorder.wait(forFrames: 2)
        pair.two.recorder.take(true)
        pair.two.network.resume(pair.one.key)
        await pair.two.recorder.wait(forFrames: 3)
        #expect(pair.two.recorder.frames.map(\.kind) == [0, 1, 2])
        await pair.stop()
    }
}

extension Recorder.Entry {
    /// Whether this is an event and no frame.
    fileprivate var isEvent: Bool {
        if case .event = self { true } else { false }
    }
}
