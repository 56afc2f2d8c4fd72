internal import HotStuffCore

extension KnownBad {
    /// Every rule, the run that shows that it is broken, and how soon: a table in Markdown.
    ///
    /// - Parameter runs: what became of each of `all`, in their order.
    package static func table(of runs: [SeedRun]) -> [String] {
        let head = [
            "| rule | broken: | scenario | L | seed | events | noticed as | ends in a fork |",
            "|---|---|---|---|---|---|---|---|",
        ]
        let rows = zip(all, runs).map { known, run in
            let noticed = run.outcome.violation?.kind.rawValue ?? "nothing"
            return "| `\(known.rule)` | \(known.meaning) | `\(known.scenario)` | \(run.outcome.chainLength) | "
                + "\(known.seed) | \(run.steps) | \(noticed) | \(known.endsInFork ? "yes" : "") |"
        }
        return head + rows
    }

    /// Whether two blocks of one height are committed where nothing but commits is looked at.
    ///
    /// Asked of scripted starts only, which go for just that; others would run on for long and prove nothing.
    private var endsInFork: Bool {
        guard Scenario.starts.contains(where: { $0.name == scenario }) else { return false }
        return run(isBroken: true, looksAtCommitsOnly: true)?.outcome.violation?.kind == .agreement
    }

    /// What replicas do that break the rule.
    private var meaning: String {
        switch BrokenRule(rawValue: rule) {
        case .descent: "votes in one view for whatever comes"
        case .descentByHeight: "votes in one view for whatever is higher"
        case .givenUpView: "votes in a view that was given up"
        case .highQCAtVote: "a vote does not raise the highest certificate"
        case .reportedRanks: "a first block may lie below what its entry reports"
        case .entry: "a first block needs no entry"
        case .quorum: "a third of the votes makes a certificate"
        case .timeoutQuorum: "a third of the timeouts ends a view"
        case .distinctSigners: "a signature counts as often as it stands there"
        case .lastVotedKept: "the newest vote is forgotten at a restart"
        case .timedOutViewKept: "the view given up is forgotten at a restart"
        case .highQCKept: "the highest certificate is forgotten at a restart"
        case .voteAfterWrite: "a vote leaves before its write is durable"
        case .commitChain: "one certificate commits"
        case .consecutiveViews: "a chain that commits may skip views"
        case .justifyOnAncestor: "a certificate may be on another chain"
        case .rotationIndex: "any block's certificate ends a view of K blocks"
        case .forgottenViews: "one that has forgotten signs up to view m + 1"
        case .recallQuorum: "a third of the answers is enough for one that has forgotten"
        case .recallOthers: "one that has forgotten answers itself"
        case .recallFromForgetful: "answers of others that have forgotten count"
        case .recallNonce: "old answers count"
        case .recallCertificate: "what ends forgetting is not reported"
        case .ownChain: "a leader carries a certificate beside its own chain"
        case .durableAncestors: "ancestors of what is voted for are not written"
        case .lapsingSuspicions: "a suspicion counts for ever"
        case .repeatedVotes: "a lost vote is not sent again"
        case .certificateEntersView: "a certificate of a later view takes nobody there"
        case .maxWindow: "an uncertified chain has no end"
        case .commitAfterLog: "a commit reaches the state machine before the log"
        case .rollBack: "what will not commit is not rolled back"
        case .deadEntries: "what a lost view left behind is built on"
        case .executedOnce: "a leader executes its own blocks again"
        case .stableBeforeAsking: "proposals are asked for before a block of the view has committed"
        case nil: ""
        }
    }
}
