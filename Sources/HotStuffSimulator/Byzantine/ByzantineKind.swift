/// The behaviours that there are.
enum ByzantineKind: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case equivocatingLeader = "equivocating leader"
    case silentLeader = "silent leader"
    case leaderThatServesSome = "leader that serves only some"
    case voteWithholder = "vote withholder"
    case voteForEverything = "voter for everything"
    case staleCertificates = "sender of stale certificates"
    case wrongPayload = "leader with wrong payloads"
    case invalidJustify = "leader with invalid certificates"
    case replayer = "replayer"
    case crawlingLeader = "crawling leader"
    case dripLeader = "drip leader"
    case garbageAnswers = "sender of garbage"
    case unparsablePayloads = "leader with unparsable payloads"
    case timeoutAboveView = "sender of timeouts with later certificates"
    case invalidAncestor = "leader with one bad block"
    case amnesiac = "amnesiac"

    /// The name.
    var description: String { rawValue }

    /// One that has done nothing yet.
    func make() -> any Behaviour {
        switch self {
        case .equivocatingLeader: EquivocatingLeader()
        case .silentLeader: SilentLeader()
        case .leaderThatServesSome: LeaderThatServesSome()
        case .voteWithholder: VoteWithholder()
        case .voteForEverything: VoteForEverything()
        case .staleCertificates: StaleCertificates()
        case .wrongPayload: WrongPayload()
        case .invalidJustify: InvalidJustify()
        case .replayer: Replayer()
        case .crawlingLeader: CrawlingLeader()
        case .dripLeader: DripLeader()
        case .garbageAnswers: GarbageAnswers()
        case .unparsablePayloads: UnparsablePayloads()
        case .timeoutAboveView: TimeoutAboveView()
        case .invalidAncestor: InvalidAncestor()
        case .amnesiac: Amnesiac()
        }
    }
}
