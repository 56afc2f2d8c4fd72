import HotStuff

/// The replicas of a network, all in this process.
struct Cluster {
    let network: Network
    let probes: [Probe]
    let replicas: [Replica]

    /// Replicas that run `Adder`, not started.
    init(_ count: Int, change: (inout Configuration) -> Void = { _ in }) throws {
        let network = try Network(count)
        let probes = (0..<count).map { _ in Probe() }
        self.network = network
        self.probes = probes
        replicas = try zip(network.configurations, probes).map { configuration, probe in
            var configuration = configuration
            change(&configuration)
            return try Replica(configuration: configuration) { _ in Adder(probe) }
        }
    }

    func start() async throws {
        try await withThrowingTaskGroup { group in
            for replica in replicas { group.addTask { try await replica.start() } }
            try await group.waitForAll()
        }
    }

    func stop() async throws {
        try await withThrowingTaskGroup { group in
            for replica in replicas { group.addTask { try await replica.stop() } }
            try await group.waitForAll()
        }
    }

    /// The first replica that leads, once one does.
    func leader() async throws -> Replica {
        try await withThrowingTaskGroup(of: Replica?.self) { group in
            for replica in replicas {
                group.addTask {
                    for await _ in replica.tenures { return replica }
                    return nil
                }
            }
            for try await replica in group {
                if let replica {
                    group.cancelAll()
                    return replica
                }
            }
            throw ProposeError.notRunning
        }
    }

    /// A replica that is not the one given.
    func follower(of leader: Replica) throws -> Replica {
        guard let follower = replicas.first(where: { $0 !== leader }) else { throw ProposeError.notRunning }
        return follower
    }
}
