extension Nonce: WireCoding {
    static let minimumSize = 32
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Nonce {
        Nonce(raw: try decoder.bytes32())
    }
    func write(to encoder: inout WireEncoder) { encoder.write(raw) }
}

extension RecallRequest: WireCoding {
    static let minimumSize = Nonce.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> RecallRequest {
        RecallRequest(nonce: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) { encoder.write(nonce) }
}

extension Recollection: WireCoding {
    static let minimumSize = 18 + QuorumCertificate.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Recollection {
        Recollection(
            epoch: try decoder.value(), view: try decoder.value(), entry: try decoder.optional(),
            highQC: try decoder.value(), hasForgotten: try decoder.flag())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(epoch)
        encoder.write(view)
        encoder.write(optional: entry)
        encoder.write(highQC)
        encoder.write(hasForgotten)
    }
}

extension RecallAnswer: WireCoding {
    static let minimumSize = Recollection.minimumSize + Nonce.minimumSize + 96
    static func read(from decoder: inout WireDecoder) throws(WireError) -> RecallAnswer {
        RecallAnswer(
            recollection: try decoder.value(), nonce: try decoder.value(), signer: try decoder.value(),
            signature: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(recollection)
        encoder.write(nonce)
        encoder.write(signer)
        encoder.write(signature)
    }
}

extension Forgetting: WireCoding {
    static let minimumSize = 1
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Forgetting {
        switch try decoder.integer(UInt8.self) {
        case 1: .asking
        case 2: .bounded(by: try decoder.value())
        case 3: .over(bound: try decoder.value())
        default: throw .invalid(what: "unknown state of forgetting", at: decoder.offset - 1)
        }
    }
    func write(to encoder: inout WireEncoder) {
        switch self {
        case .asking:
            encoder.write(1 as UInt8)
        case .bounded(let bound):
            encoder.write(2 as UInt8)
            encoder.write(bound)
        case .over(let bound):
            encoder.write(3 as UInt8)
            encoder.write(bound)
        }
    }
}
