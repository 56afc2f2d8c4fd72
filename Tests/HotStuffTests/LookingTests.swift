import Testing

@testable import HotStuff

@Suite("Looking at a replica", .timeLimit(.minutes(1)))
struct LookingTests {
    @Test("a reader that is too slow is told how many events it missed, in their place")
    func missedEvents() async {
        let hub = EventHub(limit: 3)
        let reader = hub.newReader()
        for view in 0..<5 { hub.tell(.viewSuspected(View(UInt64(view)))) }
        #expect(await views(of: reader, 1) == ["0"])
        hub.tell(.viewSuspected(View(9)))
        hub.end()
        #expect(await views(of: reader, 4) == ["1", "2", "missed 2", "9"])
        #expect(await reader.next() == nil)
    }

    @Test("what was missed is told also when nothing comes after it")
    func missedAtTheEnd() async {
        let hub = EventHub(limit: 1)
        let reader = hub.newReader()
        for view in 0..<3 { hub.tell(.viewSuspected(View(UInt64(view)))) }
        #expect(await views(of: reader, 2) == ["0", "missed 2"])
        hub.end()
        #expect(await reader.next() == nil)
    }

    @Test("events tell of a block from its proposal to its execution")
    func lifeOfABlock() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        let events = replica.events
        try await replica.start()
        var told: Set<String> = []
        let wanted: Set<String> = [
            "leading", "proposalMade", "proposed", "voted", "certified", "committed", "executed",
        ]
        for await event in events {
            switch event {
            case .leading: told.insert("leading")
            case .proposalMade: told.insert("proposalMade")
            case .proposed: told.insert("proposed")
            case .voted: told.insert("voted")
            case .certified: told.insert("certified")
            case .committed: told.insert("committed")
            case .executed: told.insert("executed")
            default: break
            }
            if told == wanted { break }
        }
        try await replica.stop()
        #expect(told == wanted)
    }

    @Test("commits are lossless across a restart: none missed, none twice")
    func commitsAcrossRestart() async throws {
        let network = try Network(1)
        let first = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        let commits = first.commits(after: nil)  // asked for before the start
        try await first.start()
        var heights: [UInt64] = []
        var last: LogPosition?
        for try await (position, _) in commits {
            heights.append(position.height.rawValue)
            last = position
            if heights.count == 100 { break }
        }
        try await first.stop()

        let second = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await second.start()
        for try await (position, _) in second.commits(after: last) {
            heights.append(position.height.rawValue)
            if heights.count == 200 { break }
        }
        try await second.stop()
        #expect(heights == Array(1...200))
    }

    @Test("commits after a position of another log are refused")
    func foreignPosition() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        try await replica.start()
        let foreign = LogPosition(height: Height(1), block: .zero)
        var commits = replica.commits(after: foreign).makeAsyncIterator()
        do {
            _ = try await commits.next()
            Issue.record("a foreign position was taken")
        } catch let error as ReplicaError {
            #expect(error.code == .wrongChain)
        }
        try await replica.stop()
    }

    @Test("the status tells phase, role and port")
    func status() async throws {
        let network = try Network(1)
        let replica = try Replica(configuration: network.configurations[0]) { _ in Adder(Probe()) }
        #expect(replica.status.phase == .idle)
        try await replica.start()
        for await _ in replica.tenures { break }
        try await replica.waitForPayloads(1)
        #expect(replica.status.phase == .running)
        #expect(replica.status.listeningPort == network.configurations[0].listen.port)
        #expect(replica.status.leader == network.configurations[0].identity.key)
        try await replica.stop()
        #expect(replica.status.phase == .stopped)
    }

    private func views(of reader: EventReader, _ count: Int) async -> [String] {
        var texts: [String] = []
        while texts.count < count, let event = await reader.next() {
            switch event {
            case .viewSuspected(let view): texts.append("\(view)")
            case .missed(let count): texts.append("missed \(count)")
            default: texts.append("another")
            }
        }
        return texts
    }
}
