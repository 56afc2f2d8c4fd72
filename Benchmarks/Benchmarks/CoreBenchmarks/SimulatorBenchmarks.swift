import Benchmark
import HotStuffCore
import HotStuffSimulator

/// How fast the simulator is where nothing goes wrong: four whole replicas on one core, all checks on.
func simulatorBenchmarks() {
    let commits = BenchmarkMetric.custom("Payload blocks committed by all four, per second", polarity: .prefersLarger)
    Benchmark(
        "Simulation, four replicas without faults",
        configuration: .init(metrics: [commits, .wallClock], scalingFactor: .one, maxDuration: .seconds(20))
    ) { benchmark in
        var simulation = Simulation()
        simulation.faults = []
        simulation.proposeTime = .milliseconds(10)
        simulation.executeTime = .milliseconds(1)
        simulation.roundTrip = .milliseconds(15)
        simulation.duration = .seconds(60)
        let clock = ContinuousClock()
        var blocks = 0
        let took = clock.measure {
            // Seed 1: messages go over as objects, as in most runs.
            blocks = (try? simulation.run(seeds: 1..<2) { _ in Tally() })?.committedBlocks ?? 0
        }
        benchmark.measurement(commits, Int(Double(blocks) / (took / .seconds(1))))
    }
}

/// A state machine that costs nothing.
private struct Tally: StateMachine {
    private var total: UInt64 = 0
    private var applied: [UInt64] = []

    mutating func propose() -> UInt64? {
        execute(total % 9 + 1)
        return applied.last
    }
    static func encode(_ step: UInt64) -> Payload { Payload { $0.append(step) } }
    static func decode(_ payload: Payload) -> UInt64? {
        var reader = payload.reader
        return reader.read(UInt64.self)
    }
    mutating func execute(_ step: UInt64) {
        total &+= step
        applied.append(step)
    }
    mutating func commit(_ position: LogPosition) { applied.removeFirst() }
    mutating func rollBack() {
        for step in applied { total &-= step }
        applied.removeAll()
    }
}
