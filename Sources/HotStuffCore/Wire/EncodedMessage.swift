/// A message as a frame carries it: a number, a header, and the payloads of its blocks raw and in order as the body.
public struct EncodedMessage: Sendable, Hashable {
    /// Which message it is (`Documentation/WireFormat.md`).
    public let kind: UInt8
    /// Everything but payload bytes.
    public let header: [UInt8]
    /// The body: payloads of the message's blocks in their order, those without bytes left out; shared, not copied.
    public let payloads: [Payload]

    /// A message in its encoding.
    public init(kind: UInt8, header: [UInt8], payloads: [Payload]) {
        self.kind = kind
        self.header = header
        self.payloads = payloads
    }
}

/// The versions of the protocol that this code speaks; `Hello` names them.
public enum ProtocolVersion {
    /// From the oldest to the newest.
    public static let spoken: ClosedRange<UInt16> = 1...1
}

/// The numbers of messages; a number is never given to another message.
enum MessageKind: UInt8, CaseIterable {
    case hello = 1
    case proposal = 2
    case vote = 3
    case suspicion = 4
    case timeout = 5
    case certificate = 6
    case entry = 7
    case entryRequest = 8
    case blockRequest = 9
    case blocks = 10
    case commitRequest = 11
    case commits = 12
    case evidence = 13
    case recallRequest = 14
    case recallAnswer = 15
    case stateDigests = 16
}

extension Message {
    /// Which message this is.
    var kind: MessageKind {
        switch self {
        case .hello: .hello
        case .proposal: .proposal
        case .vote: .vote
        case .suspicion: .suspicion
        case .timeout: .timeout
        case .certificate: .certificate
        case .entry: .entry
        case .entryRequest: .entryRequest
        case .blockRequest: .blockRequest
        case .blocks: .blocks
        case .commitRequest: .commitRequest
        case .commits: .commits
        case .evidence: .evidence
        case .recallRequest: .recallRequest
        case .recallAnswer: .recallAnswer
        case .stateDigests: .stateDigests
        }
    }

    /// The message's encoding; no payload byte is copied.
    public func encoded() -> EncodedMessage {
        var encoder = WireEncoder(capacity: 512)
        switch self {
        case .hello(let hello): encoder.write(hello)
        case .proposal(let proposal): encoder.write(proposal)
        case .vote(let vote): encoder.write(vote)
        case .suspicion(let suspicion): encoder.write(suspicion)
        case .timeout(let timeout): encoder.write(timeout)
        case .certificate(let certificate): encoder.write(certificate)
        case .entry(let entry): encoder.write(entry)
        case .entryRequest(let epoch, let view):
            encoder.write(epoch)
            encoder.write(view)
        case .blockRequest(let request): encoder.write(request)
        case .blocks(let answer): encoder.write(answer)
        case .commitRequest(let request): encoder.write(request)
        case .commits(let answer): encoder.write(answer)
        case .evidence(let evidence): encoder.write(evidence)
        case .recallRequest(let request): encoder.write(request)
        case .recallAnswer(let answer): encoder.write(answer)
        case .stateDigests(let digests): encoder.write(list: digests.digests)
        }
        return EncodedMessage(kind: kind.rawValue, header: encoder.bytes, payloads: encoder.payloads)
    }

    /// The message with this encoding; its blocks' payloads share the memory of `body`.
    ///
    /// Hashes every block's header and payload, since a block without its payload is none; checks no signature.
    ///
    /// - Throws: unless these bytes are just what `encoded` gives for some message.
    public static func decode(kind: UInt8, header: RawSpan, body: Payload) throws(WireError) -> Message {
        guard let kind = MessageKind(rawValue: kind) else { throw .unknownKind(kind) }
        guard header.byteCount <= Limits.message else {
            throw .tooMany(what: "bytes of a message", count: UInt64(header.byteCount), limit: Limits.message)
        }
        return try WireDecoder.decode(header, body: body) { (decoder) throws(WireError) -> Message in
            switch kind {
            case .hello: .hello(try decoder.value())
            case .proposal: .proposal(try decoder.value())
            case .vote: .vote(try decoder.value())
            case .suspicion: .suspicion(try decoder.value())
            case .timeout: .timeout(try decoder.value())
            case .certificate: .certificate(try decoder.value())
            case .entry: .entry(try decoder.value())
            case .entryRequest: .entryRequest(epoch: try decoder.value(), view: try decoder.value())
            case .blockRequest: .blockRequest(try decoder.value())
            case .blocks: .blocks(try decoder.value())
            case .commitRequest: .commitRequest(try decoder.value())
            case .commits: .commits(try decoder.value())
            case .evidence: .evidence(try decoder.value())
            case .recallRequest: .recallRequest(try decoder.value())
            case .recallAnswer: .recallAnswer(try decoder.value())
            case .stateDigests:
                .stateDigests(StateDigests(try decoder.list(of: "digests", atMost: Limits.stateDigests)))
            }
        }
    }

    /// The message with this encoding; see the other `decode`.
    public static func decode(kind: UInt8, header: [UInt8], body: Payload) throws(WireError) -> Message {
        try decode(kind: kind, header: header.span.bytes, body: body)
    }
}
