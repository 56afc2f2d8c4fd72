import NIOCore
import Testing

@testable import PeerTransport

@Suite("The frame decoder")
struct FrameDecoderTests {
    @Test("gives the frames that were encoded, fed byte by byte")
    func byteByByte() throws {
        let frames = Self.frames(seed: 1)
        var decoder = FrameDecoder(limits: TransportLimits())
        var decoded: [ReceivedFrame] = []
        for byte in Self.encode(frames, seed: 1).readableBytesView {
            var input = ByteBuffer(bytes: [byte])
            while let frame = try decoder.next(from: &input) { decoded.append(frame) }
            #expect(input.readableBytes == 0)
        }
        #expect(!decoder.isMidFrame)
        Self.expect(decoded, toBe: frames)
    }

    @Test("gives the frames that were encoded, whatever the cuts", arguments: UInt64(1)...40)
    func randomCuts(seed: UInt64) throws {
        let frames = Self.frames(seed: seed)
        var random = SeededRandom(seed: seed)
        var stream = Self.encode(frames, seed: seed)
        var decoder = FrameDecoder(limits: TransportLimits())
        var decoded: [ReceivedFrame] = []
        while stream.readableBytes > 0 {
            let longest = seed.isMultiple(of: 2) ? 20 : 5000
            let count = min(stream.readableBytes, Int.random(in: 1...longest, using: &random))
            guard var input = stream.readSlice(length: count) else { break }
            while let frame = try decoder.next(from: &input) { decoded.append(frame) }
        }
        #expect(!decoder.isMidFrame)
        Self.expect(decoded, toBe: frames)
    }

    @Test("never traps on bytes with errors in them", arguments: UInt64(1)...60)
    func mutations(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var stream = Self.encode(Self.frames(seed: seed), seed: seed)
        for _ in 0...Int.random(in: 0..<4, using: &random) {
            let place = Int.random(in: 0..<min(stream.readableBytes, 400), using: &random)
            stream.setInteger(UInt8.random(in: .min ... .max, using: &random), at: place)
        }
        var decoder = FrameDecoder(limits: TransportLimits())
        do {
            while let frame = try decoder.next(from: &stream) {
                #expect(frame.body.readableBytes <= TransportLimits().bodyBytes)
            }
        } catch {
            // A typed violation, as good an answer as frames.
        }
    }

    @Test("refuses what breaks the format or a limit", arguments: Breach.all)
    func breaches(breach: Breach) {
        var limits = TransportLimits()
        limits.headerBytes = 100
        limits.bodyBytes = 1000
        var decoder = FrameDecoder(limits: limits)
        var input = ByteBuffer(bytes: breach.bytes)
        #expect(throws: breach.violation) {
            while try decoder.next(from: &input) != nil {}
        }
    }

    @Test("takes a header and a body of exactly the limit")
    func atTheLimit() throws {
        var limits = TransportLimits()
        limits.headerBytes = 100
        limits.bodyBytes = 1000
        let frame = Frame(kind: 1, header: .pattern(100), body: [.pattern(1000)])
        var cursor = FrameCursor(frame, priority: .sync)
        var stream = ByteBuffer()
        for buffer in cursor.nextChunk(limit: 2000) { stream.writeImmutableBuffer(buffer) }
        var decoder = FrameDecoder(limits: limits)
        let decoded = try decoder.next(from: &stream)
        #expect(decoded == ReceivedFrame(kind: 1, priority: .sync, header: .pattern(100), body: .pattern(1000)))
    }

    /// Bytes and what is wrong with them.
    struct Breach: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let violation: ProtocolViolation

        var testDescription: String { "\(violation)" }

        private static let begun: [UInt8] = [1, 1, 9, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0xaa]

        static let all: [Breach] = [
            Breach(bytes: [3], violation: .unknownChunk(3)),
            Breach(bytes: [1, 3, 0, 0] + zeros(12), violation: .unknownPriority(3)),
            Breach(bytes: [1, 0, 0, 1] + zeros(12), violation: .reservedByte(1)),
            Breach(bytes: [2, 0, 5, 0] + zeros(4), violation: .reservedByte(5)),
            Breach(bytes: [1, 0, 0, 0, 1, 0, 16, 0] + zeros(8), violation: .chunkTooLong(1 << 20 + 1)),
            Breach(bytes: [1, 0, 0, 0] + zeros(4) + [1] + zeros(7), violation: .emptyChunk),
            Breach(bytes: begun + [2, 1, 0, 0] + zeros(4), violation: .emptyChunk),
            Breach(
                bytes: [1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0] + zeros(4), violation: .chunkOverrunsFrame),
            Breach(bytes: begun + [2, 1, 0, 0, 4, 0, 0, 0], violation: .chunkOverrunsFrame),
            Breach(
                bytes: [1, 0, 0, 0, 1, 0, 0, 0, 200, 0, 0, 0, 101, 0, 0, 0], violation: .headerTooLong(101)),
            Breach(
                bytes: [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], violation: .headerOverrunsFrame),
            Breach(
                bytes: [1, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
                violation: .bodyTooLong(.max)),
            Breach(
                bytes: [1, 0, 0, 0, 1, 0, 0, 0, 0xe9, 3, 0, 0, 0, 0, 0, 0], violation: .bodyTooLong(1001)),
            Breach(bytes: begun + begun, violation: .frameInterrupted(.payload)),
            Breach(bytes: [2, 2, 0, 0, 1, 0, 0, 0], violation: .continuationWithoutFrame(.sync)),
        ]

        private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    }

    private static func frames(seed: UInt64) -> [(FramePriority, Frame)] {
        var random = SeededRandom(seed: seed)
        return (0..<30).map { index in
            let header = ByteBuffer.pattern(Int.random(in: 0...300, using: &random), seed: random.next())
            let body = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                ByteBuffer.pattern(Int.random(in: 0...3000, using: &random), seed: random.next())
            }
            let priority = FramePriority.allCases.randomElement(using: &random) ?? .sync
            return (priority, Frame(kind: UInt8(index), header: header, body: body))
        }
    }

    /// Interleaves the chunks of the three priorities at random.
    private static func encode(_ frames: [(FramePriority, Frame)], seed: UInt64) -> ByteBuffer {
        var random = SeededRandom(seed: seed &+ 1)
        var waiting = FramePriority.allCases.map { priority in
            frames.filter { $0.0 == priority }.map { FrameCursor($0.1, priority: priority) }
        }
        var stream = ByteBuffer()
        while let lane = waiting.indices.filter({ !waiting[$0].isEmpty }).randomElement(using: &random) {
            let limit = Int.random(in: 1...1500, using: &random)
            for buffer in waiting[lane][0].nextChunk(limit: limit) { stream.writeImmutableBuffer(buffer) }
            if waiting[lane][0].isFinished { waiting[lane].removeFirst() }
        }
        return stream
    }

    private static func expect(_ decoded: [ReceivedFrame], toBe frames: [(FramePriority, Frame)]) {
        for priority in FramePriority.allCases {
            let expected = frames.filter { $0.0 == priority }.map { priority, frame in
                var body = ByteBuffer()
                for piece in frame.body { body.writeImmutableBuffer(piece) }
                return ReceivedFrame(kind: frame.kind, priority: priority, header: frame.header, body: body)
            }
            #expect(decoded.filter { $0.priority == priority } == expected)
        }
    }
}
