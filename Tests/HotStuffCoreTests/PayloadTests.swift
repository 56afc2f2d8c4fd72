import Testing

@testable import HotStuffCore

struct PayloadTests {
    @Test func whatIsWrittenIsRead() {
        let payload = Payload {
            $0.append(UInt64(7))
            $0.append([1, 2, 3])
            $0.append(count: 4) { span in span.append(9) }
        }
        var reader = payload.reader
        #expect(reader.read(UInt64.self) == 7)
        #expect(reader.read(count: 3) == Payload(bytes: [1, 2, 3]))
        #expect(reader.read(UInt16.self) == nil)
        #expect(reader.read(UInt8.self) == 9)
        #expect(reader.isAtEnd)
    }

    @Test func aSliceSharesAndOutsideIsNil() {
        let payload = Payload(bytes: Array(0..<10))
        #expect(payload[2..<5] == Payload(bytes: [2, 3, 4]))
        #expect(payload[8..<11] == nil)
    }

    @Test func theEmptyPayloadHasTheDigestOfOneZeroByte() {
        #expect(Payload.empty.digest == Digest(of: [0]))
    }
}
