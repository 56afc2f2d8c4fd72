internal import HotStuffCore

/// Makes a failing run smaller while it goes on failing in the same way: fewer faults, fewer liars, fewer blocks.
///
/// Every try is a whole run of a changed plan, and each is as deterministic as the first.
struct Shrinking {
    /// Runs a changed plan.
    let run: (RunPlan) -> RunOutcome
    /// The failure to keep.
    let kind: Violation.Kind
    /// How many runs may be spent on it.
    var budget = 120

    /// The smallest plan found, its violation, and how many runs that took.
    func shrink(_ plan: RunPlan, _ violation: Violation) -> (plan: RunPlan, violation: Violation, runs: Int) {
        var search = Search(shrinking: self, best: plan, found: violation)
        search.dropFaults()
        search.dropLiars()
        search.simplify()
        search.dropReplicas()
        search.dropBlocks()
        return (search.best, search.found, search.runs)
    }

    /// The smallest plan so far, and the ways to a smaller one.
    private struct Search {
        let shrinking: Shrinking
        var best: RunPlan
        var found: Violation
        var runs = 0

        /// Runs a changed plan, and keeps it if it fails in the same way.
        mutating func tries(_ changed: RunPlan) -> Bool {
            guard runs < shrinking.budget else { return false }
            runs += 1
            guard let violation = shrinking.run(changed).violation, violation.kind == shrinking.kind else {
                return false
            }
            best = changed
            found = violation
            return true
        }

        /// Whole groups of faults first, then one by one.
        mutating func dropFaults() {
            var size = max(1, best.faults.count / 2)
            while size >= 1, !best.faults.isEmpty {
                var place = 0
                while place < best.faults.count {
                    var changed = best
                    changed.faults.removeSubrange(place..<min(place + size, changed.faults.count))
                    if !tries(changed) { place += size }
                }
                size /= 2
            }
        }

        mutating func dropLiars() {
            for part in best.byzantine {
                var changed = best
                changed.byzantine.removeAll { $0 == part }
                _ = tries(changed)
            }
        }

        mutating func simplify() {
            for change in Shrinking.simplifications {
                var changed = best
                change(&changed)
                _ = tries(changed)
            }
        }

        mutating func dropReplicas() {
            while best.settings.replicas > 4, best.settings.powers.isEmpty, best.settings.leaders == nil {
                var changed = best
                changed.settings.replicas -= 1
                let count = changed.settings.replicas
                changed.faults.removeAll { $0.kind.highestNode >= count }
                changed.byzantine.removeAll { $0.replica >= count }
                guard changed.byzantine.count * 3 < count, tries(changed) else { return }
            }
        }

        mutating func dropBlocks() {
            var limit: UInt64 = 32
            while limit >= 1 {
                var changed = best
                changed.proposals = limit
                // With fewer blocks the second phase would have none of its own to commit.
                guard shrinking.kind != .liveness, tries(changed) else { break }
                limit /= 2
            }
            while best.safetyPhase > .milliseconds(200) {
                var changed = best
                changed.safetyPhase = best.safetyPhase / 2
                changed.faults.removeAll { $0.at > changed.safetyPhase }
                guard tries(changed) else { return }
            }
        }
    }

    private static let simplifications: [@Sendable (inout RunPlan) -> Void] = [
        { $0.settings.lossPerMille = 0 },
        { $0.settings.repeatPerMille = 0 },
        { $0.settings.keepsOrder = true },
        { $0.settings.listeners = 0 },
        { $0.settings.latency.tailPerMille = 0 },
        { $0.settings.writeTime.tailPerMille = 0 },
        { $0.settings.powers = [] },
        { $0.settings.viewLimit = nil },
        { $0.settings.chainLength = 2 },
    ]
}
