import HotStuff
import Testing

@Suite("A network of four replicas at full speed", .timeLimit(.minutes(5)))
struct CatchingUpTests {
    @Test("takes a follower in again that was away for thousands of blocks, while the leader runs at full speed")
    func catchesUp() async throws {
        let cluster = try Cluster(4)
        try await cluster.start()
        let leader = try await cluster.leader()
        let place = try #require(cluster.replicas.firstIndex { $0 !== leader })
        try await cluster.replicas[place].waitForPayloads(10)
        try await cluster.replicas[place].stop()
        let left = cluster.replicas[place].status.committed.height.rawValue
        try await leader.wait(for: Height(left + 2_500))

        let again = try Replica(configuration: cluster.network.configurations[place]) { _ in Adder(Probe()) }
        let there = leader.status.committed.height
        try await again.start()
        // Past where the leader was: more comes in all the time than its window has room for.
        try await again.wait(for: there)
        #expect(leader.status.role == .leader)
        #expect(leader.status.committed.height > there)
        for replica in cluster.replicas where replica !== cluster.replicas[place] { try await replica.stop() }
        try await again.stop()
    }
}
