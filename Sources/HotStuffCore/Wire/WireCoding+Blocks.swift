extension Validator: WireCoding {
    static let minimumSize = 40
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Validator {
        Validator(key: try decoder.value(), power: try decoder.integer())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(key)
        encoder.write(power)
    }
}

extension ValidatorSet: WireCoding {
    static let minimumSize = 4 + Validator.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> ValidatorSet {
        let start = decoder.offset
        let members: [Validator] = try decoder.list(of: "validators", atMost: Limits.validators)
        // The initializer sorts, so an order of the sender's own would not encode to the same bytes.
        for (lower, higher) in zip(members, members.dropFirst()) where lower.key >= higher.key {
            throw .invalid(what: "validators not in the order of their keys", at: start)
        }
        do throws(Invalid) {
            return try ValidatorSet(members)
        } catch {
            throw .invalid(what: error.description, at: start)
        }
    }
    func write(to encoder: inout WireEncoder) { encoder.write(list: members) }
}

extension ValidatorChange: WireCoding {
    static let minimumSize = ValidatorSet.minimumSize + 8
    static func read(from decoder: inout WireDecoder) throws(WireError) -> ValidatorChange {
        ValidatorChange(validators: try decoder.value(), wishedAt: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(validators)
        encoder.write(wishedAt)
    }
}

extension BlockHeader: WireCoding {
    static let minimumSize = 139 + QuorumCertificate.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> BlockHeader {
        BlockHeader(
            chainID: try decoder.value(), epoch: try decoder.value(), view: try decoder.value(),
            height: try decoder.value(), index: try decoder.integer(), parent: try decoder.value(),
            justify: try decoder.value(), entry: try decoder.optional(), closes: try decoder.optional(),
            payloadDigest: try decoder.value(), payloadLength: try decoder.integer(),
            nextValidators: try decoder.optional())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(chainID)
        encoder.write(epoch)
        encoder.write(view)
        encoder.write(height)
        encoder.write(index)
        encoder.write(parent)
        encoder.write(justify)
        encoder.write(optional: entry)
        encoder.write(optional: closes)
        encoder.write(payloadDigest)
        encoder.write(payloadLength)
        encoder.write(optional: nextValidators)
    }
}

/// In a message's header a block is its header; its payload lies in the body.
extension Block: WireCoding {
    static let minimumSize = BlockHeader.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Block {
        let header: BlockHeader = try decoder.value()
        let payload = try decoder.payload(length: header.payloadLength)
        guard let block = Block(header: header, payload: payload) else {
            throw .payloadMismatch(height: header.height)
        }
        return block
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(header)
        encoder.attach(payload)
    }
}

extension CommitProof: WireCoding {
    static let minimumSize = 4 + QuorumCertificate.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> CommitProof {
        CommitProof(
            headers: try decoder.list(of: "headers of a proof", atMost: Limits.proofHeaders),
            certificate: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(list: headers)
        encoder.write(certificate)
    }
}
