import Synchronization
import Testing

@testable import HotStuff

@Suite("Space on the log's disk", .timeLimit(.minutes(1)))
struct SpaceTests {
    @Test("writing stops below the reserve, and goes on with a quarter more than that")
    func watching() {
        let disk = Disk(.mebibytes(100))
        var watch = SpaceWatch(.init(reserve: .mebibytes(64), patience: .seconds(10))) { disk.free }
        #expect(watch.look(for: .mebibytes(36), now: at(0)) == nil)
        #expect(!watch.isShort)

        disk.free = .mebibytes(63)
        #expect(watch.look(for: .bytes(0), now: at(1)) == .ranShort(free: .mebibytes(63)))
        #expect(watch.isShort)
        disk.free = .mebibytes(79)
        #expect(watch.look(for: .bytes(0), now: at(2)) == nil)
        #expect(watch.isShort)
        disk.free = .mebibytes(80)
        #expect(watch.look(for: .bytes(0), now: at(3)) == .returned(free: .mebibytes(80)))
        #expect(!watch.isShort)
    }

    @Test("what is to be written must leave the reserve as it is")
    func largeWrite() {
        let disk = Disk(.mebibytes(100))
        var watch = SpaceWatch(.init(reserve: .mebibytes(64), patience: .seconds(10))) { disk.free }
        #expect(watch.look(for: .mebibytes(37), now: at(0)) == .ranShort(free: .mebibytes(100)))
        disk.free = .mebibytes(116)
        #expect(watch.look(for: .mebibytes(37), now: at(1)) == nil)
        disk.free = .mebibytes(117)
        #expect(watch.look(for: .mebibytes(37), now: at(2)) == .returned(free: .mebibytes(117)))
    }

    @Test("patience is counted from when space ran short, and anew each time")
    func patience() {
        let disk = Disk(.bytes(0))
        var watch = SpaceWatch(.init(reserve: .mebibytes(1), patience: .seconds(10))) { disk.free }
        #expect(watch.look(for: .bytes(0), now: at(0)) == .ranShort(free: .bytes(0)))
        #expect(watch.look(for: .bytes(0), now: at(10)) == nil)
        disk.free = .mebibytes(2)
        #expect(watch.look(for: .bytes(0), now: at(10)) == .returned(free: .mebibytes(2)))
        disk.free = .bytes(0)
        #expect(watch.look(for: .bytes(0), now: at(20)) == .ranShort(free: .bytes(0)))
        #expect(watch.look(for: .bytes(0), now: at(30)) == nil)
        #expect(watch.look(for: .bytes(0), now: at(31)) == .overdue(free: .bytes(0)))
    }

    @Test("a disk that is not watched, or that tells nothing, stops nothing")
    func unwatched() {
        var watch = SpaceWatch(.init(reserve: .bytes(0), patience: .zero)) { .bytes(0) }
        #expect(watch.interval == nil)
        #expect(watch.look(for: .gibibytes(1), now: at(0)) == nil)
        var blind = SpaceWatch(.init(reserve: .mebibytes(1), patience: .zero)) { nil }
        #expect(blind.look(for: .gibibytes(1), now: at(0)) == nil)
    }

    @Test("a follower without space does not vote and keeps nothing; with space it catches up and votes")
    func follower() async throws {
        let disk = Disk(.gibibytes(1))
        let cluster = try Cluster(4, on: disk, ofLeaderOf: View(3))
        try await cluster.start()
        let (leader, follower) = (cluster.leader(of: 0), cluster.leader(of: 3))
        try await follower.waitForPayloads(3)

        let events = follower.events
        disk.free = .bytes(0)
        await events.wait {
            if case .spaceShort(let free, let reserve) = $0 { free.bytes == 0 && reserve > free } else { false }
        }
        #expect(follower.status.phase == .waitingForSpace)
        let stopped = follower.status
        let later = Height(leader.status.committed.height.rawValue + 200)
        try await leader.wait(for: later)
        // What was on its way to it when the space ran short is all that it holds.
        #expect(follower.status.committed.height.rawValue < later.rawValue - 100)
        #expect(follower.status.uncommittedBlocks < 100, "\(stopped)")

        let more = follower.events
        disk.free = .gibibytes(1)
        await more.wait { if case .spaceReturned = $0 { true } else { false } }
        try await follower.wait(for: later)
        await more.wait { if case .voted(let position, _) = $0 { position.height > later } else { false } }
        #expect(follower.status.phase != .waitingForSpace)
        try await cluster.stop()
    }

    @Test("a leader without space hands its view over at once, and leads again later")
    func leader() async throws {
        let disk = Disk(.gibibytes(1))
        // Timers are long here: a view that changes was handed over.
        let cluster = try Cluster(4, on: disk, ofLeaderOf: View(0))
        try await cluster.start()
        let leader = cluster.leader(of: 0)
        try await leader.waitForPayloads(3)

        let next = cluster.leader(of: 1).events
        disk.free = .bytes(0)
        await next.wait { if case .leading(View(1)) = $0 { true } else { false } }
        let height = Height(cluster.leader(of: 1).status.committed.height.rawValue + 50)
        try await cluster.leader(of: 2).wait(for: height)
        #expect(leader.status.committed.height < height)

        let events = leader.events
        disk.free = .gibibytes(1)
        await events.wait { if case .spaceReturned = $0 { true } else { false } }
        try await leader.wait(for: height)
        // The others hand over in turn, so that its own turn comes again.
        for view in 1...3 {
            let following = cluster.leader(of: view + 1).events
            cluster.leader(of: view).core.inbox.post(.input(.resign))
            await following.wait { if case .leading(View(UInt64(view + 1))) = $0 { true } else { false } }
        }
        try await cluster.stop()
    }

    @Test("a replica alone waits for space with what it would write, and goes on")
    func alone() async throws {
        let disk = Disk(.gibibytes(1))
        let cluster = try Cluster(1, on: disk, ofLeaderOf: View(0))
        try await cluster.start()
        try await cluster.replicas[0].waitForPayloads(3)
        let events = cluster.replicas[0].events
        disk.free = .bytes(0)
        await events.wait { if case .spaceShort = $0 { true } else { false } }
        let before = cluster.replicas[0].status.committed.height
        disk.free = .gibibytes(1)
        await events.wait { if case .spaceReturned = $0 { true } else { false } }
        try await cluster.replicas[0].wait(for: Height(before.rawValue + 20))
        try await cluster.stop()
    }

    @Test("a replica whose patience is over stops, and says what, where and what to do")
    func overdue() async throws {
        let disk = Disk(.gibibytes(1))
        let cluster = try Cluster(1, on: disk, ofLeaderOf: View(0), patience: .milliseconds(1))
        try await cluster.start()
        try await cluster.replicas[0].waitForPayloads(3)
        disk.free = .mebibytes(5)
        for await event in cluster.replicas[0].events { if case .failed = event { break } }
        let error = await #expect(throws: ReplicaError.self) { try await cluster.replicas[0].stop() }
        #expect(error?.code == .storageFailed)
        #expect(error?.message.contains("has 5 MiB") == true, "\(String(describing: error))")
        #expect(error?.message.contains(cluster.network.configurations[0].directory) == true)
        #expect(error?.remedy.hasPrefix("make room") == true)

        let again = try Replica(configuration: cluster.network.configurations[0]) { _ in Adder(Probe()) }
        try await again.start()
        try await again.waitForPayloads(1)
        try await again.stop()
    }

    @Test("a replica stops as it should while it waits for space")
    func stopping() async throws {
        let disk = Disk(.bytes(0))
        let cluster = try Cluster(1, on: disk, ofLeaderOf: View(0))
        let events = cluster.replicas[0].events
        try await cluster.start()
        await events.wait { if case .spaceShort = $0 { true } else { false } }
        try await cluster.stop()
    }

    private func at(_ seconds: UInt64) -> Timestamp { Timestamp(nanoseconds: seconds * 1_000_000_000) }
}

/// A disk as a test says it is.
private final class Disk: Sendable {
    private let state: Mutex<ByteCount>

    init(_ free: ByteCount) { state = Mutex(free) }

    var free: ByteCount {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

extension Cluster {
    /// Replicas of which that which leads `view` has this disk.
    fileprivate init(
        _ count: Int, on disk: Disk, ofLeaderOf view: View, patience: Duration = .seconds(600)
    ) throws {
        try self.init(count) { configuration in
            let genesis = configuration.genesis
            guard genesis.firstEpoch.leader(of: view, by: genesis.rotation).key == configuration.identity.key else {
                return
            }
            configuration.freeSpace = { disk.free }
            configuration.space.patience = patience
        }
    }

    /// The replica that leads a view.
    fileprivate func leader(of view: Int) -> Replica {
        let genesis = network.configurations[0].genesis
        let key = genesis.firstEpoch.leader(of: View(UInt64(view)), by: genesis.rotation).key
        return zip(network.configurations, replicas).first { $0.0.identity.key == key }?.1 ?? replicas[0]
    }
}

extension Events {
    /// Returns at the first event for which `condition` holds.
    fileprivate func wait(for condition: (ReplicaEvent) -> Bool) async {
        for await event in self where condition(event) { return }
        Issue.record("the replica stopped before that")
    }
}
