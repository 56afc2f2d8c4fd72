extension BlockRequest: WireCoding {
    static let minimumSize = 12
    static func read(from decoder: inout WireDecoder) throws(WireError) -> BlockRequest {
        BlockRequest(
            hashes: try decoder.list(of: "hashes", atMost: Limits.requestedBlocks),
            ancestorsAbove: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(list: hashes)
        encoder.write(ancestorsAbove)
    }
}

extension BlocksAnswer: WireCoding {
    static let minimumSize = 8
    static func read(from decoder: inout WireDecoder) throws(WireError) -> BlocksAnswer {
        BlocksAnswer(
            blocks: try decoder.list(of: "blocks", atMost: Limits.answeredBlocks),
            unknown: try decoder.list(of: "hashes", atMost: Limits.requestedBlocks))
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(list: blocks)
        encoder.write(list: unknown)
    }
}

extension CommitRequest: WireCoding {
    static let minimumSize = 16
    static func read(from decoder: inout WireDecoder) throws(WireError) -> CommitRequest {
        CommitRequest(from: try decoder.value(), limit: try decoder.integer())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(from)
        encoder.write(limit)
    }
}

extension CommitsAnswer: WireCoding {
    static let minimumSize = 9
    static func read(from decoder: inout WireDecoder) throws(WireError) -> CommitsAnswer {
        switch try decoder.integer(UInt8.self) {
        case 1:
            .run(
                proof: try decoder.value(), blocks: try decoder.list(of: "blocks", atMost: Limits.committedRun))
        case 2: .prunedBelow(try decoder.value())
        case 3: .nothing(committed: try decoder.value())
        default: throw .invalid(what: "unknown kind of answer", at: decoder.offset - 1)
        }
    }
    func write(to encoder: inout WireEncoder) {
        switch self {
        case .run(let proof, let blocks):
            encoder.write(1 as UInt8)
            encoder.write(proof)
            encoder.write(list: blocks)
        case .prunedBelow(let height):
            encoder.write(2 as UInt8)
            encoder.write(height)
        case .nothing(let committed):
            encoder.write(3 as UInt8)
            encoder.write(committed)
        }
    }
}
