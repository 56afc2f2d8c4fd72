import HotStuff
import Testing

@Suite("Proposing by hand", .timeLimit(.minutes(1)))
struct ProposingTests {
    @Test("doPropose on a follower fails and names the leader")
    func notLeader() async throws {
        let cluster = try Cluster(4) { $0.pacemaker = .byHand }
        try await cluster.start()
        let leader = try await cluster.leader()
        let follower = try cluster.follower(of: leader)
        let view = leader.status.view
        await #expect(throws: ProposeError.notLeader(leader: leader.status.leader, view: view)) {
            try await follower.doPropose()
        }
        await #expect(throws: ProposeError.notLeader(leader: leader.status.leader, view: view)) {
            try await follower.doEmptyPropose()
        }
        try await cluster.stop()
    }

    @Test("a block that is proposed is certified: true, also if it was before the call")
    func certificate() async throws {
        let cluster = try Cluster(4) { $0.pacemaker = .byHand }
        try await cluster.start()
        let leader = try await cluster.leader()
        let first = try await leader.doPropose()
        let second = try await leader.doPropose()
        #expect(!first.isNudge)
        #expect(second.height > first.height)
        #expect(try await leader.waitForQuorumCertificate(on: second))
        #expect(try await leader.waitForQuorumCertificate(on: first))
        try await cluster.stop()
    }

    @Test("waitForQuorumCertificate is false once the view is lost")
    func lostView() async throws {
        let network = try Network(4)
        let place = try #require(network.configurations.firstIndex { $0.isFirstLeader })
        var configuration = network.configurations[place]
        configuration.pacemaker = .byHand
        let leader = try Replica(configuration: configuration) { _ in Adder(Probe()) }
        let events = leader.events
        try await leader.start()
        for await event in events { if case .proposed = event { break } }
        let orphan = try await leader.doEmptyPropose()

        // The others give the view up without having heard of the leader, who hears of that when they are back.
        for isBack in [false, true] {
            let others = try network.others(than: place, atOtherAddresses: !isBack).map { configuration in
                try Replica(configuration: configuration) { _ in Adder(Probe()) }
            }
            for replica in others { try await replica.start() }
            if isBack { #expect(try await !leader.waitForQuorumCertificate(on: orphan)) }
            for replica in others {
                for await event in replica.events {
                    if replica.status.view > View(0) { break }
                    if case .viewEntered = event { break }
                }
            }
            for replica in others { try await replica.stop() }
        }
        #expect(leader.status.view > orphan.view)
        try await leader.stop()
    }

    @Test("doEmptyPropose makes a nudge, whatever the buffer holds")
    func emptyPropose() async throws {
        let cluster = try Cluster(1) { $0.pacemaker = .byHand }
        try await cluster.start()
        let leader = try await cluster.leader()
        #expect(try await leader.doEmptyPropose().isNudge)
        #expect(try await !leader.doPropose().isNudge)
        try await cluster.stop()
    }

    @Test("an empty buffer at the limit gives a nudge, or an error where that is asked for")
    func emptyBuffer() async throws {
        let network = try Network(1)
        var configuration = network.configurations[0]
        configuration.pacemaker = .byHand
        let replica = try Replica(Silent(), configuration: configuration)
        try await replica.start()
        for await _ in replica.tenures { break }
        await #expect(throws: ProposeError.nothingToPropose) {
            try await replica.doPropose(waitingUpTo: .milliseconds(1), ifEmpty: .refuse)
        }
        #expect(try await replica.doPropose(waitingUpTo: .milliseconds(1)).isNudge)
        try await replica.stop()
    }

    @Test("a caller that is cancelled while it waits is told so")
    func cancelled() async throws {
        let network = try Network(1)
        var configuration = network.configurations[0]
        configuration.pacemaker = .byHand
        let replica = try Replica(Silent(), configuration: configuration)
        try await replica.start()
        for await _ in replica.tenures { break }
        let call = Task { try await replica.doPropose() }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        try await replica.stop()
    }

    @Test("before the start and after the stop, callers are told that nothing runs")
    func notRunning() async throws {
        let cluster = try Cluster(1)
        let replica = cluster.replicas[0]
        await #expect(throws: ProposeError.notRunning) { try await replica.doPropose() }
        try await cluster.start()
        try await cluster.stop()
        await #expect(throws: ProposeError.notRunning) { try await replica.doPropose() }
    }

    @Test("stopping answers everyone who waits")
    func stopAnswers() async throws {
        let network = try Network(1)
        var configuration = network.configurations[0]
        configuration.pacemaker = .byHand
        let replica = try Replica(Silent(), configuration: configuration)
        try await replica.start()
        for await _ in replica.tenures { break }
        let view = replica.status.view
        let calls = (0..<10).map { _ in Task { try await replica.doPropose() } }
        let certificate = Task {
            try await replica.waitForQuorumCertificate(
                on: Proposed(block: .zero, height: Height(1 << 40), epoch: Epoch(0), view: view, isNudge: false))
        }
        let commits = Task { for try await _ in replica.commits(after: nil) {} }
        let events = Task { for await _ in replica.events {} }
        let tenures = Task { for await _ in replica.tenures {} }
        try await replica.stop()
        for call in calls { await #expect(throws: ProposeError.self) { try await call.value } }
        _ = await certificate.result
        try await commits.value
        await events.value
        await tenures.value
    }
}

/// A machine that never has anything to propose.
struct Silent: StateMachine {
    mutating func propose() -> Payload? { nil }
    mutating func execute(_ block: Payload) {}
    mutating func commit(_ position: LogPosition) {}
    mutating func rollBack() {}
}
