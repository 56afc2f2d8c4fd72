import NIOCore
import Testing

@testable import PeerTransport

@Suite("The format on the wire")
struct FormatTests {
    @Test("has a hello of these 64 bytes")
    func hello() throws {
        let hello = Hello(refusal: .policy, session: 0x0102_0304_0506_0708, key: .number(0xab))
        let bytes: [UInt8] =
            [0x50, 0x65, 0x65, 0x72, 0x4e, 0x65, 0x74, 0x0a]  // PeerNet\n
            + [1, 0, 1, 0, 3, 0, 0, 0]  // versions 1 to 1, refused by policy
            + [8, 7, 6, 5, 4, 3, 2, 1]  // session
            + [UInt8](repeating: 0xab, count: 32) + [UInt8](repeating: 0, count: 8)
        #expect(hello.encoded() == ByteBuffer(bytes: bytes))
        var input = ByteBuffer(bytes: bytes)
        #expect(try Hello.decode(from: &input) == hello)
        #expect(input.readableBytes == 0)
    }

    @Test("has a frame of these bytes, cut in two chunks")
    func frame() {
        let frame = Frame(kind: 0x77, header: [0xa0, 0xa1], body: [ByteBuffer(bytes: [0xb0, 0xb1, 0xb2])])
        var cursor = FrameCursor(frame, priority: .payload)
        var stream = ByteBuffer()
        while !cursor.isFinished {
            for buffer in cursor.nextChunk(limit: 4) { stream.writeImmutableBuffer(buffer) }
        }
        let bytes: [UInt8] =
            [1, 1, 0x77, 0, 4, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0]  // first: 4 of 5 bytes here, 2 are the header
            + [0xa0, 0xa1, 0xb0, 0xb1]
            + [2, 1, 0, 0, 1, 0, 0, 0]  // continuation: 1 byte
            + [0xb2]
        #expect(stream == ByteBuffer(bytes: bytes))
    }

    @Test("has an empty frame of 16 bytes")
    func emptyFrame() {
        var cursor = FrameCursor(Frame(kind: 5, header: []), priority: .consensus)
        #expect(cursor.nextChunk(limit: 1024) == [ByteBuffer(bytes: [1, 0, 5] + [UInt8](repeating: 0, count: 13))])
        #expect(cursor.isFinished)
    }

    @Test("lets a neighbouring version in, and keeps a strange one out")
    func versions() {
        var hello = Hello(session: 1, key: .number(1))
        hello.newest = 2
        #expect(hello.commonVersion == 1)
        hello.oldest = 2
        #expect(hello.commonVersion == nil)
        hello.newest = 0
        hello.oldest = 0
        #expect(hello.commonVersion == nil)
    }

    @Test("shares the body's memory on the way out, also behind the sixteenth MiB")
    func sharing() {
        let body = ByteBuffer(repeating: 1, count: 20 << 20)
        let start = body.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        var cursor = FrameCursor(Frame(kind: 1, header: [], body: [body]), priority: .payload)
        var expected = start
        while !cursor.isFinished {
            for buffer in cursor.nextChunk(limit: 1 << 20) where buffer.readableBytes > 100 {
                let address = buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
                #expect(address == expected)
                expected += UInt(buffer.readableBytes)
            }
        }
        #expect(expected == start + 20 << 20)
    }

    @Test("orders keys by their bytes")
    func keys() throws {
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes[31] = 1
        let last = try #require(PeerKey(bytes: bytes))
        bytes[31] = 0
        bytes[0] = 1
        let first = try #require(PeerKey(bytes: bytes))
        #expect(last < first)
        #expect(first.bytes == bytes)
        #expect("\(first)" == "01000000")
        #expect(PeerKey(bytes: [1, 2, 3]) == nil)
    }
}
