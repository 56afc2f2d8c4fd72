import HotStuffSimulator
import KeyValue
import Testing

@testable import Counter

/// The examples' machines, as anybody would test one's own.
struct ExampleTests {
    @Test func counterKeepsItsContractAndItsCount() throws {
        try ContractCheck().run(seeds: 0..<100) { _ in Counter() }  // alone, against machines that only execute

        var simulation = Simulation()  // four replicas, virtual time, every fault
        simulation.roundTrip = .milliseconds(200)
        let report = try simulation.run(seeds: 0..<4) { _ in Counter() }
        #expect(report.executionsOnLeaders == 0)
    }

    @Test func keyValueAnswersTheSameEverywhere() throws {
        try Simulation().run(seeds: 0..<2, KeyValue.init) { random in
            "set k\(Int.random(in: 0..<10, using: &random)) \(Int.random(in: 0..<100, using: &random))"
        }
    }
}
