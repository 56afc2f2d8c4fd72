import Testing

@testable import HotStuffCore

/// The bytes of every message, preimage and record are those that are checked in (style rule 17).
struct WireVectorTests {
    @Test func messagesHaveTheirVectors() throws {
        var text = "# Messages (Documentation/WireFormat.md): offset, field, hexadecimal.\n"
        for (name, message) in WireGolden.named {
            let encoded = message.encoded()
            var annotated = WireAnnotated()
            annotated.message(message)
            #expect(annotated.bytes == encoded.header, "\(name)")
            text += "\n[\(name)] kind \(encoded.kind), \(encoded.header.count) bytes\n"
            text += annotated.lines.joined(separator: "\n") + "\n"
            for payload in encoded.payloads {
                text += "  body: " + payload.withUnsafeBytes { hexadecimal($0) } + "\n"
            }
            let decoded = try Message.decode(kind: encoded.kind, header: encoded.header, body: encoded.body)
            #expect(decoded.encoded() == encoded, "\(name)")
        }
        try WireVectors.compare(text, with: "messages.txt")
    }

    @Test func everyKindOfMessageHasAVector() {
        for kind in MessageKind.allCases {
            #expect(WireGolden.messages.contains { $0.kind == kind }, "\(kind)")
        }
    }

    @Test func recordsHaveTheirVectors() throws {
        var text = "# Records of the log (Documentation/WireFormat.md): offset, field, hexadecimal.\n"
        func add(_ name: String, _ bytes: [UInt8], _ describe: (inout WireAnnotated) -> Void) {
            var annotated = WireAnnotated()
            describe(&annotated)
            #expect(annotated.bytes == bytes, "\(name)")
            text += "\n[\(name)] \(bytes.count) bytes\n" + annotated.lines.joined(separator: "\n") + "\n"
        }
        let fresh = VotingRecord.fresh(epoch: Epoch(0), genesis: WireGolden.genesis.genesisPosition)
        add("header of a view's first block", WireGolden.first.encoded()) { $0.header(WireGolden.first) }
        add("header of a change of validators", WireGolden.change.encoded()) { $0.header(WireGolden.change) }
        add("commit proof", WireGolden.proof.encoded()) { $0.proof(WireGolden.proof) }
        add("voting record", WireGolden.record.encoded()) { $0.record(WireGolden.record) }
        add("voting record of a replica that has forgotten", WireGolden.forgetfulRecord.encoded()) {
            $0.record(WireGolden.forgetfulRecord)
        }
        add("fresh voting record", fresh.encoded()) { $0.record(fresh) }
        add("epoch start", WireGolden.epochStart.encoded()) { $0.epochStart(WireGolden.epochStart) }
        try WireVectors.compare(text, with: "records.txt")
    }

    @Test func hashesHaveTheirVectors() throws {
        var text = "# What is hashed (Documentation/WireFormat.md): offset, field, hexadecimal; then the SHA-256.\n"
        func add(_ name: String, _ digest: Digest, _ describe: (inout WireAnnotated) -> Void) {
            var annotated = WireAnnotated()
            describe(&annotated)
            #expect(Digest(of: annotated.bytes) == digest, "\(name)")
            text += "\n[\(name)]\n" + annotated.lines.joined(separator: "\n") + "\n"
            text += "  SHA-256 \(digest.hexadecimalText)\n"
        }
        let genesis = WireGolden.genesis
        add("chain ID", genesis.chainID) { $0.genesis(genesis) }
        var unlimited = genesis
        unlimited.viewLimit = nil
        add("chain ID without a view limit", unlimited.chainID) { $0.genesis(unlimited) }
        add("genesis block", genesis.genesisPosition.block) { part in
            part.tag("hotstuff/block/1")
            part.header(genesis.genesisHeader)
        }
        add("block", WireGolden.header.hash) { part in
            part.tag("hotstuff/block/1")
            part.header(WireGolden.header)
        }
        try WireVectors.compare(text, with: "hashes.txt")
    }

    @Test func statementsHaveTheirVectors() throws {
        var text = "# What is signed (Documentation/WireFormat.md): offset, field, hexadecimal; then the signature\n"
        text += "# with the key of the seed 00 01 02 … 1f.\n"
        let key = try #require(SigningKey(seed: Array(0..<32)))
        text += "\n[public key]\n  \(hexadecimal(key.key.bytes))\n"
        let certificate = WireGolden.certificate
        let statements: [(String, Statement)] = [
            (
                "proposal",
                .proposal(epoch: Epoch(1), view: View(2), height: Height(10), index: 3, block: certificate.block)
            ),
            ("vote", .vote(for: certificate)),
            ("suspicion", .suspicion(epoch: Epoch(1), view: View(4), rank: certificate.rank)),
            ("timeout", .timeout(epoch: Epoch(1), view: View(4), rank: certificate.rank)),
            (
                "recall answer",
                .recall(epoch: Epoch(1), view: View(4), hasForgotten: true, nonce: WireGolden.nonce)
            ),
        ]
        for (name, statement) in statements {
            let chainID = WireGolden.digest("chain")
            var annotated = WireAnnotated()
            annotated.statement(statement, chainID: chainID)
            #expect(annotated.bytes == statement.preimage(chainID: chainID))
            let signature = key.sign(statement, chainID: chainID)
            text += "\n[\(name)]\n" + annotated.lines.joined(separator: "\n") + "\n"
            text += "  signature \(hexadecimal(signature.bytes))\n"
        }
        try WireVectors.compare(text, with: "statements.txt")
    }

    @Test func payloadDigestsHaveTheirVectors() throws {
        var text = "# Merkle roots of payloads (Documentation/WireFormat.md): byte i of a payload is i modulo 251.\n\n"
        for count in [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 327_680, 1 << 20] {
            let payload = Payload(bytes: (0..<count).map { UInt8($0 % 251) })
            text += "\(count) bytes: \(payload.digest.hexadecimalText)\n"
        }
        try WireVectors.compare(text, with: "payloads.txt")
    }

    @Test func domainsHaveTagsOf16DistinctBytes() {
        #expect(Domain.allCases.allSatisfy { $0.tag.count == 16 })
        #expect(Set(Domain.allCases.map(\.tag)).count == Domain.allCases.count)
    }

    @Test func aChainIDDependsOnEveryField() throws {
        let base = WireGolden.genesis
        let changes: [(inout Genesis) -> Void] = [
            { $0.chainName += "." },
            { $0.validators = WireGolden.validatorSet(Array($0.validators.members.dropLast())) },
            { $0.commitChainLength = 2 },
            { $0.viewLimit = nil },
            { $0.viewLimit = 9 },
            { $0.maxWindow += 1 },
            { $0.maxWindowSize.bytes += 1 },
            { $0.payloadLimit.bytes += 1 },
            { $0.rotation = Fixed() },
            { $0.applicationData.append(0) },
            { $0.applicationData[0] ^= 1 },
        ]
        var chains: Set<Digest> = [base.chainID]
        for change in changes {
            var genesis = base
            change(&genesis)
            #expect(chains.insert(genesis.chainID).inserted)
        }
    }

    private struct Fixed: LeaderRotation {
        let name = "fixed"
        func leader(of view: View, among validators: ValidatorSet, startingFrom first: Int) -> Int { 0 }
    }
}

extension WireAnnotated {
    fileprivate mutating func genesis(_ genesis: Genesis) {
        tag("hotstuff/chain/1")
        text("chainName", genesis.chainName)
        validators(genesis.validators)
        number("commitChainLength", UInt64(genesis.commitChainLength))
        optional("viewLimit", genesis.viewLimit) { $0.number("blocks", UInt64($1)) }
        number("maxWindow", UInt64(genesis.maxWindow))
        number("maxWindowSize", UInt64(genesis.maxWindowSize.bytes))
        number("payloadLimit", UInt64(genesis.payloadLimit.bytes))
        text("rotation.name", genesis.rotation.name)
        number("applicationData length", UInt64(genesis.applicationData.count))
        field("applicationData SHA-256", Digest(of: genesis.applicationData).bytes)
    }

    fileprivate mutating func statement(_ statement: Statement, chainID: Digest) {
        tag("hotstuff/sign/1")
        switch statement {
        case .proposal: number("kind", 1, bytes: 1)
        case .vote: number("kind", 2, bytes: 1)
        case .suspicion: number("kind", 3, bytes: 1)
        case .timeout: number("kind", 4, bytes: 1)
        case .recall: number("kind", 5, bytes: 1)
        }
        field("chainID", chainID.bytes)
        switch statement {
        case .proposal(let epoch, let view, let height, let index, let block),
            .vote(let epoch, let view, let height, let index, let block):
            number("epoch", epoch.rawValue)
            number("view", view.rawValue)
            number("height", height.rawValue)
            number("index", index)
            field("block", block.bytes)
        case .suspicion(let epoch, let view, let reported), .timeout(let epoch, let view, let reported):
            number("epoch", epoch.rawValue)
            number("view", view.rawValue)
            rank("rank", reported)
        case .recall(let epoch, let view, let hasForgotten, let nonce):
            number("epoch", epoch.rawValue)
            number("view", view.rawValue)
            number("hasForgotten", hasForgotten ? 1 : 0, bytes: 1)
            field("nonce", nonce.bytes)
        }
    }
}
