import Testing

@testable import HotStuffCore

/// Speculation, *doPropose()*: who waits for what.
struct ProposeRequestTests {
    @Test func aNudgeDoesNotWaitBehindACallThatWaitsForAPayload() throws {
        var options = TestCluster.Options()
        options.replicas = 1
        options.proposals = 0
        let cluster = try TestCluster(options, seed: 1)
        cluster.start()
        cluster.run(for: .seconds(1))
        #expect(cluster.replicas[0].answers.isEmpty)
        let id = ProposeRequest.ID(number: 1_000)
        cluster.step(0, .propose(ProposeRequest(id: id, content: .nudge, deadline: nil)))
        #expect(cluster.replicas[0].answers.map(\.id) == [id])
    }
}
