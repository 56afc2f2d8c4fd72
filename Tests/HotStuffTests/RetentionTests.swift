import Foundation
import HotStuff
import HotStuffStorage
import Testing

@Suite("A log of which old blocks are dropped", .timeLimit(.minutes(1)))
struct RetentionTests {
    private let notebooks = (0..<4).map { _ in Notebook() }

    /// Four replicas that keep what `retention` says, with windows so small that it decides.
    private func network() throws -> Network { try Network(4) { $0.maxWindow = 16 } }

    private func replica(
        _ network: Network, _ place: Int, keeping retention: Retention = .blocks(50), served: Int = 20
    ) throws -> Replica {
        var configuration = network.configurations[place]
        configuration.retention = retention
        configuration.servedBlocks = served
        let notebook = notebooks[place]
        return try Replica(configuration: configuration) { _ in KeepingAdder(notebook) }
    }

    /// Waits until no block below `height` is held.
    private func waitForPruning(_ replica: Replica, below height: UInt64) -> Task<Void, Never> {
        let events = replica.events
        return Task {
            for await event in events { if case .pruned(let first, _) = event, first.rawValue >= height { return } }
        }
    }

    @Test("keeps the last ones, restarts and goes on")
    func keepsTheLast() async throws {
        let network = try network()
        let replicas = try (0..<4).map { try replica(network, $0) }
        let pruned = replicas.map { waitForPruning($0, below: 200) }
        for replica in replicas { try await replica.start() }
        for task in pruned { await task.value }
        try await replicas[2].stop()
        let (first, tip) = try StoppedLog(configuration: network.configurations[2]).reading { store in
            (try store.reader().firstHeight.rawValue, try store.reader().tip.height.rawValue)
        }
        // Dropped in steps, after each 64 blocks committed in groups.
        #expect(first >= 200 && tip - first + 1 >= 50 && tip - first < 2_000)
        let again = try replica(network, 2)
        let more = waitForPruning(again, below: tip + 100)
        try await again.start()
        await more.value
        for replica in replicas.prefix(2) + [replicas[3], again] { try await replica.stop() }
    }

    @Test("keeps what the state machine still needs, which is all if it keeps nothing itself")
    func neededByTheMachine() async throws {
        let network = try Network(1) { $0.maxWindow = 16 }
        var configuration = network.configurations[0]
        configuration.retention = .blocks(1)
        configuration.servedBlocks = 0
        let probe = Probe()
        let replica = try Replica(configuration: configuration) { _ in Adder(probe) }
        try await replica.start()
        await probe.waitForCommits(300)
        try await replica.stop()
        #expect(try StoppedLog(configuration: configuration).reading { try $0.reader().firstHeight } == Height(1))
    }

    @Test("leaves a replica behind that was away for too long, which says so and asks nobody on and on")
    func outOfReach() async throws {
        let network = try network()
        let fourth = try replica(network, 3)
        let others = try (0..<3).map { try replica(network, $0) }
        let pruned = others.map { waitForPruning($0, below: 300) }
        for replica in others + [fourth] { try await replica.start() }
        try await fourth.wait(for: Height(10))
        try await fourth.stop()
        for task in pruned { await task.value }
        let tip = try StoppedLog(configuration: network.configurations[3]).reading { try $0.reader().tip.height }
        try #require(tip < Height(200))

        let again = try replica(network, 3)
        let events = again.events
        try await again.start()
        for await event in events {
            guard case .outOfReach(let needed, let lowest) = event else { continue }
            #expect(needed == tip.successor)
            #expect(lowest >= Height(300))
            break
        }
        #expect(again.status.phase == .catchingUp)
        for replica in others + [again] { try await replica.stop() }
    }

    @Test("does not keep a replica from catching up with a peer that keeps more")
    func oneKeepsMore() async throws {
        let network = try network()
        let fourth = try replica(network, 3)
        let others = try [
            replica(network, 0), replica(network, 1, keeping: .everything),
            replica(network, 2),
        ]
        let pruned = [others[0], others[2]].map { waitForPruning($0, below: 300) }
        for replica in others + [fourth] { try await replica.start() }
        try await fourth.wait(for: Height(10))
        try await fourth.stop()
        for task in pruned { await task.value }
        let again = try replica(network, 3)
        let events = again.events
        try await again.start()
        for await event in events { if case .voted(let position, _) = event, position.height > Height(300) { break } }
        for replica in others + [again] { try await replica.stop() }
    }

    /// The configuration of a network's only validator, which has stopped with some blocks in its log.
    private func stopped(_ network: Network) async throws -> Configuration {
        var configuration = network.configurations[0]
        configuration.servedBlocks = 0
        let replica = try makeReplica(configuration)
        try await replica.start()
        try await replica.wait(for: Height(100))
        try await replica.stop()
        return configuration
    }

    private func makeReplica(_ configuration: Configuration) throws -> Replica {
        try Replica(configuration: configuration) { [notebook = notebooks[0]] _ in KeepingAdder(notebook) }
    }

    @Test("drops what is older than so many days")
    func days() async throws {
        let network = try Network(1) { $0.maxWindow = 16 }
        var configuration = try await stopped(network)
        let twoDaysAgo = UInt64(Date().timeIntervalSince1970) - 2 * 86_400
        let tip = try StoppedLog(configuration: configuration).reading { store in
            // Notes what the tip was at that time, as the replica does once an hour.
            let bounds = PruningBounds(neededFrom: Height(0))
            #expect(try store.prune(.days(1), within: bounds, seconds: twoDaysAgo).blockCount == 0)
            return try store.reader().tip.height
        }
        configuration.retention = .days(1)
        let replica = try makeReplica(configuration)
        let events = replica.events
        try await replica.start()
        for await event in events { if case .pruned(let first, _) = event, first > tip { break } }
        try await replica.stop()
        let first = try StoppedLog(configuration: configuration).reading { try $0.reader().firstHeight }
        #expect(first == tip.successor, "what came since is not a day old")
    }

    @Test("goes on without dropping blocks, and says so, once it can't be read what there is to drop")
    func damage() async throws {
        let network = try Network(1) { $0.maxWindow = 16 }
        var configuration = try await stopped(network)
        let log = StoppedLog(configuration: configuration)
        #expect(try log.damagePlace(at: Height(5)) > 0)
        configuration.retention = .blocks(20)
        let replica = try makeReplica(configuration)
        let (events, more) = (replica.events, replica.events)
        try await replica.start()
        for await event in events {
            guard case .pruningStopped(let reason) = event else { continue }
            #expect(reason.contains("height 5"), "\(reason)")
            break
        }
        for await event in more { if case .committed(let position, _) = event, position.height > Height(300) { break } }
        try await replica.stop()
        #expect(try log.reading { try $0.reader().firstHeight } == Height(1))
    }
}
