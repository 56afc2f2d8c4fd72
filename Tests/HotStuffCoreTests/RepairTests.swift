import Testing

@testable import HotStuffCore

/// Protocol §8, *Damaged blocks*: how a replica comes by a block that its log has lost.
struct RepairTests {
    private func requests(_ replica: OneReplica) -> [(request: BlockRequest, to: [ValidatorKey])] {
        replica.sent.compactMap { message, to in
            if case .blockRequest(let request) = message { (request, to) } else { nil }
        }
    }

    /// A replica that has found two of its blocks damaged, and those.
    private func damaged() throws -> (replica: OneReplica, blocks: [Block]) {
        var replica = try OneReplica()
        let first = replica.block()
        let blocks = [first, replica.block(on: first)]
        for block in blocks { replica.consensus.repair(block.position) }
        replica.advance(to: .zero)
        return (replica, blocks)
    }

    @Test func itAsksOnePeerByHashForTheBlocksAlone() throws {
        let (replica, blocks) = try damaged()
        let asked = requests(replica)
        #expect(asked.map(\.request.hashes) == [blocks.map(\.hash)])
        #expect(asked.map(\.to) == [[replica.key(0)]])
        #expect(asked[0].request.ancestorsAbove == Height(.max))
    }

    @Test func whatComesIsWrittenAndTheSamePeerIsAskedForTheRest() throws {
        var (replica, blocks) = try damaged()
        replica.receive(.blocks(BlocksAnswer(blocks: [blocks[1]], unknown: [])), from: 0)
        #expect(replica.written == [blocks[1].hash])
        #expect(requests(replica).last?.request.hashes == [blocks[0].hash])
        #expect(requests(replica).last?.to == [replica.key(0)])
        replica.receive(.blocks(BlocksAnswer(blocks: [blocks[0]], unknown: [])), from: 2)
        #expect(replica.written == Set(blocks.map(\.hash)))
        replica.advance(to: .seconds(500))
        #expect(requests(replica).count == 2)
    }

    @Test func anotherBlockIsNotTaken() throws {
        var (replica, blocks) = try damaged()
        let other = replica.block(payload: Payload(bytes: [7]))
        replica.receive(.blocks(BlocksAnswer(blocks: [other], unknown: [])), from: 0)
        #expect(replica.written == [])
        #expect(replica.consensus.damaged.wanted == blocks.map(\.position))
    }

    @Test func whoDoesNotHaveItIsFollowedByTheNextAndARoundByAPause() throws {
        var (replica, blocks) = try damaged()
        for peer in 0..<3 {
            replica.receive(.blocks(BlocksAnswer(blocks: [], unknown: blocks.map(\.hash))), from: peer)
        }
        #expect(requests(replica).map(\.to) == (0..<3).map { [replica.key($0)] })
        #expect(!replica.events.contains(.repairWaits(blocks[0].position)))
        replica.advance(to: .seconds(2))
        #expect(replica.events.filter { $0 == .repairWaits(blocks[0].position) }.count == 1)
        #expect(requests(replica).count == 4)
        replica.advance(to: .milliseconds(5_999))
        #expect(requests(replica).count == 4)
        replica.advance(to: .seconds(6))
        #expect(requests(replica).count == 5)
    }

    @Test func whatWasPrunedIsNotWantedAnyMore() throws {
        var (replica, blocks) = try damaged()
        replica.consensus.pruned(below: Height(2))
        #expect(replica.consensus.damaged.wanted == [blocks[1].position])
    }

    @Test func anAnswerToARepairIsNoAnswerToWhatConsensusMisses() throws {
        var (replica, blocks) = try damaged()
        let missing = replica.block(on: replica.block(payload: Payload(bytes: [9])))
        replica.receive(.certificate(replica.certificate(on: missing)), from: 1)
        let asked = requests(replica).count
        replica.receive(.blocks(BlocksAnswer(blocks: [], unknown: blocks.map(\.hash))), from: 0)
        #expect(requests(replica).count == asked + 1)
        #expect(requests(replica).last?.request.hashes == blocks.map(\.hash))
        #expect(replica.consensus.fetch?.wanted == missing.position)
    }

    /// A replica that has voted for the last of three blocks, and starts again without those at `lost`.
    private func restarted(without lost: Set<Int>) throws -> (replica: OneReplica, blocks: [Block]) {
        var first = try OneReplica()
        var blocks: [Block] = []
        for _ in 0..<3 { blocks.append(first.block(on: blocks.last)) }
        first.propose(blocks[0], blocks[1], blocks[2])
        first.sync()
        let record = try #require(first.records.last)
        let held = blocks.enumerated().filter { !lost.contains($0.offset) }.map(\.element)
        return (try OneReplica(record: record, blocks: held), blocks)
    }

    @Test(arguments: [0, 1, 2])
    func aVoteThatSpeaksForALostBlockIsNotSentAgain(lost: Int) throws {
        let (replica, _) = try restarted(without: [lost])
        #expect(replica.votes == [])
        let (whole, blocks) = try restarted(without: [])
        #expect(whole.votes == [blocks[2].hash])
    }

    @Test func theNextVoteWritesWhatWasLostBelowIt() throws {
        var (replica, blocks) = try restarted(without: [0])
        let next = replica.block(on: blocks[2])
        replica.propose(next)
        replica.receive(.blocks(BlocksAnswer(blocks: [blocks[0]], unknown: [])), from: 0)
        #expect(replica.written == Set((blocks + [next]).map(\.hash)))
        replica.sync()
        #expect(replica.votes == [next.hash])
    }
}

/// Protocol §8: peers that no longer have what a replica needs.
struct PrunedPeersTests {
    private func hello(_ replica: OneReplica, committed: UInt64, firstHeight: UInt64) -> Message {
        .hello(
            Hello(
                chainID: replica.genesis.chainID, versions: 1...1, epoch: Epoch(0), view: View(0), entry: nil,
                highQC: replica.root, committed: Height(committed), firstHeight: Height(firstHeight),
                subscribes: false))
    }

    private func asked(_ replica: OneReplica) -> [ValidatorKey] {
        replica.sent.flatMap { message, to -> [ValidatorKey] in
            if case .commitRequest = message { to } else { [] }
        }
    }

    private func outOfReach(_ replica: OneReplica) -> [EngineEvent] {
        replica.events.filter { if case .outOfReach = $0 { true } else { false } }
    }

    @Test func theNextPeerIsAskedAndOnceAllHavePrunedItSaysSoAndRests() throws {
        var replica = try OneReplica()
        for peer in 0..<2 { replica.receive(hello(replica, committed: 90, firstHeight: 1), from: peer) }
        replica.receive(hello(replica, committed: 90, firstHeight: 40), from: 2)
        #expect(asked(replica) == [replica.key(0)])
        replica.receive(.commits(.prunedBelow(Height(50))), from: 0)
        #expect(asked(replica) == [0, 1].map { replica.key($0) })
        #expect(outOfReach(replica) == [])
        replica.receive(.commits(.prunedBelow(Height(60))), from: 1)
        #expect(outOfReach(replica) == [.outOfReach(needed: Height(1), lowest: Height(40))])
        #expect(replica.events.filter { if case .peerPruned = $0 { true } else { false } }.count == 3)

        replica.receive(.certificate(replica.certificate(on: replica.block(on: replica.block()))), from: 1)
        replica.advance(to: .seconds(900))
        #expect(asked(replica).count == 2)
        #expect(outOfReach(replica).count == 1)
        #expect(!replica.sent.contains { if case .blockRequest = $0.message { true } else { false } })
    }

    @Test func aPeerThatConnectsAndKeepsMoreIsAsked() throws {
        var replica = try OneReplica()
        for peer in 0..<3 { replica.receive(hello(replica, committed: 90, firstHeight: 40), from: peer) }
        #expect(asked(replica) == [])
        #expect(outOfReach(replica).count == 1)
        replica.consensus.disconnect(replica.key(1))
        replica.consensus.connect(replica.key(1))
        replica.receive(hello(replica, committed: 95, firstHeight: 1), from: 1)
        #expect(asked(replica) == [replica.key(1)])
        #expect(!replica.consensus.isOutOfReach)
    }

    @Test func itSaysItselfWhereItsLogBegins() throws {
        var replica = try OneReplica()
        replica.consensus.pruned(below: Height(7))
        replica.consensus.connect(replica.key(0))
        replica.advance(to: .zero)
        let told = replica.sent.compactMap { if case .hello(let hello) = $0.message { hello.firstHeight } else { nil } }
        #expect(told == [Height(1), Height(1), Height(1), Height(7)])
    }
}
