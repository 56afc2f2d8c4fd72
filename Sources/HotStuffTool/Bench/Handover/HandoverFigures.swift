import HotStuff

/// What the measurement of lost leaders found.
struct HandoverFigures: Sendable {
    /// One change of the leader.
    struct Change: Sendable {
        /// From the loss of the leader to the next one's first payload.
        var time: Duration
        /// How much of that had passed when the leader's resignation left it, at the latest; of a leader that was killed
        /// it means nothing.
        var untilResigned: Duration
        /// Blocks of the lost leader that another had written to vote for them, and that did not commit.
        var lost: Int
        /// Proposals in the lost leader's buffer shortly before.
        var buffered: Int
    }

    /// What was asked for.
    let plan: HandoverBench.Plan
    /// The changes, by the way of losing the leader.
    var found: [HandoverBench.Loss: [Change]] = [:]

    /// What this project is content with: one round trip more than a commit takes, a proposal, and 20 ms.
    var target: Duration {
        plan.roundTrip * (SweepCell.commitChainLength + 1) + plan.load.propose + .milliseconds(20)
    }

    /// The object that `--json` prints.
    var json: JSON {
        [
            "propose_ms": PipelineFigures.milliseconds(plan.load.propose),
            "execute_ms": PipelineFigures.milliseconds(plan.load.execute),
            "round_trip_ms": PipelineFigures.milliseconds(plan.roundTrip),
            "view_ms": PipelineFigures.milliseconds(plan.view),
            "target_ms": PipelineFigures.milliseconds(target),
            "resignation_ms": times(.resignation, \.time),
            "resignation_since_it_left_ms": times(.resignation) { $0.time - $0.untilResigned },
            "expiry_ms": times(.expiry, \.time),
            "lost_blocks": counts(\.lost),
            "buffered_proposals": counts(\.buffered),
        ]
    }

    private func times(_ loss: HandoverBench.Loss, _ time: (Change) -> Duration) -> JSON {
        let all = milliseconds(loss, time)
        return ["p50": .rounded(Self.median(all), digits: 1), "all": .array(all.map { .rounded($0, digits: 1) })]
    }

    private func counts(_ count: (Change) -> Int) -> JSON {
        .object(
            HandoverBench.Loss.allCases.map { loss in
                .init(name: loss.rawValue, value: .array((found[loss] ?? []).map { .integer(count($0)) }))
            })
    }

    private func milliseconds(_ loss: HandoverBench.Loss, _ time: (Change) -> Duration) -> [Double] {
        (found[loss] ?? []).map { time($0) / .milliseconds(1) }
    }

    /// The middle one; not a number if there is none.
    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.sorted()[values.count / 2]
    }

    /// The same for people.
    var human: String {
        let lines = [
            line("resignation, from the signal to stop", milliseconds(.resignation, \.time)),
            line("resignation, since it left", milliseconds(.resignation) { $0.time - $0.untilResigned }),
            line("expiry, from the last timer's", milliseconds(.expiry, \.time)),
        ]
        let work = HandoverBench.Loss.allCases.map { loss in
            let changes = found[loss] ?? []
            return "\(loss.rawValue): lost \(list(changes.map(\.lost))) blocks that others had voted for, and of "
                + "proposals in the buffer \(list(changes.map(\.buffered)))"
        }
        return (lines + work + ["at most \(PipelineFigures.milliseconds(target).text) ms is the target"])
            .joined(separator: "\n")
    }

    private func line(_ name: String, _ all: [Double]) -> String {
        let middle = JSON.rounded(Self.median(all), digits: 1).text
        return "\(name): median \(middle) ms of \(list(all.map { JSON.rounded($0, digits: 1).text }))"
    }

    private func list(_ values: [some CustomStringConvertible]) -> String {
        values.map(\.description).joined(separator: ", ")
    }
}
