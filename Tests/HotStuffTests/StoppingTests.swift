import Testing

@testable import HotStuff

@Suite("Stopping", .timeLimit(.minutes(1)))
struct StoppingTests {
    @Test("dropping the last reference stops all threads and frees the directory")
    func dropping() async throws {
        let network = try Network(1)
        let probe = Probe()
        var replica: Replica? = try Replica(configuration: network.configurations[0]) { _ in Adder(probe) }
        try await replica?.start()
        try await replica?.waitForPayloads(3)
        let life = try #require(replica?.core.life)
        replica = nil
        let left = await life.waitToTheEnd { $0.phase == .stopped ? $0.threads : nil }
        #expect(left.isEmpty)
        #expect(probe.isClosed)
        let again = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await again.start()
        try await again.stop()
    }

    @Test("handlers and pacemakers do not keep a replica alive")
    func handlers() async throws {
        let network = try Network(1)
        let seen = Watched(0)
        var replica: Replica? = try Replica.builder(network.configurations[0])
            .stateMachine { _ in Adder(Probe()) }
            .onCommit { _ in seen.update { $0 += 1 } }
            .build()
        try await replica?.start()
        try await seen.wait { $0 >= 3 ? () : nil }
        let life = try #require(replica?.core.life)
        replica = nil
        await life.waitToTheEnd { $0.phase == .stopped ? () : nil }
    }

    @Test("a replica that was never started stops at once, and does not start any more")
    func neverStarted() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await replica.stop()
        #expect(replica.status.phase == .stopped)
        let error = await #expect(throws: ReplicaError.self) { try await replica.start() }
        #expect(error?.code == .notRunning)
    }

    @Test("run serves until its task is cancelled, then stops cleanly")
    func run() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        let service = Task { try await replica.run() }
        try await replica.waitForPayloads(3)
        service.cancel()
        try await service.value
        #expect(replica.status.phase == .stopped)
    }

    @Test("stopping while it starts ends both, and frees the directory")
    func whileStarting() async throws {
        let network = try Network(1)
        for _ in 0..<5 {
            let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
            async let starting: Void = replica.start()
            try await replica.stop()
            // It had started, or was stopped before; either way it is at its end.
            do { try await starting } catch let error as ReplicaError { #expect(error.code == .notRunning) }
            #expect(replica.core.life.value.threads.isEmpty)
            #expect(replica.status.phase == .stopped)
        }
    }

    @Test("stopping twice, at the same time and later, is one stop")
    func twice() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await replica.start()
        async let one: Void = replica.stop()
        async let other: Void = replica.stop()
        _ = try await (one, other)
        try await replica.stop()
    }

    @Test("a call of the state machine that outlasts the limit is named, and the rest is stopped")
    func hanging() async throws {
        let network = try Network(1)
        let gate = Gate()
        let replica = try Replica(configuration: network.configurations[0]) { _ in Hanging(gate: gate) }
        try await replica.start()
        await gate.waitUntilReached()
        let error = await #expect(throws: ReplicaError.self) { try await replica.stop(within: .milliseconds(20)) }
        #expect(error?.code == .deadlineExceeded)
        gate.open()
        await replica.core.life.waitToTheEnd { $0.threads.isEmpty ? () : nil }
    }
}

/// A machine whose first proposal does not come before its gate opens.
private struct Hanging: StateMachine {
    let gate: Gate

    mutating func propose() -> Payload? {
        gate.pass()
        return nil
    }
    mutating func execute(_ block: Payload) {}
    mutating func commit(_ position: LogPosition) {}
    mutating func rollBack() {}
}
