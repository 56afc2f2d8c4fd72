import HotStuff
import HotStuffStorage
import Testing

@Suite("A damaged block of the log", .timeLimit(.minutes(1)))
struct RepairTests {
    /// Three replicas of four that run, and the log of the fourth, which has stopped with some blocks committed.
    private struct Rest {
        let network: Network
        let others: [Replica]
        let log: StoppedLog
        let notebook = Notebook()

        init(_ genesis: (inout Genesis) -> Void = { _ in }) async throws {
            network = try Network(4, change: genesis)
            log = StoppedLog(configuration: network.configurations[3])
            others = try network.configurations.prefix(3).map { configuration in
                try Replica(configuration: configuration) { _ in Adder(Probe()) }
            }
            let fourth = try makeFourth(keeping: true)
            for replica in others + [fourth] { try await replica.start() }
            try await fourth.waitForPayloads(40)
            try await fourth.stop()
        }

        /// The fourth replica, with a machine that replays all, or one that keeps its own tables.
        func makeFourth(keeping: Bool, _ probe: Probe = Probe()) throws -> Replica {
            try keeping
                ? Replica(configuration: network.configurations[3]) { [notebook] _ in KeepingAdder(notebook) }
                : Replica(configuration: network.configurations[3]) { _ in Adder(probe) }
        }

        /// Damages blocks of the fourth, as `choose` picks them.
        func damage(_ choose: (ReplicaStore) throws -> [LogPosition]) throws -> [LogPosition] {
            let positions = try log.reading(choose)
            for position in positions { #expect(try log.damage(position) > 0) }
            return positions
        }

        func stop(_ fourth: Replica) async throws {
            for replica in others + [fourth] { try await replica.stop() }
        }
    }

    /// What was found damaged, and what was repaired, until all of `positions` were.
    private func repairs(of positions: [LogPosition], _ replica: Replica) -> Task<[LogPosition], Never> {
        let events = replica.events
        return Task {
            var (damaged, repaired): ([LogPosition], [LogPosition]) = ([], [])
            for await event in events {
                if case .logDamaged(let position, _) = event { damaged.append(position) }
                if case .logRepaired(let position) = event { repaired.append(position) }
                if Set(repaired).isSuperset(of: positions) { break }
            }
            return damaged
        }
    }

    private func payloads(_ replica: Replica, _ count: Int) async throws -> [Digest] {
        var digests: [Digest] = []
        for try await (_, payload) in replica.commits(after: nil) {
            digests.append(payload?.digest ?? .zero)
            if digests.count == count { break }
        }
        return digests
    }

    @Test("is had from a peer before the state machine replays it, and the states are equal")
    func replay() async throws {
        let rest = try await Rest()
        let damaged = try rest.damage { store in
            let reader = try store.reader()
            return try [7, 8, 30].compactMap { try reader.position(at: Height($0)) }
        }
        #expect(damaged.count == 3)
        let probe = Probe()
        let fourth = try rest.makeFourth(keeping: false, probe)
        let found = repairs(of: damaged, fourth)
        try await fourth.start()
        #expect(await found.value == damaged)
        #expect(try await payloads(fourth, 40) == payloads(rest.others[0], 40))
        await probe.waitForCommits(60)
        try await rest.stop(fourth)
        #expect(
            try rest.log.reading { store in try damaged.map { try store.reader().block(at: $0.height)?.position } }
                == damaged)
    }

    @Test("is had from a peer when a reader of the commits meets it, who misses nothing")
    func commits() async throws {
        let rest = try await Rest()
        let damaged = try rest.damage { store in [try #require(try store.reader().position(at: Height(12)))] }
        let fourth = try rest.makeFourth(keeping: true)
        let found = repairs(of: damaged, fourth)
        try await fourth.start()
        #expect(try await payloads(fourth, 40) == payloads(rest.others[0], 40))
        #expect(await found.value == damaged)
        try await rest.stop(fourth)
    }

    @Test("is had from a peer when somebody who follows this replica alone asks for it, and gets it then")
    func askedFor() async throws {
        let rest = try await Rest()
        let damaged = try rest.damage { store in [try #require(try store.reader().position(at: Height(12)))] }
        let fourth = try rest.makeFourth(keeping: true)
        let found = repairs(of: damaged, fourth)
        try await fourth.start()
        var configuration = try rest.network.listener(of: 3)
        // Then it asks again.
        configuration.viewDuration = ExponentialViewDuration(base: .milliseconds(100), ceiling: .seconds(1))
        let listener = try Replica(configuration: configuration) { _ in Adder(Probe()) }
        try await listener.start()
        #expect(await found.value == damaged)
        #expect(try await payloads(listener, 40) == payloads(rest.others[0], 40))
        try await listener.stop()
        try await rest.stop(fourth)
    }

    @Test("above the tip is left out at the start, and had again before it is committed")
    func aboveTheTip() async throws {
        let rest = try await Rest()
        let damaged = try rest.damage { store in
            // Those that are certain to be committed: the others have gone on in the same view.
            [try #require(try store.recover().uncommitted.first).position]
        }
        let fourth = try rest.makeFourth(keeping: true)
        let found = repairs(of: damaged, fourth)
        try await fourth.start()
        #expect(await found.value == damaged)
        try await rest.stop(fourth)
    }

    @Test("stops a replica that has no peers, and is named")
    func alone() async throws {
        let network = try Network(1)
        let first = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await first.start()
        try await first.waitForPayloads(20)
        try await first.stop()
        let log = StoppedLog(configuration: network.configurations[0])
        let position = try log.reading { try #require(try $0.reader().position(at: Height(5))) }
        #expect(try log.damage(position) > 0)
        let again = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        let error = await #expect(throws: ReplicaError.self) { try await again.start() }
        #expect(error?.code == .storageFailed)
        #expect(error?.message.contains("height 5") == true)
    }

    @Test("does not keep a replica from stopping while nobody gives it")
    func stopping() async throws {
        let rest = try await Rest()
        for replica in rest.others { try await replica.stop() }
        let damaged = try rest.damage { store in [try #require(try store.reader().position(at: Height(9)))] }
        let fourth = try rest.makeFourth(keeping: false)
        let events = fourth.events
        let start = Task { try await fourth.start() }
        for await event in events { if case .logDamaged(let position, _) = event, position == damaged[0] { break } }
        try await fourth.stop()
        await #expect(throws: ReplicaError.self) { try await start.value }
    }
}
