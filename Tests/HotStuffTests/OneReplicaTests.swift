import HotStuff
import Testing

@Suite("A network of one replica", .timeLimit(.minutes(1)))
struct OneReplicaTests {
    @Test("commits what its state machine proposes, and executes none of it twice")
    func commits() async throws {
        let network = try Network(1)
        let probe = Probe()
        let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(probe) }
        try await replica.start()
        var payloads = 0
        for try await (_, payload) in replica.commits(after: nil) where payload != nil {
            payloads += 1
            if payloads == 20 { break }
        }
        await probe.waitForCommits(20)
        try await replica.stop()
        #expect(probe.count(of: .execute) == 0)
        #expect(probe.isClosed)
        #expect(replica.status.phase == .stopped)
    }

    @Test("recovers its state from the log after a restart, and goes on")
    func recovers() async throws {
        let network = try Network(1)
        let before = Probe()
        let first = try Replica(configuration: network.configurations[0]) { _ in Adder(before) }
        try await first.start()
        try await first.waitForPayloads(10)
        try await first.stop()

        let after = Probe()
        let second = try Replica(configuration: network.configurations[0]) { _ in Adder(after) }
        try await second.start()
        #expect(after.positions.starts(with: before.positions))
        await after.waitForCommits(before.positions.count + 10)
        try await second.stop()
    }
}

extension Replica {
    /// Returns once so many blocks with a payload are in the log.
    func waitForPayloads(_ count: Int) async throws {
        var payloads = 0
        for try await (_, payload) in commits(after: nil) where payload != nil {
            payloads += 1
            if payloads >= count { return }
        }
    }
}
