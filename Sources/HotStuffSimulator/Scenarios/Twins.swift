internal import HotStuffCore

/// Twins: two instances with one key, so that every Byzantine act of a correct program appears without being written.
///
/// A seed is a number in the enumeration of all schedules of some rounds, each a partition of the instances and a
/// leader; beyond what can be enumerated it draws one.
struct Twins {
    /// How many rounds a schedule has.
    static let rounds = 6

    /// The run of a seed.
    static func outcome(_ seat: ScenarioSeat) -> RunOutcome {
        var random = SeededRandom(seed: seat.seed, stream: 7)
        let replicas = seat.replicas ?? 4
        let twin = Int(seat.seed % UInt64(replicas))
        let schedule = rounds(of: seat.seed, nodes: replicas + 1, &random)
        let plan = RunPlan.script(seat.seed) { settings in
            settings.replicas = replicas
            settings.twins = [twin]
            settings.viewDuration = .milliseconds(200)
            settings.viewCeiling = .seconds(1)
            settings.leaders = schedule.map(\.leader).map { $0 % replicas }
            settings.latency = Spread(.milliseconds(1), .milliseconds(8))
            settings.viewLimit = seat.seed % 4 == 3 ? 2 : nil
        }
        return seat.play(plan) { world in
            world.start()
            for round in schedule {
                for side in round.sides where !side.isEmpty {
                    world.tally.count(.partition)
                    world.cut(side, .symmetric(noticed: true))
                }
                world.run(for: random.duration(.milliseconds(100), .milliseconds(900)))
                for side in round.sides { world.endPartition(side, .symmetric(noticed: true)) }
                world.run(for: random.duration(.zero, .milliseconds(60)))
                for node in world.nodes where node.isTwin && !node.isUp { world.start(node) }
                guard world.checks.violation == nil else { return }
            }
            world.recover()
        }
    }

    /// One round: who is cut from the rest, and who leads.
    private struct Round {
        let sides: [[Int]]
        let leader: Int
    }

    /// The schedule of a seed: the low digits choose partitions and leaders round by round, then the dice do.
    private static func rounds(of seed: UInt64, nodes: Int, _ random: inout SeededRandom) -> [Round] {
        let partitions = twoSides(of: nodes)
        var number = seed / UInt64(nodes - 1)
        return (0..<rounds).map { _ in
            let choices = UInt64(partitions.count * (nodes - 1))
            let choice = number > 0 ? Int(number % choices) : random.below(Int(choices))
            number /= choices
            return Round(sides: [partitions[choice / (nodes - 1)]], leader: choice % (nodes - 1))
        }
    }

    /// All ways to cut some nodes from the others; also none.
    private static func twoSides(of nodes: Int) -> [[Int]] {
        (0..<(1 << (nodes - 1))).map { bits in (0..<nodes).filter { bits >> $0 & 1 == 1 } }
    }
}

extension Scenario {
    /// Two instances with one key.
    static let twins = Scenario(
        name: "twins", summary: "two instances with one key under generated partitions and leaders: no fork, live",
        run: Twins.outcome)
}
