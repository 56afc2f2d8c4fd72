import Testing

@testable import HotStuff

@Suite("What stops a replica", .timeLimit(.minutes(1)))
struct FailureTests {
    @Test(
        "a state machine that throws stops its replica with the call's name, and its log is intact",
        arguments: [(ReplicaError.Call.propose, 3), (.commit, 2)])
    func machineThrows(call: ReplicaError.Call, number: Int) async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ in
            Adder(Probe(failing: (call, number)))
        }
        let error = await #expect(throws: ReplicaError.self) { try await replica.run() }
        #expect(error?.code == .stateMachineFailed)
        #expect(error?.call == call)
        #expect(error?.cause is Probe.Planned)
        #expect((error?.position != nil) == (call == .commit))

        let probe = Probe()
        let again = try Replica(configuration: network.configurations[0]) { _ in Adder(probe) }
        try await again.start()
        try await again.waitForPayloads(probe.positions.count + 3)
        try await again.stop()
    }

    @Test("a follower's state machine that throws stops that replica only")
    func followerThrows() async throws {
        let network = try Network(4)
        let replicas = try network.configurations.enumerated().map { place, configuration in
            let probe = Probe(failing: place == 3 ? (.execute, 5) : nil)
            return try Replica(configuration: configuration) { _ in Adder(probe) }
        }
        for replica in replicas { try await replica.start() }
        let events = replicas[3].events
        for await event in events { if case .failed = event { break } }
        let error = await #expect(throws: ReplicaError.self) { try await replicas[3].stop() }
        #expect(error?.call == .execute)
        #expect(error?.position != nil)
        let height = replicas[0].status.committed.height.rawValue
        for replica in replicas.prefix(3) { try await replica.wait(for: Height(height + 20)) }
        for replica in replicas.prefix(3) { try await replica.stop() }
    }

    @Test("a state machine that cannot be made fails the start")
    func makeThrows() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ -> Adder in throw Probe.Planned() }
        let error = await #expect(throws: ReplicaError.self) { try await replica.start() }
        #expect(error?.code == .stateMachineFailed)
        #expect(error?.call == .make)
        #expect(replica.status.phase == .stopped)
    }

    @Test("an own proposal without bytes is a fault of the state machine")
    func emptyProposal() async throws {
        let network = try Network(1)
        let replica = try Replica(Empty(), configuration: network.configurations[0])
        let error = await #expect(throws: ReplicaError.self) { try await replica.run() }
        #expect(error?.code == .unusablePayload)
        #expect(error?.call == .encode)
    }

    @Test("so is one that does not decode, also where it is so large that it is checked beside the machine's thread")
    func undecodableProposal() async throws {
        for size in [1, AnswerLane.largeProposal.bytes] {
            let network = try Network(1)
            let replica = try Replica(Illegible(size: size), configuration: network.configurations[0])
            let error = await #expect(throws: ReplicaError.self) { try await replica.run() }
            #expect(error?.code == .unusablePayload)
            #expect(error?.call == .encode)
        }
    }

    @Test("cores that this machine has not stop the replica before its state machine is made")
    func noSuchCore() async throws {
        let network = try Network(1)
        var configuration = network.configurations[0]
        configuration.machineCores = [ThreadCores.limit - 1]
        let replica = try Replica(configuration: configuration) { _ in Adder(Probe()) }
        let error = await #expect(throws: ReplicaError.self) { try await replica.start() }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("\(ThreadCores.limit - 1)") == true)
    }

    @Test("a port that another process listens at is named, with the way out")
    func portInUse() async throws {
        let network = try Network(1)
        let (socket, port) = try listenAnywhere()
        defer { closeSocket(socket) }
        var configuration = network.configurations[0]
        configuration.listen = Endpoint(host: "127.0.0.1", port: port)
        let replica = try Replica(configuration: configuration) { _ in Adder(Probe()) }
        let error = await #expect(throws: ReplicaError.self) { try await replica.start() }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains("\(port)") == true)
    }

    @Test("a directory that another replica has open is refused, and free again once that stops")
    func directoryInUse() async throws {
        let network = try Network(1)
        let first = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await first.start()
        let second = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        let error = await #expect(throws: ReplicaError.self) { try await second.start() }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains(network.configurations[0].directory) == true)
        try await first.stop()
        let third = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await third.start()
        try await third.stop()
    }

    @Test("a directory of another chain is refused")
    func wrongChain() async throws {
        let network = try Network(1)
        var configuration = network.configurations[0]
        configuration.genesis.chainName = "another chain"
        let replica = try Replica(configuration: configuration) { _ in Adder(Probe()) }
        let error = await #expect(throws: ReplicaError.self) { try await replica.start() }
        #expect(error?.code == .wrongChain)
    }

    @Test("a directory without a log makes a listener, which follows and does not vote")
    func listener() async throws {
        let cluster = try Cluster(4)
        for replica in cluster.replicas.prefix(3) { try await replica.start() }
        var configuration = cluster.network.configurations[3]
        configuration.directory += "-gone"
        let probe = Probe()
        let listener = try Replica(configuration: configuration) { _ in Adder(probe) }
        try await listener.start()
        try await listener.wait(for: Height(20))
        #expect(listener.status.role == .listener)
        try await listener.stop()
        for replica in cluster.replicas.prefix(3) { try await replica.stop() }
    }

    @Test("formatting where a log is already is refused")
    func formatTwice() throws {
        let network = try Network(1)
        #expect(throws: ReplicaError.self) { try Replica.format(network.configurations[0]) }
    }
}

/// A machine that encodes its blocks as nothing.
private struct Empty: StateMachine, ~Copyable {
    mutating func propose() -> UInt8? { 1 }
    static func encode(_ block: UInt8) -> Payload { .empty }
    static func decode(_ payload: Payload) -> UInt8? { 1 }
    mutating func execute(_ block: UInt8) {}
    mutating func commit(_ position: LogPosition) {}
    mutating func rollBack() {}
}

/// A machine that does not take back what it has written.
private struct Illegible: StateMachine, ~Copyable {
    let size: Int
    mutating func propose() -> Int? { size }
    static func encode(_ size: Int) -> Payload { Payload(bytes: Array(repeating: 1, count: size)) }
    static func decode(_ payload: Payload) -> Int? { nil }
    mutating func execute(_ size: Int) {}
    mutating func commit(_ position: LogPosition) {}
    mutating func rollBack() {}
}
