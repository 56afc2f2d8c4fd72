import Testing

@testable import HotStuffCore

/// Style rule 7: whatever bytes come, decoding ends in an error or in a message that encodes to just these bytes.
struct WireFuzzTests {
    @Test(arguments: MessageKind.allCases)
    func randomBytesNeverTrap(kind: MessageKind) {
        var samples = WireSamples(seed: 100 + UInt64(kind.rawValue))
        for _ in 0..<1_000 {
            // Many zeros: counts and tags are then often small enough to be read further.
            let header = samples.bytes(samples.below(300)).map { samples.below(3) == 0 ? $0 : 0 }
            expectCanonical(kind: kind.rawValue, header: header, body: samples.bytes(samples.below(10)))
        }
    }

    @Test(arguments: MessageKind.allCases)
    func messagesWithOneByteChangedNeverTrap(kind: MessageKind) {
        for encoded in examples(of: kind) {
            for place in encoded.header.indices {
                for change: UInt8 in [0x01, 0x80, 0xff] {
                    var header = encoded.header
                    header[place] ^= change
                    expectCanonical(kind: kind.rawValue, header: header, body: encoded.bodyBytes)
                }
            }
        }
    }

    @Test(arguments: MessageKind.allCases)
    func messagesCutShortOrMadeLongerAreErrors(kind: MessageKind) {
        for encoded in examples(of: kind) {
            for length in encoded.header.indices {
                #expect(throws: WireError.self) {
                    try Message.decode(
                        kind: kind.rawValue, header: Array(encoded.header.prefix(length)), body: encoded.body)
                }
            }
            #expect(throws: WireError.trailing(count: 1)) {
                try Message.decode(kind: kind.rawValue, header: encoded.header + [0], body: encoded.body)
            }
            for length in encoded.bodyBytes.indices {
                #expect(throws: WireError.self) {
                    try Message.decode(
                        kind: kind.rawValue, header: encoded.header,
                        body: Payload(bytes: Array(encoded.bodyBytes.prefix(length))))
                }
            }
        }
    }

    @Test func messagesTakenForAnotherKindNeverTrap() {
        for kind in MessageKind.allCases {
            for encoded in examples(of: kind) {
                for other in MessageKind.allCases {
                    expectCanonical(kind: other.rawValue, header: encoded.header, body: encoded.bodyBytes)
                }
            }
        }
    }

    @Test func changedRecordsNeverTrap() {
        var samples = WireSamples(seed: 5)
        for _ in 0..<10 {
            mutate(samples.record())
            mutate(samples.epochStart())
            mutate(samples.proof())
            mutate(samples.header())
        }
    }

    private func mutate<T: WireCoding>(_ value: T) {
        let bytes = value.wireBytes
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0x81
            if let decoded = try? T.decodeRecord(changed.span.bytes) { #expect(decoded.wireBytes == changed) }
            #expect(throws: WireError.self) { try T.decodeRecord(Array(bytes.prefix(place)).span.bytes) }
        }
    }

    private func examples(of kind: MessageKind) -> [EncodedMessage] {
        var samples = WireSamples(seed: 200 + UInt64(kind.rawValue))
        return [samples.message(kind).encoded()] + WireGolden.messages.filter { $0.kind == kind }.map { $0.encoded() }
    }

    private func expectCanonical(kind: UInt8, header: [UInt8], body: [UInt8]) {
        guard let message = try? Message.decode(kind: kind, header: header, body: Payload(bytes: body)) else { return }
        let encoded = message.encoded()
        #expect(encoded.header == header)
        #expect(encoded.bodyBytes == body)
    }
}

extension EncodedMessage {
    var bodyBytes: [UInt8] { payloads.flatMap { payload in payload.withUnsafeBytes { Array($0) } } }
}
