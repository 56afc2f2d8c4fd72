import HotStuffCore
import Testing

@testable import HotStuffSimulator

/// Replicas whose states differ (Documentation/Speculation.md, *Divergence*): they notice it themselves.
struct DivergenceTests {
    @Test(arguments: 0..<4, 0..<3 as Range<UInt64>)
    func theReplicaThatDiffersAndTheOthersNameTheFirstHeight(erring: Int, seed: UInt64) throws {
        var plan = RunPlan.script(seed)
        plan.diverging = (replica: erring, after: 19)
        let world = try plan.makeWorld()
        // Not held to the reference machine, so that the run goes on.
        world.nodes[erring].behaviour = Sincere()
        var said: [(replica: Int, about: ValidatorKey, position: LogPosition)] = []
        world.listener = { event, node in
            if case .diverged(let replica, let position, _, _) = event { said.append((node.index, replica, position)) }
        }
        world.start()
        let haveAllSaid = world.run(upTo: .seconds(20)) { said.count == 4 }
        #expect(haveAllSaid)
        #expect(Set(said.map(\.replica)) == [0, 1, 2, 3])
        #expect(said.allSatisfy { $0.about == world.nodes[erring].key })
        let image = world.nodes[(erring + 1) % 4].disk.image
        let payloads = world.checks.history.filter { image.block(at: $0.height)?.isNudge == false }
        #expect(said.allSatisfy { $0.position == payloads[19] })
        world.run(for: .seconds(1))
        #expect(said.count == 4, "once each")
        #expect(world.checks.violation == nil)
    }

    @Test func nothingIsSaidWhereAllAgree() throws {
        let world = try RunPlan.script(1).makeWorld()
        var said = 0
        world.passes = { message, _, _ in
            if case .stateDigests = message { said += 1 }
            return true
        }
        world.start()
        world.run(for: .seconds(3))
        #expect(said == 0)
        #expect(world.checks.history.count > 50)
    }
}

/// Does all that an honest replica does.
private final class Sincere: Behaviour {
    var name: String { "sincere" }
}
