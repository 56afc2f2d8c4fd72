import HotStuff
import Testing

@Suite("A network of four replicas", .timeLimit(.minutes(1)))
struct FourReplicasTests {
    @Test("commits the same blocks everywhere, and the leader executes none of them")
    func agrees() async throws {
        let cluster = try Cluster(4)
        try await cluster.start()
        let leader = try await cluster.leader()
        for replica in cluster.replicas { try await replica.waitForPayloads(50) }
        let leaderPlace = try #require(cluster.replicas.firstIndex { $0 === leader })
        try await cluster.stop()

        let shortest = try #require(cluster.probes.map(\.positions.count).min())
        let logs = Set(cluster.probes.map { Array($0.positions.prefix(shortest)) })
        #expect(logs.count == 1)
        #expect(shortest > 0)
        #expect(cluster.probes[leaderPlace].count(of: .execute) == 0)
    }

    @Test("elects another leader when one stops, and the stopped one catches up after its restart")
    func changesView() async throws {
        let cluster = try Cluster(4)
        try await cluster.start()
        let leader = try await cluster.leader()
        let place = try #require(cluster.replicas.firstIndex { $0 === leader })
        try await leader.waitForPayloads(10)
        try await leader.stop()

        let others = cluster.replicas.filter { $0 !== leader }
        let committed = others[0].status.committed.height.rawValue
        for replica in others { try await replica.wait(for: Height(committed + 50)) }

        let probe = Probe()
        let again = try Replica(configuration: cluster.network.configurations[place]) { _ in Adder(probe) }
        try await again.start()
        try await again.wait(for: Height(committed + 50))
        #expect(again.status.view > View(0))
        for replica in others + [again] { try await replica.stop() }
    }

    @Test("a leader that stops hands its view over, so that nobody waits for a timer")
    func handsOver() async throws {
        let cluster = try Cluster(4)
        try await cluster.start()
        let leader = try await cluster.leader()
        try await leader.waitForPayloads(5)
        let follower = try cluster.follower(of: leader)
        let events = follower.events
        try await leader.stop()
        for await event in events {
            if case .viewEntered(let view, _) = event, view > View(0) { break }
        }
        #expect(follower.status.view == View(1))
        try await cluster.stop()
    }
}

extension Replica {
    /// Returns once the block at `height` is in the log.
    func wait(for height: Height) async throws {
        for try await (position, _) in commits(after: nil) where position.height >= height { return }
    }
}
