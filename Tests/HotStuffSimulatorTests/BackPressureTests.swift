import HotStuffCore
import Testing

@testable import HotStuffSimulator

/// Speculation, *Back-pressure*: whom a slow replica slows, and how.
struct BackPressureTests {
    /// Replica 0 leads; it proposes each 10 ms, executing takes 8 ms.
    private func world(_ change: (inout WorldSettings) -> Void) throws -> World {
        try RunPlan.script(1) { settings in
            settings.leaders = [0]
            settings.latency = Spread(.milliseconds(20), .milliseconds(20))
            settings.proposeTime = .always(.milliseconds(10))
            settings.executeTime = .always(.milliseconds(8))
            change(&settings)
        }.makeWorld()
    }

    /// How many blocks each replica's state machine is behind its log.
    private func behind(_ world: World) -> [UInt64] {
        world.nodes.compactMap { $0.status }.map { $0.committed.height.blocks(above: $0.executed) }
    }

    @Test func oneSlowFollowerSlowsNobody() throws {
        var payloads: [Int] = []
        for times in [UInt64(1), 10] {
            let world = try world { $0.slowExecution = [3: times] }
            world.start()
            world.run(for: .seconds(5))
            payloads.append(world.checks.payloads)
            #expect(world.tally.highestView == 0)
            #expect(world.checks.violation == nil)
        }
        #expect(payloads[0] > 450)
        #expect(payloads[1] * 100 >= payloads[0] * 98)
    }

    @Test func aSlowFollowerCatchesUpByItselfWhenThereIsLessToDo() throws {
        let world = try world { settings in
            settings.slowExecution = [3: 10]
            settings.decidedBlocks = 64
        }
        world.start()
        world.run(for: .seconds(5))
        #expect(try #require(behind(world).max()) > 64)
        world.clock.setQuiet(true)
        let isDone = world.run(upTo: .seconds(60)) { behind(world).allSatisfy { $0 == 0 } }
        #expect(isDone)
        #expect(world.tally.highestView == 0)
        #expect(world.checks.violation == nil)
    }

    /// Two of three followers execute for 80 ms, so that no quorum is without one of them; the leader could propose each
    /// 2 ms, and its window holds far more than their queues.
    @Test(arguments: [16, 64])
    func aSlowQuorumSlowsTheLeaderSmoothly(room: Int) throws {
        let world = try world { settings in
            settings.slowExecution = [2: 10, 3: 10]
            settings.proposeTime = .always(.milliseconds(2))
            settings.decidedBlocks = room
        }
        world.start()
        world.run(for: .seconds(8))
        var commits: [Timestamp] = []
        var deepest: UInt64 = 0
        world.listener = { event, node in
            guard node.index == 0, case .committed(_, isNudge: false) = event else { return }
            commits.append(world.time)
            deepest = max(deepest, behind(world).max() ?? 0)
        }
        world.run(for: .seconds(8))
        // One block each 80 ms is what they execute.
        #expect(commits.count >= 96)
        #expect(commits.count <= 104)
        let gaps = zip(commits, commits.dropFirst()).map { $1 - $0 }.sorted()
        #expect(try #require(gaps.last) <= .milliseconds(250))
        #expect(deepest <= UInt64(4 * room))  // nudges are blocks too
        #expect(world.tally.highestView == 0)
        #expect(world.checks.violation == nil)
    }
}
