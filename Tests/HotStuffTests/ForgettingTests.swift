import HotStuff
import Testing

/// Protocol §2, *Forgetting*, with real replicas.
@Suite("A replica that may have lost records", .timeLimit(.minutes(1)))
struct ForgettingTests {
    /// Four replicas, views of a few blocks, so that views pass without anybody being lost.
    private func cluster() throws -> Network {
        try Network(4) { $0.viewLimit = 5 }
    }

    private func replica(_ configuration: Configuration, _ probe: Probe = Probe()) throws -> Replica {
        try Replica(configuration: configuration) { _ in Adder(probe) }
    }

    /// What a replica tells of its forgetting, until it signs again.
    private func recovery(of replica: Replica) -> Task<[Forgetting], Never> {
        let events = replica.events
        return Task {
            var states: [Forgetting] = []
            for await event in events {
                guard case .forgetting(let state) = event else { continue }
                states.append(state)
                if !state.forbidsSigning { break }
            }
            return states
        }
    }

    @Test("asks the others and votes again two views later, after its disk was lost")
    func diskLoss() async throws {
        let network = try cluster()
        let others = try network.configurations.prefix(3).map { try replica($0) }
        for replica in others { try await replica.start() }
        let first = try replica(network.configurations[3])
        try await first.start()
        try await first.wait(for: Height(30))
        try await first.stop()
        removeDirectory(network.configurations[3].directory)

        #expect(try !Replica.forget(network.configurations[3]))
        let again = try replica(network.configurations[3])
        let states = recovery(of: again)
        let events = again.events
        try await again.start()
        let told = await states.value
        #expect(told.count == 3)
        #expect(told.first == .asking)
        guard case .bounded(let bound) = told.dropFirst().first else {
            Issue.record("no bound in \(told)")
            return
        }
        #expect(told.last == .over(bound: bound))
        for await event in events {
            if case .voted(_, let view) = event {
                #expect(view > bound.next)
                break
            }
        }
        #expect(again.status.role != .forgetful)
        for replica in others + [again] { try await replica.stop() }
    }

    @Test("is marked where its log is an older copy, and then signs nothing alone")
    func markedCopy() async throws {
        let network = try Network(1)
        #expect(try Replica.forget(network.configurations[0]))
        let replica = try replica(network.configurations[0])
        let events = replica.events
        try await replica.start()
        #expect(replica.status.role == .forgetful)
        for await event in events {
            if case .tooManyForgot(let remembering, let total) = event {
                #expect((remembering, total) == (0, 1))
                break
            }
        }
        #expect(replica.status.committed.height == .genesis)
        try await replica.stop()
    }
}
