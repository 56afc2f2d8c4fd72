import Testing

@testable import HotStuffCore

/// Whole engines under lost, repeated and late messages, cuts and crashes: first everything goes wrong, then it heals
/// and must commit. A failure names its seed.
struct ClusterFaultTests {
    @Test(arguments: 0..<24)
    func agreementHoldsAndCommitsGoOnAfterFaults(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &* 7919 &+ 1)
        var options = TestCluster.Options()
        options.chainLength = random.oneIn(3) ? 3 : 2
        options.window = random.oneIn(2) ? Int(1 + random.next() % 16) : nil
        options.bufferDepth = Int(random.next() % 4)
        options.lossOneIn = random.oneIn(2) ? 4 + random.next() % 40 : 0
        options.repeatOneIn = random.oneIn(2) ? 2 + random.next() % 20 : 0
        options.latency = (.milliseconds(1), .milliseconds(Int64(2 + random.next() % 80)))
        options.writeTime = (.microseconds(50), .milliseconds(Int64(1 + random.next() % 20)))
        options.proposeTime = .milliseconds(Int64(1 + random.next() % 40))
        options.executeTime = .milliseconds(Int64(random.next() % 30))
        if random.oneIn(4) { options.viewLimit = Int(1 + random.next() % 5) }
        let cluster = try TestCluster(options, seed: seed)
        cluster.start()

        for _ in 0..<6 {
            cluster.run(for: random.duration(.milliseconds(100), .seconds(3)))
            let victim = Int(random.next() % 4)
            switch random.next() % 4 {
            case 0:
                cluster.crash(victim)
                cluster.run(for: random.duration(.milliseconds(10), .seconds(4)))
                cluster.start(victim)
            case 1:
                cluster.cut([victim], from: [0, 1, 2, 3].filter { $0 != victim })
                cluster.run(for: random.duration(.milliseconds(100), .seconds(4)))
                cluster.heal()
            case 2:
                for index in 0..<4 { cluster.crash(index) }
                for index in 0..<4 { cluster.start(index) }
            default:
                cluster.cut([0, 1], from: [2, 3])
                cluster.run(for: random.duration(.milliseconds(100), .seconds(4)))
                cluster.heal()
            }
            cluster.checkStates()
            guard cluster.violations.isEmpty else { break }
        }
        #expect(cluster.violations == [], "seed \(seed)")

        cluster.stopLosing()
        let before = cluster.committedPayloads
        let isLive = cluster.run(upTo: .seconds(120)) { cluster.committedPayloads >= before + 10 }
        cluster.checkStates()
        #expect(isLive, "seed \(seed): \(cluster.committedPayloads) payloads committed everywhere, \(before) before")
        #expect(cluster.violations == [], "seed \(seed)")
    }
}
