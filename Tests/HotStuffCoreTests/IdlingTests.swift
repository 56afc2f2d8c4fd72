import Testing

@testable import HotStuffCore

/// Protocol §6: an idle chain's views have longer, and its leader shows more seldom that it is there.
struct IdlingTests {
    /// A follower of view 0 to which a chain of nudges was proposed, one a second third, each with a certificate on the
    /// last; the chain and when its last came.
    private func follower(after nudges: Int) throws -> (OneReplica, [Block], Duration) {
        var replica = try OneReplica()
        var (chain, time): ([Block], Duration) = ([], .zero)
        for _ in 0..<nudges {
            time += .milliseconds(300)
            replica.advance(to: time)
            let block = replica.block(
                on: chain.last, justify: chain.last.map { replica.certificate(on: $0) }, payload: .empty)
            chain.append(block)
            replica.propose(block)
            replica.sync()
        }
        return (replica, chain, time)
    }

    @Test func aViewOfAnIdleChainIsSuspectedFiveTimesLater() throws {
        var (replica, chain, time) = try follower(after: 20)
        #expect(replica.consensus.tree.root.height == chain[17].height, "two certificates in a row commit")
        replica.advance(to: time + .milliseconds(4_999))
        #expect(replica.suspicions == [])
        replica.advance(to: time + .milliseconds(5_000))
        #expect(replica.suspicions == [View(0)])
    }

    @Test func aFewNudgesMakeNoChainIdle() throws {
        var (replica, _, time) = try follower(after: 9)  // of which seven are committed
        replica.advance(to: time + .milliseconds(1_000))
        #expect(replica.suspicions == [View(0)])
    }

    @Test func aPayloadEndsIdlingAsSoonAsItIsHeld() throws {
        var (replica, chain, time) = try follower(after: 20)
        let last = try #require(chain.last)
        let later = time + .seconds(1)
        replica.advance(to: later)
        // Carries no new certificate, so nothing else would touch the timer.
        replica.propose(replica.block(on: last, justify: last.header.justify))
        replica.advance(to: later + .milliseconds(999))
        #expect(replica.suspicions == [])
        replica.advance(to: later + .milliseconds(1_000))
        #expect(replica.suspicions == [View(0)])
    }

    @Test func aViewChangeEndsIdlingSoThatASecondDeadLeaderIsMissedSooner() throws {
        var (replica, _, time) = try follower(after: 20)
        replica.receive(
            .entry(.timeout(replica.timeoutCertificate(of: 0, [replica.root, replica.root, replica.root]))))
        #expect(replica.consensus.record.view == View(1))
        replica.advance(to: time + .milliseconds(999))
        #expect(replica.suspicions == [])
        replica.advance(to: time + .milliseconds(1_000))
        #expect(replica.suspicions == [View(1)])
    }

    @Test func anIdleLeaderProposesANudgeAsMuchMoreSeldom() throws {
        var replica = try OneReplica.entered(view: 3)
        var (count, time, pauses): (Int, Duration, [Duration]) = (1, .zero, [])
        var proposedAt = Duration.zero
        while count < 30 {
            for block in replica.proposals.joined().suffix(1) {
                replica.receive(.certificate(replica.certificate(on: block)))
                replica.sync()
            }
            time += .milliseconds(1)
            replica.advance(to: time)
            let proposed = replica.proposals.joined().count
            if proposed > count {
                pauses.append(time - proposedAt)
                (count, proposedAt) = (proposed, time)
            }
        }
        #expect(pauses.dropFirst(2).first.map { $0 < .milliseconds(400) } == true, "\(pauses)")
        #expect(pauses.last.map { $0 > .milliseconds(1_660) && $0 < .milliseconds(1_680) } == true, "\(pauses)")
        // Its followers' timers are five times as long well before that.
        #expect(pauses.filter { $0 < .milliseconds(400) }.count >= 16)
    }

    @Test func aFactorOutOfItsBoundsCountsAsTheNearestWithin() throws {
        struct Endless: ViewDuration {
            let idleFactor = Int.max
            func duration(of view: View, timeoutsSinceCommit timeouts: Int) -> Duration { .seconds(1) }
        }
        let genesis = try OneReplica().genesis
        var configuration = EngineConfiguration(
            genesis: genesis, chainID: genesis.chainID, key: genesis.validators.members[3].key)
        configuration.viewDuration = Endless()
        var consensus = Consensus(
            configuration: configuration, recovered: MemoryLog(genesis: genesis).recovered(mayVote: true), nonce: nil,
            now: .zero)
        consensus.nudgesInARow = 8
        consensus.start()
        #expect(consensus.timer.expiry == Timestamp.zero + .seconds(100))
    }
}
