import Foundation
import HotStuff
import Testing

@testable import HotStuff

@Suite("Work that is not wanted any more", .timeLimit(.minutes(1)))
struct UnwantedWorkTests {
    private enum Stage: CaseIterable { case together, apart, back }

    @Test("a machine that asks gives a long proposal up once another's blocks have committed")
    func givesUp() async throws {
        let network = try Network(4)
        let place = try #require(network.configurations.firstIndex { $0.isFirstLeader })
        var configuration = network.configurations[place]
        configuration.pacemaker = .byHand
        let thoughts = Watched(Deliberate.Thoughts())
        let leader = try Replica(configuration: configuration) { Deliberate($0, thoughts) }
        try await leader.start()

        // With the others it comes to lead, and its machine to think. Then it does not hear them: they go on without it,
        // and commit blocks of their own, of which it hears when they are back.
        for stage in Stage.allCases {
            let probes = (0..<3).map { _ in Probe() }
            let others = try zip(network.others(than: place, atOtherAddresses: stage == .apart), probes).map { entry in
                try Replica(configuration: entry.0) { _ in Adder(entry.1) }
            }
            for replica in others { try await replica.start() }
            switch stage {
            case .together: await thoughts.waitToTheEnd { $0.begun > 0 ? () : nil }
            case .apart: for probe in probes { await probe.waitForCommits(3) }
            case .back: await thoughts.waitToTheEnd { $0.givenUp + $0.finished > 0 ? () : nil }
            }
            for replica in others { try await replica.stop() }
        }

        let seen = thoughts.value
        #expect(seen.finished == 0, "it would have thought for a minute")
        #expect(seen.givenUp >= 1)
        try await leader.stop()
    }
}

/// Adds, but thinks for a minute before each block, unless the block is not wanted any more.
private struct Deliberate: StateMachine {
    struct Thoughts {
        var begun = 0
        var givenUp = 0
        var finished = 0
    }

    private var adder = Adder(Probe())
    private let context: StateMachineContext
    private let thoughts: Watched<Thoughts>

    init(_ context: StateMachineContext, _ thoughts: Watched<Thoughts>) {
        self.context = context
        self.thoughts = thoughts
    }

    mutating func propose() throws -> UInt64? {
        thoughts.update { $0.begun += 1 }
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            guard context.isProposalWanted else {
                thoughts.update { $0.givenUp += 1 }
                return nil
            }
            Thread.sleep(forTimeInterval: 0.001)  // lint:allow sleep — stands in for computing
        }
        thoughts.update { $0.finished += 1 }
        return try adder.propose()
    }

    static func encode(_ step: UInt64) -> Payload { Adder.encode(step) }
    static func decode(_ payload: Payload) -> UInt64? { Adder.decode(payload) }
    mutating func execute(_ step: UInt64) throws { try adder.execute(step) }
    mutating func commit(_ position: LogPosition) throws { try adder.commit(position) }
    mutating func rollBack() throws { try adder.rollBack() }
    var stateDigest: Digest? { adder.stateDigest }
}
