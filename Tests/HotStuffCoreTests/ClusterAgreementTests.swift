import Testing

@testable import HotStuffCore

/// Whole engines in virtual time: `TestCluster`.
struct ClusterAgreementTests {
    @Test(arguments: [2, 3])
    func fourReplicasCommitWhatTheLeaderProposes(chainLength: Int) throws {
        var options = TestCluster.Options()
        options.chainLength = chainLength
        options.proposals = 100
        let cluster = try TestCluster(options, seed: 1)
        cluster.start()
        #expect(cluster.run(upTo: .seconds(20)) { cluster.committedPayloads == 100 })
        cluster.run(for: .seconds(1))
        cluster.checkStates()
        #expect(cluster.violations == [])
        #expect(cluster.replicas[0].observed?.executions == 0)
        #expect(cluster.events.allSatisfy { if case .viewTimedOut = $0.event { false } else { true } })
    }

    @Test func oneReplicaAloneIsItsOwnQuorum() throws {
        var options = TestCluster.Options()
        options.replicas = 1
        options.proposals = 20
        let cluster = try TestCluster(options, seed: 2)
        cluster.start()
        #expect(cluster.run(upTo: .seconds(5)) { cluster.committedPayloads == 20 })
        cluster.crash(0)
        cluster.start(0)
        #expect(cluster.run(upTo: .seconds(5)) { cluster.committedPayloads == 40 })
        cluster.checkStates()
        #expect(cluster.violations == [])
    }

    @Test func aLeaderThatDiesIsReplacedAndComesBack() throws {
        let cluster = try TestCluster(seed: 3)
        cluster.start()
        #expect(cluster.run(upTo: .seconds(5)) { cluster.committedPayloads >= 20 })
        cluster.crash(0)
        #expect(cluster.run(upTo: .seconds(20)) { cluster.committedPayloads >= 60 })
        cluster.start(0)
        let reached = cluster.committedPayloads
        #expect(cluster.run(upTo: .seconds(20)) { cluster.committedPayloads >= reached + 60 })
        cluster.checkStates()
        #expect(cluster.violations == [])
    }
}
