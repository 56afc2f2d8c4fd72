internal import HotStuffCore

/// A run that shows that a rule is broken: all replicas break it, and an invariant is violated.
package struct KnownBad: Sendable, CustomStringConvertible {
    /// The rule that is broken, as `BrokenRule` names it.
    package let rule: String
    /// The scenario that is run.
    package let scenario: String
    /// With which seed.
    package let seed: UInt64

    /// The command that shows it.
    package var description: String {
        "hotstuff simulate --replay \(seed) --scenario \(scenario) --broken-rule \(rule) --trace"
    }

    /// A run of a scenario and seed with a rule broken.
    package init(rule: String, scenario: String, seed: UInt64) {
        self.rule = rule
        self.scenario = scenario
        self.seed = seed
    }

    /// Whether a run with the rule broken is of any use: three scenarios are about violations that are meant.
    private static func isSearched(_ scenario: Scenario) -> Bool {
        let meant: [Scenario] = [.tooManyByzantine, .tooManyAmnesiacs, .divergence]
        return !meant.contains { $0.name == scenario.name }
    }

    /// The names of all rules.
    package static var rules: [String] { BrokenRule.allCases.map(\.rawValue) }

    /// Runs it, with the rule broken or kept.
    ///
    /// - Parameters:
    ///   - looksAtCommitsOnly: whether to overlook contradicting signatures and lost blocks, and to see what becomes of
    ///     them.
    ///   - line: gets each line of the trace.
    /// - Returns: nil if there is no such rule or scenario.
    package func run(
        isBroken: Bool, looksAtCommitsOnly: Bool = false, line: ((String) -> Void)? = nil
    ) -> SeedRun? {
        guard let rule = BrokenRule(rawValue: rule),
            let found = (Scenario.all + Scenario.starts).first(where: { $0.name == scenario })
        else { return nil }
        var seat = ScenarioSeat(seed: seed)
        seat.adjust = { plan in
            if isBroken { plan.settings.brokenRule = rule }
            guard looksAtCommitsOnly else { return }
            plan.settings.checksSignatures = false
            plan.settings.checksCertificates = false
            plan.settings.checksDisks = false
        }
        if let line { seat.watch = { line("\($0)") } }
        return SeedRun(seed: seed, scenario: scenario, outcome: found.run(seat))
    }

    /// The first seed of some with which a scenario notices that a rule is broken, and keeps quiet when it is kept.
    ///
    /// - Parameter scenario: its name; nil for all of them, by turns at each seed.
    package static func search(
        _ rule: String, seeds: Range<UInt64>, scenario: String? = nil
    ) -> (found: KnownBad, run: SeedRun)? {
        let scenarios = (Scenario.all + Scenario.starts).filter { isSearched($0) && $0.name == scenario ?? $0.name }
        for seed in seeds {
            for scenario in scenarios {
                let candidate = KnownBad(rule: rule, scenario: scenario.name, seed: seed)
                if let run = candidate.run(isBroken: true), run.violation != nil,
                    candidate.run(isBroken: false)?.violation == nil
                {
                    return (candidate, run)
                }
            }
        }
        return nil
    }
}
