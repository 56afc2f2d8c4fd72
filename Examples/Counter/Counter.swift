import HotStuff

/// Adds a number a block; the leader proposes ahead, everyone ends at the same total.
struct Counter: StateMachine {
    private var total: UInt64 = 0  // applied blocks included
    private var applied: [UInt64] = []  // not committed yet, oldest first: all it takes to undo them

    mutating func propose() -> UInt64? {
        let step = total % 9 + 1
        execute(step)
        return step
    }

    static func encode(_ step: UInt64) -> Payload {
        Payload { $0.append(step) }
    }

    static func decode(_ payload: Payload) -> UInt64? {
        var reader = payload.reader
        guard let step = reader.read(UInt64.self), reader.isAtEnd else { return nil }
        return step
    }

    mutating func execute(_ step: UInt64) {
        total &+= step
        applied.append(step)
    }

    mutating func commit(_ position: LogPosition) {
        applied.removeFirst()
    }

    mutating func rollBack() {
        for step in applied { total &-= step }
        applied.removeAll()
    }

    var stateDigest: Digest? {
        Payload { $0.append(total) }.digest
    }
}

@main
struct CounterReplica {
    static func main() async throws {
        let configuration = try Configuration(contentsOf: CommandLine.arguments.dropFirst().first ?? "config.json")
        let replica = try Replica(configuration: configuration) { _ in Counter() }
        async let service: Void = replica.run()
        for try await (position, _) in replica.commits(after: nil) where position.height.rawValue % 1000 == 0 {
            print("committed height \(position.height)")
        }
        try await service
    }
}
