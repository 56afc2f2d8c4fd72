internal import HotStuffCore

extension KnownBad {
    /// The run that stands for each rule, in the order of the rules; where it is a scripted start, one at `L` 2 and one
    /// at `L` 3.
    package static let all: [KnownBad] = BrokenRule.allCases.flatMap { rule in
        let (scenario, seeds) = sighting(of: rule)
        return seeds.map { KnownBad(rule: rule.rawValue, scenario: scenario, seed: $0) }
    }

    private static func sighting(of rule: BrokenRule) -> (scenario: String, seeds: [UInt64]) {
        switch rule {
        case .descent: ("two-chains-of-one-view", [0, 1])
        case .descentByHeight: ("higher-on-another-chain", [0, 1])
        case .givenUpView: ("votes-after-giving-up", [0, 1])
        case .highQCAtVote, .reportedRanks: ("commit-and-next-view-at-genesis", [0, 1])
        case .entry: ("view-without-entry", [0, 1])
        case .quorum: ("thirds-of-votes", [0, 1])
        case .timeoutQuorum: ("third-of-timeouts", [0, 1])
        case .distinctSigners: ("one-signer-thrice", [0, 1])
        case .lastVotedKept: ("vote-and-restart", [0, 1])
        case .timedOutViewKept: ("given-up-view-and-restart", [0, 1])
        case .highQCKept: ("certificate-and-restart", [0, 1])
        case .voteAfterWrite: ("vote-on-its-way-to-the-disk", [0, 1])
        case .commitChain: ("commit-and-next-view-at-genesis", [0, 1])
        case .consecutiveViews: ("two-chains-in-turn", [0, 1])
        case .justifyOnAncestor: ("certificate-off-the-chain", [0, 1])
        case .rotationIndex: ("early-rotation", [0, 1])
        case .forgottenViews: (Scenario.diskLoss.name, [1])
        case .recallQuorum, .recallOthers: (Scenario.liesToTheForgetful.name, [0, 4])
        case .recallFromForgetful: (Scenario.liesToTheForgetful.name, [1, 5])
        case .recallNonce: (Scenario.liesToTheForgetful.name, [2, 6])
        case .recallCertificate: (Scenario.liesToTheForgetful.name, [3, 7])
        case .ownChain: ("higher-beside-the-chain", [0, 1])
        case .durableAncestors: ("higher-on-another-chain", [0, 1])
        case .lapsingSuspicions: ("cuts-on-different-days", [0])
        case .repeatedVotes: ("lost-votes-full-window", [0])
        case .certificateEntersView: ("certificate-alone", [0, 1])
        case .maxWindow: ("endless-uncertified-chain", [0, 1])
        case .commitAfterLog: ("rotation", [0])
        case .rollBack: ("leader-of-two-views", [0])
        case .deadEntries: ("leader-of-two-views", [0, 1])
        case .executedOnce: ("pipelined-steady-state", [0])
        case .stableBeforeAsking: ("resigning-leader", [0])
        }
    }
}
