// swift-format-ignore-file: NeverForceUnwrap

import Testing

@testable import HotStuffCore

/// Style rule 17: decoding what was encoded gives the same value, and the same bytes again.
struct WireRoundTripTests {
    @Test(arguments: MessageKind.allCases)
    func everyMessageSurvivesTheWire(kind: MessageKind) throws {
        var samples = WireSamples(seed: UInt64(kind.rawValue))
        for _ in 0..<100 {
            let encoded = samples.message(kind).encoded()
            #expect(encoded.kind == kind.rawValue)
            let decoded = try Message.decode(kind: encoded.kind, header: encoded.header, body: encoded.body)
            #expect(decoded.kind == kind)
            #expect(decoded.encoded() == encoded)
        }
    }

    @Test func certificatesSurviveTheWireAsValues() throws {
        try roundTrip { $0.quorumCertificate() }
        try roundTrip { $0.timeoutCertificate() }
        try roundTrip { $0.entry() }
        try roundTrip { $0.validators() }
        try roundTrip { $0.report() }
    }

    @Test func recordsSurviveTheLogAsValues() throws {
        try roundTrip { $0.header() }
        try roundTrip { $0.proof() }
        try roundTrip { $0.record() }
        try roundTrip { $0.epochStart() }
    }

    @Test func recordsHavePublicCodecs() throws {
        var samples = WireSamples(seed: 7)
        let (header, proof) = (samples.header(), samples.proof())
        let (record, start) = (samples.record(), samples.epochStart())
        #expect(try BlockHeader.decode(header.encoded().span.bytes) == header)
        #expect(try CommitProof.decode(proof.encoded().span.bytes) == proof)
        #expect(try VotingRecord.decode(record.encoded().span.bytes) == record)
        #expect(try EpochStart.decode(start.encoded().span.bytes) == start)
    }

    @Test func noValueTakesFewerBytesThanItsMinimum() {
        #expect(minimum { $0.quorumCertificate() } >= QuorumCertificate.minimumSize)
        #expect(minimum { $0.timeoutCertificate() } >= TimeoutCertificate.minimumSize)
        #expect(minimum { $0.entry() } >= ViewEntry.minimumSize)
        #expect(minimum { $0.header() } >= BlockHeader.minimumSize)
        #expect(minimum { $0.record() } >= VotingRecord.minimumSize)
        #expect(minimum { $0.epochStart() } >= EpochStart.minimumSize)
        #expect(minimum { $0.proof() } >= CommitProof.minimumSize)
    }

    @Test func payloadsAreSharedWithTheBody() throws {
        let payload = Payload(bytes: [1, 2, 3])
        let block = block(payload)
        let encoded = Message.proposal(Proposal(blocks: [block, block], signature: signature)).encoded()
        #expect(encoded.payloads == [payload, payload])
        let body = encoded.body
        let decoded = try Message.decode(kind: encoded.kind, header: encoded.header, body: body)
        guard case .proposal(let proposal) = decoded else { return #expect(Bool(false), "a proposal stays one") }
        let start = body.withUnsafeBytes { $0.baseAddress }
        #expect(proposal.blocks.first?.payload.withUnsafeBytes { $0.baseAddress } == start)
        #expect(proposal.blocks.last?.payload.withUnsafeBytes { $0.baseAddress } == start.map { $0 + 3 })
    }

    @Test func aBlockWithAnotherPayloadIsNoBlock() {
        let encoded = Message.proposal(Proposal(blocks: [block(Payload(bytes: [1, 2, 3]))], signature: signature))
            .encoded()
        #expect(throws: WireError.payloadMismatch(height: Height(3))) {
            try Message.decode(kind: encoded.kind, header: encoded.header, body: Payload(bytes: [1, 2, 4]))
        }
    }

    @Test func aBodyMustBeUsedUp() {
        let encoded = Message.proposal(Proposal(blocks: [block(Payload(bytes: [1, 2, 3]))], signature: signature))
            .encoded()
        #expect(throws: WireError.trailing(count: 1)) {
            try Message.decode(kind: encoded.kind, header: encoded.header, body: Payload(bytes: [1, 2, 3, 4]))
        }
        #expect(throws: WireError.self) {
            try Message.decode(kind: encoded.kind, header: encoded.header, body: Payload(bytes: [1, 2]))
        }
    }

    private let signature = Signature(bytes: Array(0..<64))!

    private func block(_ payload: Payload) -> Block {
        var samples = WireSamples(seed: 3)
        var header = samples.header()
        header.height = Height(3)
        header.payloadDigest = payload.digest
        header.payloadLength = UInt64(payload.count)
        return Block(header: header, payload: payload)!
    }

    private func roundTrip<T: WireCoding & Equatable>(_ make: (inout WireSamples) -> T) throws {
        var samples = WireSamples(seed: 1)
        for _ in 0..<100 {
            let value = make(&samples)
            let bytes = value.wireBytes
            let decoded = try T.decodeRecord(bytes.span.bytes)
            #expect(decoded == value)
            #expect(decoded.wireBytes == bytes)
        }
    }

    private func minimum<T: WireCoding>(_ make: (inout WireSamples) -> T) -> Int {
        var samples = WireSamples(seed: 2)
        return (0..<200).map { _ in make(&samples).wireBytes.count }.min() ?? 0
    }
}
