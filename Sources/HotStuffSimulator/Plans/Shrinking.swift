internal import HotStuffCore

/// Makes a failing run smaller while it goes on failing in the same way: fewer faults, fewer liars, fewer replicas,
/// fewer blocks, fewer acts of a script.
///
/// Every try is a whole run with something left out, and each is as deterministic as the first.
struct Shrinking {
    /// Runs with something left out: what became of it, and the plan that was run.
    let run: (Cuts) -> (outcome: RunOutcome, plan: RunPlan)
    /// The failure to keep.
    let violation: Violation
    /// How many runs may be spent on it.
    var budget = 150

    /// The smallest run found.
    struct Smallest {
        /// What is left out.
        var cuts = Cuts()
        /// What is still there.
        var plan: RunPlan
        /// How it fails.
        var violation: Violation
        /// How many runs it took to find it.
        var runs = 0
    }

    /// The smallest run that fails as the whole one, which is `plan`, does.
    ///
    /// - Parameters:
    ///   - acts: how many acts of a script there are.
    ///   - isScripted: whether a script names replicas, so that none can be left out but those above four.
    func shrink(_ plan: RunPlan, acts: Int = 0, isScripted: Bool = false) -> Smallest {
        var best = Smallest(plan: plan, violation: violation)
        leaveOut(plan.faults.count, &best) { cuts, kept in cuts.faults = kept }
        leaveOut(plan.byzantine.count, &best) { cuts, kept in cuts.liars = kept }
        leaveOut(acts, &best) { cuts, kept in cuts.acts = (0..<acts).filter { !kept.contains($0) } }
        for place in Cuts.simplifications.indices {
            // A script chooses its protocol itself.
            guard !isScripted || place < 6 else { break }
            var cuts = best.cuts
            cuts.plain.append(place)
            _ = tries(cuts, &best)
        }
        fewerReplicas(&best)
        fewerBlocks(&best)
        return best
    }

    /// Whether a run with this left out fails in the same way; if so it is the best now.
    private func tries(_ cuts: Cuts, _ best: inout Smallest) -> Bool {
        guard best.runs < budget else { return false }
        best.runs += 1
        let (outcome, plan) = run(cuts)
        guard let found = outcome.violation, found.isLike(violation) else { return false }
        best = Smallest(cuts: cuts, plan: plan, violation: found, runs: best.runs)
        return true
    }

    /// Leaves out as many of so many things as can be: whole groups first, then one by one.
    private func leaveOut(_ count: Int, _ best: inout Smallest, _ set: (inout Cuts, [Int]) -> Void) {
        guard count > 0 else { return }
        var kept = Array(0..<count)
        var size = count
        while size >= 1 {
            var place = 0
            while place < kept.count {
                var fewer = kept
                fewer.removeSubrange(place..<min(place + size, fewer.count))
                var cuts = best.cuts
                set(&cuts, fewer)
                if tries(cuts, &best) { kept = fewer } else { place += size }
            }
            size /= 2
        }
    }

    private func fewerReplicas(_ best: inout Smallest) {
        while best.plan.settings.replicas > 4, best.plan.settings.powers.isEmpty, best.plan.settings.leaders == nil {
            var cuts = best.cuts
            let count = best.plan.settings.replicas - 1
            cuts.replicas = count
            let liars = best.plan.byzantine.count { $0.replica < count }
            guard liars * 3 < count, tries(cuts, &best) else { return }
        }
    }

    private func fewerBlocks(_ best: inout Smallest) {
        var limit: UInt64 = 32
        // With fewer blocks the second phase would have none of its own to commit, nor a script what it waits for.
        while limit >= 1, ![.liveness, .expectation].contains(violation.kind) {
            var cuts = best.cuts
            cuts.proposals = limit
            guard tries(cuts, &best) else { break }
            limit /= 2
        }
        while best.plan.safetyPhase > .milliseconds(200) {
            var cuts = best.cuts
            cuts.phase = best.plan.safetyPhase.milliseconds / 2
            guard tries(cuts, &best) else { return }
        }
    }
}

extension Violation {
    /// Whether this is the same promise broken in the same way; of expectations there are many.
    func isLike(_ other: Violation) -> Bool {
        guard kind == other.kind else { return false }
        return kind != .expectation || text.filter { !$0.isNumber } == other.text.filter { !$0.isNumber }
    }
}
