import HotStuff
import Testing

@Suite("A replica whose state differs", .timeLimit(.minutes(1)))
struct DivergenceTests {
    @Test("says so, as do the others, and keeps the block with both digests")
    func differs() async throws {
        let network = try Network(4)
        let replicas = try network.configurations.enumerated().map { number, configuration in
            try Replica(configuration: configuration) { context in
                CommandBlocks(Miscounting(errsAt: number == 2 ? 3 : nil), context: context)
            }
        }
        let events = replicas.map(\.events)
        try await withThrowingTaskGroup { group in
            for replica in replicas { group.addTask { try await replica.start() } }
            try await group.waitForAll()
        }
        let leader = try #require(network.place(of: replicas[0].status.leader))
        let submitting = Task {
            var third: LogPosition?
            for number in 1... {
                guard !Task.isCancelled else { break }
                let reply = try await replicas[leader].submit("1", to: Miscounting.self)
                if number == 3 { third = reply.position }
            }
            return third
        }
        var said: [Divergence] = []
        for events in events {
            for await case .diverged(let divergence) in events {
                said.append(divergence)
                break
            }
        }
        submitting.cancel()
        let third = try? await submitting.value
        #expect(said.count == 4)
        #expect(said.allSatisfy { $0.replica == network.configurations[2].identity.key })
        #expect(Set(said).count == 1)
        if let third { #expect(said.first?.position == third) }
        for replica in replicas { try await replica.stop() }

        let position = try #require(said.first?.position)
        let file = try DivergenceFile(
            contentsOf: "\(network.configurations[2].directory)/divergence-\(position.height)")
        #expect(file.divergence == said.first)
        #expect(!file.payload.isEmpty)
        #expect(throws: ReplicaError.self) {
            try DivergenceFile(contentsOf: "\(network.configurations[0].directory)/divergence-\(position.height)")
        }
        #expect(throws: ReplicaError.self) {
            try DivergenceFile(contentsOf: "\(network.configurations[2].directory)/log/data.mdb")
        }
    }
}

/// Adds up, and from one command on adds one too many.
private struct Miscounting: CommandStateMachine {
    let errsAt: Int?
    private var sum = 0
    private var commands = 0

    init(errsAt: Int?) { self.errsAt = errsAt }

    mutating func apply(_ command: String) -> String {
        commands += 1
        sum += Int(command) ?? 0
        if commands == errsAt { sum += 1 }
        return "\(sum)"
    }

    var stateDigest: Digest? { "\(sum)".payload.digest }
}
