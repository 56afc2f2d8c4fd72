import Testing

@testable import HotStuffCore

/// Protocol §8, *Blocks by hash*: of whom a replica asks what it misses.
struct MissingBlocksTests {
    /// A chain of blocks of view 0, lowest first.
    private func chain(_ replica: OneReplica, of count: Int) -> [Block] {
        var chain: [Block] = []
        for _ in 0..<count { chain.append(replica.block(on: chain.last)) }
        return chain
    }

    /// Whom the replica has asked for which block, oldest first.
    private func asked(_ replica: OneReplica) -> [Asked] {
        replica.sent.compactMap { message, peers in
            guard case .blockRequest(let request) = message, let block = request.hashes.first,
                let peer = (0..<3).first(where: { [replica.key($0)] == peers })
            else { return nil }
            return Asked(block: block, peer: peer)
        }
    }

    private struct Asked: Equatable {
        let block: Digest
        let peer: Int
    }

    private func learn(of block: Block, _ replica: inout OneReplica) {
        replica.receive(.certificate(replica.certificate(on: block)), from: 1)
    }

    @Test func theLeaderIsAskedFirst() throws {
        var replica = try OneReplica()
        let block = replica.block()
        learn(of: block, &replica)
        #expect(asked(replica) == [Asked(block: block.hash, peer: 0)])
    }

    @Test func aLeaderThatNeverAnswersIsNotAskedForEverThoughWhatIsMissingChanges() throws {
        var replica = try OneReplica()
        for (number, block) in chain(replica, of: 4).enumerated() {
            replica.advance(to: .milliseconds(200 * number))
            learn(of: block, &replica)
        }
        #expect(asked(replica).map(\.peer) == [0, 0, 0, 1, 1])
    }

    @Test func whoHasAnsweredIsAskedAgainInsteadOfTheLeader() throws {
        var replica = try OneReplica()
        let chain = chain(replica, of: 2)
        learn(of: chain[0], &replica)
        replica.advance(to: .milliseconds(500))
        replica.receive(.blocks(BlocksAnswer(blocks: [chain[0]], unknown: [])), from: 1)
        learn(of: chain[1], &replica)
        #expect(
            asked(replica) == [
                Asked(block: chain[0].hash, peer: 0), Asked(block: chain[0].hash, peer: 1),
                Asked(block: chain[1].hash, peer: 1),
            ])
    }

    @Test func whoAnswersWithAPartIsNotTheOnlyOneAsked() throws {
        var replica = try OneReplica()
        let chain = chain(replica, of: 4)
        learn(of: chain[3], &replica)
        replica.receive(.blocks(BlocksAnswer(blocks: [chain[3]], unknown: [])), from: 0)
        replica.receive(.blocks(BlocksAnswer(blocks: [chain[2]], unknown: [])), from: 1)
        #expect(
            asked(replica) == [
                Asked(block: chain[3].hash, peer: 0), Asked(block: chain[2].hash, peer: 1),
                Asked(block: chain[1].hash, peer: 2),
            ])
    }

    @Test func theNextViewsLeaderIsAskedFirst() throws {
        var replica = try OneReplica()
        let chain = chain(replica, of: 2)
        learn(of: chain[0], &replica)
        replica.advance(to: .milliseconds(500))
        replica.receive(.blocks(BlocksAnswer(blocks: [chain[0]], unknown: [])), from: 1)
        let next = replica.block(on: chain[1], view: 2, index: 0)
        learn(of: next, &replica)
        #expect(asked(replica).last == Asked(block: next.hash, peer: 2))
    }
}

/// Protocol §8, *Committed runs*: a replica that is behind takes in one after the other.
struct CommittedRunTests {
    private func requests(_ replica: OneReplica) -> [Height] {
        replica.sent.compactMap { if case .commitRequest(let request) = $0.message { request.from } else { nil } }
    }

    /// A replica that knows of a peer that is ahead, and the chain that it misses.
    private func behind(by count: Int) throws -> (OneReplica, [Block]) {
        var replica = try OneReplica()
        var chain = [replica.block()]
        while chain.count <= count {
            let last = chain[chain.count - 1]
            chain.append(replica.block(on: last, justify: replica.certificate(on: last)))
        }
        let hello = Hello(
            chainID: replica.genesis.chainID, versions: 1...1, epoch: Epoch(0), view: View(0), entry: nil,
            highQC: replica.root, committed: Height(UInt64(count)), firstHeight: Height(1), subscribes: false)
        replica.receive(.hello(hello), from: 1)
        return (replica, chain)
    }

    /// A run of the chain that ends with the block at this place.
    private func run(_ replica: OneReplica, _ chain: [Block], _ places: ClosedRange<Int>) -> Message {
        let last = chain[places.upperBound + 1]
        let proof = CommitProof(headers: [last.header], certificate: replica.certificate(on: last))
        return .commits(.run(proof: proof, blocks: chain[places].reversed()))
    }

    @Test func theNextOneIsAskedForWhileTheOneBeforeIsWritten() throws {
        var (replica, chain) = try behind(by: 9)
        #expect(requests(replica) == [Height(1)])
        replica.receive(run(replica, chain, 0...1), from: 1)
        #expect(requests(replica) == [1, 3].map { Height($0) })
    }

    @Test func notMoreThanTwoWaitToBeWritten() throws {
        var (replica, chain) = try behind(by: 9)
        replica.receive(run(replica, chain, 0...1), from: 1)
        replica.receive(run(replica, chain, 2...3), from: 1)
        #expect(requests(replica) == [1, 3].map { Height($0) })
        replica.advance(to: .seconds(60))
        #expect(requests(replica) == [1, 3].map { Height($0) }, "nobody is late but this replica")
        replica.sync()
        #expect(requests(replica) == [1, 3, 5].map { Height($0) })
        #expect(replica.committed == chain[0...3].map(\.hash))
    }

    @Test func aRunThatComesTwiceEndsNothing() throws {
        var (replica, chain) = try behind(by: 9)
        for _ in 0..<2 { replica.receive(run(replica, chain, 0...1), from: 1) }
        replica.receive(run(replica, chain, 2...3), from: 1)
        replica.sync()
        #expect(requests(replica) == [1, 3, 5].map { Height($0) })
    }

    @Test func aPeerThatAnswersWithWhatIsKnownIsReplacedInTime() throws {
        var (replica, chain) = try behind(by: 9)
        replica.receive(run(replica, chain, 0...1), from: 1)
        replica.advance(to: .seconds(3))
        replica.receive(run(replica, chain, 0...1), from: 1)
        replica.advance(to: .seconds(4))
        #expect(replica.consensus.catchUp?.peer == replica.key(2))
    }

    @Test func aRunThatIsKnownByTheTimeItComesIsFollowedByTheNext() throws {
        var (replica, chain) = try behind(by: 9)
        replica.receive(run(replica, chain, 0...3), from: 2)
        #expect(requests(replica) == [Height(1)], "it was not asked")
        replica.receive(run(replica, chain, 0...1), from: 1)
        #expect(requests(replica) == [1, 5].map { Height($0) })
    }

    @Test func runsThatNobodyAskedForDoNotPileUp() throws {
        var (replica, chain) = try behind(by: 9)
        for place in 0..<6 { replica.receive(run(replica, chain, place...place), from: 2) }
        #expect(replica.consensus.tree.root.height == Height(2))
        replica.receive(run(replica, chain, 0...3), from: 1)
        #expect(replica.consensus.tree.root.height == Height(4), "this one was asked for")
        #expect(requests(replica) == [Height(1)])
        replica.sync()
        #expect(requests(replica) == [1, 5].map { Height($0) })
    }

    @Test func whoDoesNotAnswerIsReplacedWhileARunIsWritten() throws {
        var (replica, chain) = try behind(by: 9)
        replica.receive(run(replica, chain, 0...1), from: 1)
        replica.advance(to: .seconds(4))
        #expect(requests(replica) == [1, 3, 3].map { Height($0) })
        #expect(replica.consensus.catchUp?.peer == replica.key(2))
        replica.sync()
        #expect(requests(replica) == [1, 3, 3].map { Height($0) }, "one request at a time")
    }
}

/// Protocol §8: how a listener learns what it is not told.
struct ListenerTests {
    private func commitRequests(_ replica: OneReplica) -> [ValidatorKey] {
        replica.sent.flatMap { sent -> [ValidatorKey] in
            if case .commitRequest = sent.message { sent.to } else { [] }
        }
    }

    @Test func aListenerThatHearsNothingNewAsksOneAfterTheOther() throws {
        var replica = try OneReplica(listens: true)
        replica.advance(to: .milliseconds(999))
        #expect(commitRequests(replica) == [])
        for second in 1...4 {
            replica.advance(to: .seconds(second))
            let asked = try #require(replica.consensus.catchUp?.peer)
            let sender = try #require((0..<3).first { replica.key($0) == asked })
            replica.receive(.commits(.nothing(committed: .genesis)), from: sender)
        }
        #expect(commitRequests(replica) == [0, 1, 2, 0].map { replica.key($0) })
    }

    @Test func aNewCertificateIsWordEnough() throws {
        var replica = try OneReplica(listens: true)
        let block = replica.block()
        replica.propose(block)
        replica.advance(to: .milliseconds(900))
        replica.receive(.certificate(replica.certificate(on: block)))
        replica.advance(to: .milliseconds(1_800))
        #expect(commitRequests(replica) == [])
        #expect(replica.suspicions == [])
    }
}
