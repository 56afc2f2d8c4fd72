import Foundation
import NIOCore
import Synchronization
import Testing

@testable import PeerTransport

/// A network on 127.0.0.1 and what it told.
struct TestNetwork: Sendable {
    let network: PeerNetwork
    let recorder = Recorder()
    let key: PeerKey

    /// Makes, but does not start, a network of that number; a larger number is a larger key.
    init(
        _ number: UInt8, port: UInt16 = 0, peers: [UInt8: UInt16] = [:],
        security: ConnectionSecurity = .plain, change: (inout PeerNetworkConfiguration) -> Void = { _ in }
    ) {
        key = .number(number)
        var configuration = PeerNetworkConfiguration(
            key: key, listen: Endpoint(host: "127.0.0.1", port: port),
            peers: .init(
                uniqueKeysWithValues: peers.map { (.number($0), Endpoint(host: "127.0.0.1", port: $1)) }))
        change(&configuration)
        let recorder = recorder
        network = PeerNetwork(configuration, security: security) { frame, peer in
            recorder.record(frame, from: peer)
        } onEvent: { event in
            recorder.record(event)
        }
    }

    /// Sends a frame of kind 7.
    @discardableResult
    func send(_ frame: Frame, to peer: TestNetwork, _ priority: FramePriority = .consensus) -> Bool {
        network.send(frame, to: peer.key, priority: priority)
    }
}

/// Two connected networks, 1 and 2; 1 has dialled.
struct TestPair {
    let one: TestNetwork
    let two: TestNetwork
    let twoPort: UInt16

    /// Starts both and waits until each knows the other.
    ///
    /// - Parameter port: where two listens; a test that has it listen again must reserve one.
    static func connected(port: UInt16 = 0, change: (inout PeerNetworkConfiguration) -> Void = { _ in }) async throws
        -> TestPair
    {
        let two = TestNetwork(2, port: port, change: change)
        let port = try await two.network.start()
        let one = TestNetwork(1, peers: [2: port], change: change)
        try await one.network.start()
        await one.recorder.wait(of: two)
        await two.recorder.wait(of: one)
        return TestPair(one: one, two: two, twoPort: port)
    }

    /// Stops both.
    func stop() async {
        await one.network.stop()
        await two.network.stop()
    }
}

extension Recorder {
    /// Returns once that network is connected.
    func wait(of network: TestNetwork) async { await wait(of: network.key) }
}

extension PeerKey {
    /// A key whose bytes are all that number.
    static func number(_ number: UInt8) -> PeerKey {
        guard let key = PeerKey(bytes: [UInt8](repeating: number, count: byteCount)) else {
            preconditionFailure("a key of \(byteCount) bytes is a key")
        }
        return key
    }
}

extension ByteBuffer {
    /// Bytes that differ from those of any other seed.
    static func pattern(_ count: Int, seed: UInt64 = 1) -> ByteBuffer {
        var random = SeededRandom(seed: seed)
        var block = ByteBuffer()
        // An odd length, so that no two chunks of a long buffer are alike.
        let blockBytes = min(count, 8001)
        while block.readableBytes + 8 <= blockBytes { block.writeInteger(random.next()) }
        while block.readableBytes < blockBytes { block.writeInteger(UInt8(truncatingIfNeeded: random.next())) }
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        while buffer.readableBytes + block.readableBytes <= count, count > 0 { buffer.writeImmutableBuffer(block) }
        buffer.writeImmutableBuffer(block.getSlice(at: 0, length: count - buffer.readableBytes) ?? ByteBuffer())
        return buffer
    }
}

extension Frame {
    /// A frame of that kind, with a short header and a body of so many bytes.
    static func sample(_ kind: UInt8, body count: Int = 0) -> Frame {
        Frame(kind: kind, header: [kind, 1, 2, 3], body: count == 0 ? [] : [.pattern(count, seed: UInt64(kind))])
    }
}

/// Ports below those that the system gives out by itself, so that none is taken between two uses of it by one test.
enum ReservedPort {
    private static let next = Atomic(UInt16(20_000 + ProcessInfo.processInfo.processIdentifier % 600 * 20))

    /// A port that no other test of this process gets.
    static func take() -> UInt16 { next.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
