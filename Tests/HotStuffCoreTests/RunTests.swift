import Testing

@testable import HotStuffCore

/// Protocol §3: which blocks leave together.
struct RunTests {
    /// A leader of view 3 whose first block is certified, and so is the nudge that commits it.
    private func leader() throws -> OneReplica {
        var replica = try OneReplica.entered(view: 3)
        try certifyNewest(&replica)
        try certifyNewest(&replica)
        return replica
    }

    /// The others vote for the newest block that has left.
    private func certifyNewest(_ replica: inout OneReplica) throws {
        let block = try #require(replica.proposals.last?.last)
        for signer in 0..<3 { replica.receive(replica.vote(by: signer, for: block), from: signer) }
        #expect(replica.consensus.record.highQC.block == block.hash)
    }

    /// How many blocks each run with a payload has.
    private func runs(_ replica: OneReplica) -> [Int] {
        replica.proposals.filter { $0.contains { !$0.isNudge } }.map(\.count)
    }

    @Test func blocksThatComeFastShareARunWhileOneIsUnderWay() throws {
        var replica = try leader()
        for number in 1...5 { replica.lead(with: UInt8(number), at: .milliseconds(number)) }
        #expect(runs(replica) == [1, 4], "half a window of 8: another run may be under way meanwhile")
    }

    @Test func aRunWaitsFiveMillisecondsForMore() throws {
        var replica = try leader()
        for number in 1...2 { replica.lead(with: UInt8(number), at: .milliseconds(number)) }
        replica.advance(to: .microseconds(6_999))
        #expect(runs(replica) == [1])
        replica.advance(to: .milliseconds(7))
        #expect(runs(replica) == [1, 1])
    }

    @Test func aBlockLeavesAtOnceWhereNoneIsUnderWay() throws {
        var replica = try leader()
        for number in 1...4 {
            replica.lead(with: UInt8(number), at: .milliseconds(number))
            #expect(runs(replica).count == number)
            try certifyNewest(&replica)
        }
    }

    @Test func aRunThatWaitsLeavesWithTheNextBlockOnceNoneIsUnderWay() throws {
        var replica = try leader()
        for number in 1...2 { replica.lead(with: UInt8(number), at: .milliseconds(number)) }
        try certifyNewest(&replica)
        #expect(runs(replica) == [1])
        replica.lead(with: 3, at: .milliseconds(3))
        #expect(runs(replica) == [1, 2])
        #expect(replica.proposals.last?.last?.header.justify.height == replica.consensus.record.highQC.height)
    }

    @Test func orWithoutOneIfNoneComesAtTheUsualPace() throws {
        var replica = try leader()
        for number in 1...2 { replica.lead(with: UInt8(number), at: .milliseconds(number)) }
        try certifyNewest(&replica)
        replica.advance(to: .milliseconds(3))
        #expect(runs(replica) == [1, 1])
    }

    /// Nine blocks at a millisecond each from 1 ms on: the first leaves at once, then four and four.
    @Test func aRunThatCarriesACertificateWaitsHalfAsLong() throws {
        var replica = try leader()
        for number in 1...5 { replica.lead(with: UInt8(number), at: .milliseconds(number)) }
        replica.lead(with: 6, at: .milliseconds(6))
        #expect(runs(replica) == [1, 4])
        let first = try #require(replica.proposals.first { $0.contains { !$0.isNudge } }?.last)
        for signer in 0..<3 { replica.receive(replica.vote(by: signer, for: first), from: signer) }
        replica.lead(with: 7, at: .milliseconds(7))
        #expect(runs(replica) == [1, 4, 2])
        #expect(replica.proposals.last?.last?.header.justify.block == first.hash)
    }

    @Test func slowBlocksLeaveOneByOne() throws {
        var replica = try leader()
        for number in 1...4 { replica.lead(with: UInt8(number), at: .milliseconds(6 * number)) }
        #expect(runs(replica) == [1, 1, 1, 1])
    }
}
