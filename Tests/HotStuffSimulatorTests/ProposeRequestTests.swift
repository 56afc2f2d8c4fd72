import HotStuffCore
import Testing

@testable import HotStuffSimulator

/// Speculation, *doPropose()*: who waits for what.
struct ProposeRequestTests {
    @Test func aNudgeDoesNotWaitBehindACallThatWaitsForAPayload() throws {
        var plan = RunPlan.script(1) { settings in
            settings.replicas = 1
            settings.isPaced = false
        }
        plan.proposals = 0
        let world = try plan.makeWorld()
        world.start()
        world.run(for: .seconds(1))
        let node = world.nodes[0]
        func propose(_ number: UInt64, _ content: ProposeRequest.Content) {
            let id = ProposeRequest.ID(number: number)
            world.tell(node, .propose(ProposeRequest(id: id, content: content, deadline: nil)))
        }
        propose(1, .payload(ifEmpty: .refuse))
        world.run(for: .seconds(1))
        #expect(node.pacing.succeeded == 0 && node.pacing.refused == 0)
        propose(2, .nudge)
        #expect(node.pacing.succeeded == 1)
        #expect(world.checks.violation == nil)
    }
}
