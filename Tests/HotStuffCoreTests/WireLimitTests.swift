// swift-format-ignore-file: NeverForceUnwrap

import Testing

@testable import HotStuffCore

/// Style rule 13: at each limit, and one beyond it.
struct WireLimitTests {
    @Test func aRunOfAsManyBlocksAsAllowedDecodesAndOneMoreDoesNot() throws {
        #expect(try decodes(.proposal(Proposal(blocks: blocks(Limits.run), signature: signature))))
        expectTooMany(.proposal(Proposal(blocks: blocks(Limits.run + 1), signature: signature)), Limits.run)
    }

    @Test func aRequestOfAsManyBlocksAsAllowedDecodesAndOneMoreDoesNot() throws {
        #expect(try decodes(.blockRequest(request(Limits.requestedBlocks))))
        expectTooMany(.blockRequest(request(Limits.requestedBlocks + 1)), Limits.requestedBlocks)
    }

    @Test func anAnswerOfAsManyBlocksAsAllowedDecodesAndOneMoreDoesNot() throws {
        #expect(try decodes(.blocks(BlocksAnswer(blocks: blocks(Limits.answeredBlocks), unknown: []))))
        expectTooMany(
            .blocks(BlocksAnswer(blocks: blocks(Limits.answeredBlocks + 1), unknown: [])), Limits.answeredBlocks)
    }

    @Test func aRunOfCommittedBlocksMayBeLongerThanAnAnswerAsItEndsWhereItCanBeProved() throws {
        #expect(try decodes(.commits(.run(proof: proof(2), blocks: blocks(Limits.answeredBlocks + 1)))))
    }

    @Test func aProofOfAsManyHeadersAsAllowedDecodesAndOneMoreDoesNot() throws {
        #expect(try decodes(.commits(.run(proof: proof(Limits.proofHeaders), blocks: []))))
        expectTooMany(.commits(.run(proof: proof(Limits.proofHeaders + 1), blocks: [])), Limits.proofHeaders)
    }

    @Test func aCertificateOfAsManySignaturesAsThereCanBeValidatorsDecodesAndOneMoreDoesNot() throws {
        #expect(try decodes(.certificate(certificate(Limits.validators))))
        expectTooMany(.certificate(certificate(Limits.validators + 1)), Limits.validators)
    }

    @Test func evidenceOfRunsAsLongAsAllowedDecodesAndOneMoreDoesNot() throws {
        let long = SignedHeaders(headers: blocks(Limits.run).map(\.header), signature: signature)
        let longer = SignedHeaders(headers: blocks(Limits.run + 1).map(\.header), signature: signature)
        #expect(try decodes(.evidence(Evidence(first: long, second: long))))
        expectTooMany(.evidence(Evidence(first: long, second: longer)), Limits.run)
    }

    @Test func aHeaderAsLongAsAllowedIsReadAndOneByteMoreIsNot() {
        var header = [UInt8](repeating: 0, count: Limits.message)
        #expect(throws: WireError.trailing(count: Limits.message - 16)) {
            try Message.decode(kind: 8, header: header, body: .empty)
        }
        header.append(0)
        #expect(
            throws: WireError.tooMany(
                what: "bytes of a message", count: UInt64(Limits.message) + 1, limit: Limits.message)
        ) {
            try Message.decode(kind: 8, header: header, body: .empty)
        }
    }

    @Test func aCountWithoutItsValuesIsAnErrorBeforeAnythingIsAllocated() {
        // 256 hashes are allowed, but 8,192 bytes would have to follow.
        let header: [UInt8] = [0, 1, 0, 0] + Array(repeating: 0, count: 8)
        #expect(throws: WireError.truncated(at: 4)) { try Message.decode(kind: 9, header: header, body: .empty) }
    }

    @Test func unknownKindsTagsAndFlagsAreErrors() {
        for kind: UInt8 in [0, 17, 255] {
            #expect(throws: WireError.unknownKind(kind)) { try Message.decode(kind: kind, header: [], body: .empty) }
        }
        for tag: UInt8 in [0, 3, 255] {
            #expect(throws: WireError.self) {
                try Message.decode(kind: 7, header: [tag] + Array(repeating: 0, count: 100), body: .empty)
            }
        }
        var record = WireGolden.record.encoded()
        record[record.count - 1] = 2
        #expect(throws: WireError.self) { try VotingRecord.decode(record.span.bytes) }
        for tag: UInt8 in [0, 4, 255] {
            var record = WireGolden.forgetfulRecord.encoded()
            record[record.count - 9] = tag
            #expect(throws: WireError.self) { try VotingRecord.decode(record.span.bytes) }
        }
    }

    @Test func aRangeOfNoVersionsIsAnError() {
        var samples = WireSamples(seed: 4)
        var hello = samples.hello()
        hello.versions = 1...1
        var header = Message.hello(hello).encoded().header
        header[32] = 2
        #expect(throws: WireError.invalid(what: "a range of no versions", at: 32)) {
            try Message.decode(kind: 1, header: header, body: .empty)
        }
    }

    @Test func validatorsOutOfOrderAreAnError() throws {
        var samples = WireSamples(seed: 4)
        let members = (0..<2).map { _ in Validator(key: samples.key(), power: 1) }
        let set = try ValidatorSet(members)
        #expect(try ValidatorSet.decodeRecord(set.wireBytes.span.bytes) == set)
        #expect(throws: WireError.self) {
            try ValidatorSet.decodeRecord(listBytes(set.members.reversed()).span.bytes)
        }
        #expect(throws: WireError.self) {
            try ValidatorSet.decodeRecord(listBytes([members[0], members[0]]).span.bytes)
        }
        #expect(throws: WireError.self) { try ValidatorSet.decodeRecord(listBytes([]).span.bytes) }
    }

    private let signature = Signature(bytes: Array(0..<64))!

    private func listBytes(_ members: [Validator]) -> [UInt8] {
        var encoder = WireEncoder()
        encoder.write(list: members)
        return encoder.bytes
    }

    private func decodes(_ message: Message) throws -> Bool {
        let encoded = message.encoded()
        return try Message.decode(kind: encoded.kind, header: encoded.header, body: encoded.body).encoded() == encoded
    }

    private func expectTooMany(_ message: Message, _ limit: Int) {
        let encoded = message.encoded()
        do {
            _ = try Message.decode(kind: encoded.kind, header: encoded.header, body: encoded.body)
            Issue.record("\(limit + 1) decode")
        } catch WireError.tooMany(_, let count, let allowed) {
            #expect(count == UInt64(limit) + 1)
            #expect(allowed == limit)
        } catch {
            Issue.record("\(error)")
        }
    }

    private func blocks(_ count: Int) -> [Block] {
        let payload = Payload(bytes: [1])
        var header = WireGolden.header
        header.payloadDigest = payload.digest
        header.payloadLength = 1
        return Array(repeating: Block(header: header, payload: payload)!, count: count)
    }

    private func request(_ count: Int) -> BlockRequest {
        BlockRequest(hashes: Array(repeating: .zero, count: count), ancestorsAbove: .genesis)
    }

    private func certificate(_ count: Int) -> QuorumCertificate {
        QuorumCertificate(
            epoch: Epoch(0), view: View(0), height: Height(1), index: 0, block: .zero,
            signatures: Array(repeating: IndexedSignature(signer: 0, signature: signature), count: count))
    }

    private func proof(_ count: Int) -> CommitProof {
        CommitProof(headers: Array(repeating: WireGolden.header, count: count), certificate: certificate(3))
    }
}
