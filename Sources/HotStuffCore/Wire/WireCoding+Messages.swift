extension Hello: WireCoding {
    static let minimumSize = 71 + QuorumCertificate.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Hello {
        Hello(
            chainID: try decoder.value(), versions: try versions(from: &decoder), epoch: try decoder.value(),
            view: try decoder.value(), entry: try decoder.optional(), highQC: try decoder.value(),
            committed: try decoder.value(), firstHeight: try decoder.value(), subscribes: try decoder.flag())
    }
    private static func versions(from decoder: inout WireDecoder) throws(WireError) -> ClosedRange<UInt16> {
        let oldest: UInt16 = try decoder.integer()
        let newest: UInt16 = try decoder.integer()
        // A range whose ends are the wrong way round would trap.
        guard oldest <= newest else { throw .invalid(what: "a range of no versions", at: decoder.offset - 4) }
        return oldest...newest
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(chainID)
        encoder.write(versions.lowerBound)
        encoder.write(versions.upperBound)
        encoder.write(epoch)
        encoder.write(view)
        encoder.write(optional: entry)
        encoder.write(highQC)
        encoder.write(committed)
        encoder.write(firstHeight)
        encoder.write(subscribes)
    }
}

extension Proposal: WireCoding {
    static let minimumSize = 4 + Signature.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Proposal {
        Proposal(blocks: try decoder.list(of: "blocks", atMost: Limits.run), signature: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(list: blocks)
        encoder.write(signature)
    }
}

extension VoteReport: WireCoding {
    static let minimumSize = 13
    static func read(from decoder: inout WireDecoder) throws(WireError) -> VoteReport {
        VoteReport(executed: try decoder.value(), room: try decoder.integer(), stateDigest: try decoder.optional())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(executed)
        encoder.write(room)
        encoder.write(optional: stateDigest)
    }
}

extension Vote: WireCoding {
    static let minimumSize = 130 + VoteReport.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Vote {
        Vote(
            epoch: try decoder.value(), view: try decoder.value(), height: try decoder.value(),
            index: try decoder.integer(), block: try decoder.value(), signer: try decoder.integer(),
            signature: try decoder.value(), report: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(epoch)
        encoder.write(view)
        encoder.write(height)
        encoder.write(index)
        encoder.write(block)
        encoder.write(signer)
        encoder.write(signature)
        encoder.write(report)
    }
}

extension StateDigest: WireCoding {
    static let minimumSize = 40
    static func read(from decoder: inout WireDecoder) throws(WireError) -> StateDigest {
        StateDigest(height: try decoder.value(), digest: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(height)
        encoder.write(digest)
    }
}

extension Suspicion: WireCoding {
    static let minimumSize = 98
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Suspicion {
        Suspicion(
            epoch: try decoder.value(), view: try decoder.value(), rank: try decoder.value(),
            signer: try decoder.integer(), signature: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(epoch)
        encoder.write(view)
        encoder.write(rank)
        encoder.write(signer)
        encoder.write(signature)
    }
}

extension Timeout: WireCoding {
    static let minimumSize = 82 + QuorumCertificate.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Timeout {
        Timeout(
            epoch: try decoder.value(), view: try decoder.value(), highQC: try decoder.value(),
            signer: try decoder.integer(), signature: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(epoch)
        encoder.write(view)
        encoder.write(highQC)
        encoder.write(signer)
        encoder.write(signature)
    }
}

extension SignedHeaders: WireCoding {
    static let minimumSize = 4 + Signature.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> SignedHeaders {
        SignedHeaders(headers: try decoder.list(of: "headers", atMost: Limits.run), signature: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(list: headers)
        encoder.write(signature)
    }
}

extension Evidence: WireCoding {
    static let minimumSize = 2 * SignedHeaders.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> Evidence {
        Evidence(first: try decoder.value(), second: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(first)
        encoder.write(second)
    }
}
