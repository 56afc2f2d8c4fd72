extension IndexedSignature: WireCoding {
    static let minimumSize = 66
    static func read(from decoder: inout WireDecoder) throws(WireError) -> IndexedSignature {
        IndexedSignature(signer: try decoder.integer(), signature: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(signer)
        encoder.write(signature)
    }
}

extension QuorumCertificate: WireCoding {
    static let minimumSize = 68
    static func read(from decoder: inout WireDecoder) throws(WireError) -> QuorumCertificate {
        QuorumCertificate(
            epoch: try decoder.value(), view: try decoder.value(), height: try decoder.value(),
            index: try decoder.integer(), block: try decoder.value(),
            signatures: try decoder.list(of: "signatures", atMost: Limits.validators))
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(epoch)
        encoder.write(view)
        encoder.write(height)
        encoder.write(index)
        encoder.write(block)
        encoder.write(list: signatures)
    }
}

extension TimeoutReport: WireCoding {
    static let minimumSize = 82
    static func read(from decoder: inout WireDecoder) throws(WireError) -> TimeoutReport {
        TimeoutReport(signer: try decoder.integer(), rank: try decoder.value(), signature: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(signer)
        encoder.write(rank)
        encoder.write(signature)
    }
}

extension TimeoutCertificate: WireCoding {
    static let minimumSize = 20 + QuorumCertificate.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> TimeoutCertificate {
        TimeoutCertificate(
            epoch: try decoder.value(), view: try decoder.value(),
            reports: try decoder.list(of: "reports", atMost: Limits.validators), highest: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(epoch)
        encoder.write(view)
        encoder.write(list: reports)
        encoder.write(highest)
    }
}

extension ViewEntry: WireCoding {
    static let minimumSize = 1 + QuorumCertificate.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> ViewEntry {
        switch try decoder.integer(UInt8.self) {
        case 1: .timeout(try decoder.value())
        case 2: .rotation(try decoder.value())
        default: throw .invalid(what: "unknown kind of view entry", at: decoder.offset - 1)
        }
    }
    func write(to encoder: inout WireEncoder) {
        switch self {
        case .timeout(let certificate):
            encoder.write(1 as UInt8)
            encoder.write(certificate)
        case .rotation(let certificate):
            encoder.write(2 as UInt8)
            encoder.write(certificate)
        }
    }
}
