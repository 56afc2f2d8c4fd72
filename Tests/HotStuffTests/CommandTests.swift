import HotStuff
import Testing

@Suite("Commands", .timeLimit(.minutes(1)))
struct CommandTests {
    @Test("a command is answered once it is applied, and a repeated one is applied once")
    func submits() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { CommandBlocks(Sum(), context: $0) }
        try await replica.start()
        let id = CommandID(client: 7, sequence: 1)
        #expect(try await replica.submit("3", to: Sum.self, id: id).value == "3")
        #expect(try await replica.submit("3", to: Sum.self, id: id).value == "3")
        let last = try await replica.submit("4", to: Sum.self)
        #expect(last.value == "7")
        #expect(last.position.height > .genesis)
        try await replica.stop()
    }

    @Test("many callers at once are all answered")
    func manyCallers() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { CommandBlocks(Sum(), context: $0) }
        try await replica.start()
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<200 {
                group.addTask { Int(try await replica.submit("1", to: Sum.self).value) ?? 0 }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await replica.stop()
        #expect(answers.sorted() == Array(1...200))
    }

    @Test("a follower refuses and names the leader, where the command then succeeds on all replicas")
    func follower() async throws {
        let network = try Network(4)
        let replicas = try network.configurations.map { configuration in
            try Replica(configuration: configuration) { CommandBlocks(Sum(), context: $0) }
        }
        for replica in replicas { try await replica.start() }
        let leader = try #require(network.place(of: replicas[0].status.leader))
        let other = (leader + 1) % 4
        do {
            _ = try await replicas[other].submit("1", to: Sum.self)
            Issue.record("a follower took a command")
        } catch ProposeError.notLeader(let key, _) {
            #expect(network.place(of: key) == leader)
        }
        let reply = try await replicas[leader].submit("1", to: Sum.self)
        #expect(reply.value == "1")
        for replica in replicas { try await replica.wait(for: reply.position.height) }
        for replica in replicas { try await replica.stop() }
    }

    @Test("a state machine of another type takes no commands")
    func otherMachine() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await replica.start()
        let error = await #expect(throws: ReplicaError.self) { try await replica.submit("1", to: Sum.self) }
        #expect(error?.code == .unsupported)
        try await replica.stop()
    }

    @Test("before the start and after the stop no command is taken")
    func notRunning() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { CommandBlocks(Sum(), context: $0) }
        let before = await #expect(throws: ReplicaError.self) { try await replica.submit("1", to: Sum.self) }
        #expect(before?.code == .notRunning)
        try await replica.start()
        try await replica.stop()
        let after = await #expect(throws: ReplicaError.self) { try await replica.submit("1", to: Sum.self) }
        #expect(after?.code == .notRunning)
    }
}

/// Adds numbers up.
private struct Sum: CommandStateMachine {
    private var total = 0

    mutating func apply(_ command: String) -> String {
        total += Int(command) ?? 0
        return "\(total)"
    }
}
