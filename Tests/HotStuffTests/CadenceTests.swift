import Testing

@testable import HotStuff

@Suite("Pacemakers, in virtual time", .timeLimit(.minutes(1)))
struct CadenceTests {
    @Test("a cadence with an interval proposes once in each")
    func interval() async {
        let proposer = ScriptedProposer()
        let pacing = proposer.begin(.every(.milliseconds(50)))
        await proposer.time.run(until: 220)
        #expect(await proposer.end(pacing, calls: 5) == [0, 50, 100, 150, 200].map { .payload($0) })
    }

    @Test("an interval in which there was nothing to propose is not made up for")
    func missedInterval() async {
        let proposer = ScriptedProposer(emptyUntil: 130)
        let pacing = proposer.begin(.every(.milliseconds(50)))
        await proposer.time.run(until: 240)
        #expect(await proposer.end(pacing, calls: 3) == [130, 180, 230].map { .payload($0) })
    }

    @Test("a heartbeat shows that an idle leader is there, and payloads follow it at once")
    func heartbeat() async {
        let proposer = ScriptedProposer(emptyUntil: 70)
        let pacing = proposer.begin(Cadence(interval: .milliseconds(100), heartbeat: .milliseconds(30)))
        await proposer.time.run(until: 175)
        #expect(await proposer.end(pacing, calls: 4) == [.nudge(30), .nudge(60), .payload(70), .payload(100)])
    }

    @Test("a lead at its limit waits for the quorum, and asks it how far it is now and then")
    func lead() async {
        let proposer = ScriptedProposer(roomFrom: 120)
        let pacing = proposer.begin(Cadence(interval: .milliseconds(100), lead: LeadLimit(blocks: 1)))
        await proposer.time.run(until: 120, waiters: 2)
        #expect(await proposer.end(pacing, calls: 3) == [.nudge(50), .nudge(100), .payload(120)])
    }

    @Test("a lead limited in time keeps payloads apart by three quarters of a quorum's pace")
    func spacing() async {
        let proposer = ScriptedProposer(quorumPace: .milliseconds(120))
        let pacing = proposer.begin(Cadence(lead: LeadLimit(time: .seconds(1))))
        await proposer.time.run(until: 200)
        #expect(await proposer.end(pacing, calls: 3) == [0, 90, 180].map { .payload($0) })
    }

    @Test("on demand, as many blocks are proposed as are asked for, also if that was before the view")
    func demand() async {
        let proposer = ScriptedProposer()
        let demand = Demand()
        demand.ask()
        demand.ask()
        let pacing = proposer.begin(.onDemand(demand))
        #expect(await proposer.waitForCalls(2) == [.payload(0), .payload(0)])
        demand.ask()
        #expect(await proposer.end(pacing, calls: 3).count == 3)
        #expect(demand.count == 0)
    }

    @Test("what is asked for on demand and not proposed in one view is proposed in the next")
    func demandOverViews() async {
        let demand = Demand()
        demand.ask()
        let proposer = ScriptedProposer(emptyUntil: 1_000)
        let pacing = proposer.begin(.onDemand(demand))
        await proposer.time.run(until: 100)
        #expect(await proposer.end(pacing, calls: 0).isEmpty)
        #expect(demand.count == 1)
        let next = ScriptedProposer()
        let nextPacing = next.begin(.onDemand(demand))
        #expect(await next.end(nextPacing, calls: 1) == [.payload(0)])
    }
}

@Suite("The lead over a quorum")
struct LeadBookTests {
    private func milliseconds(_ number: UInt64) -> Timestamp { Timestamp(nanoseconds: number * 1_000_000) }

    private func book(_ heights: ClosedRange<UInt64>, bytes: Int = 100) -> LeadBook {
        var book = LeadBook()
        for height in heights { book.proposed(Height(height), bytes: bytes) }
        return book
    }

    @Test("blocks and bytes count from their proposal until a quorum has made them final")
    func blocksAndBytes() {
        var book = book(1...3)
        #expect(book.hasRoom(within: LeadLimit()))
        #expect(!book.hasRoom(within: LeadLimit(blocks: 3)))
        #expect(book.hasRoom(within: LeadLimit(blocks: 4)))
        #expect(!book.hasRoom(within: LeadLimit(size: .bytes(300))))
        book.finished(upTo: Height(1), isBehind: false, at: milliseconds(1))
        #expect(book.hasRoom(within: LeadLimit(blocks: 3, size: .bytes(300))))
        book.proposed(Height(2), bytes: 100)  // a run that is repeated
        #expect(book.blocks == 2)
    }

    @Test("with nothing ahead there is room for one block, however small the limit")
    func nothingAhead() {
        var book = book(1...1)
        book.finished(upTo: Height(1), isBehind: false, at: .zero)
        #expect(book.hasRoom(within: LeadLimit(blocks: 1, size: .bytes(0), time: .zero)))
    }

    @Test("the lead in time is what a quorum takes for what is ahead, at its pace while blocks waited for it")
    func time() {
        var book = book(1...8)
        let limit = LeadLimit(time: .milliseconds(250))
        #expect(!book.hasRoom(within: limit))  // nothing is known of the pace
        book.finished(upTo: Height(2), isBehind: true, at: milliseconds(1_000))
        #expect(book.pace == nil)
        book.finished(upTo: Height(4), isBehind: true, at: milliseconds(1_200))
        #expect(book.pace == .milliseconds(100))
        #expect(!book.hasRoom(within: limit))  // 4 blocks are 400 ms
        book.finished(upTo: Height(6), isBehind: true, at: milliseconds(1_400))
        #expect(book.hasRoom(within: limit))
        book.finished(upTo: Height(8), isBehind: true, at: milliseconds(1_600))
        book.proposed(Height(9), bytes: 1)
        book.finished(upTo: Height(9), isBehind: true, at: milliseconds(9_000))  // it was idle meanwhile
        #expect(book.pace == .milliseconds(100))
    }

    @Test("a pace that varies is taken for its average, and not for a slower one")
    func varying() {
        var book = book(1...99)
        book.finished(upTo: Height(1), isBehind: true, at: milliseconds(100))
        book.finished(upTo: Height(2), isBehind: true, at: milliseconds(180))
        book.finished(upTo: Height(3), isBehind: true, at: milliseconds(340))
        #expect(book.pace == .milliseconds(100))  // a quarter of the way from 80 to 160
        book.finished(upTo: Height(4), isBehind: true, at: milliseconds(400))
        #expect(book.pace == .milliseconds(90))  // a quarter of the way to 60
    }

    @Test("a stall does not count for more than twice the pace that was known")
    func stall() {
        var book = book(1...9)
        book.finished(upTo: Height(1), isBehind: true, at: milliseconds(100))
        book.finished(upTo: Height(2), isBehind: true, at: milliseconds(150))
        book.finished(upTo: Height(3), isBehind: true, at: milliseconds(60_000))
        #expect(book.pace == .microseconds(62_500))
    }

    @Test("what comes in a burst is measured together")
    func bursts() {
        var book = book(1...20)
        book.finished(upTo: Height(1), isBehind: true, at: milliseconds(100))
        for height in 2..<UInt64(10) {
            book.finished(upTo: Height(height), isBehind: true, at: milliseconds(139))
            #expect(book.pace == nil)
        }
        book.finished(upTo: Height(11), isBehind: true, at: milliseconds(140))
        #expect(book.pace == .milliseconds(4))
    }

    @Test("a quorum for which nothing waits may be faster, and is taken to be so by a little more each time")
    func nothingWaits() {
        var book = book(1...40)
        let limit = LeadLimit(time: .milliseconds(500))
        book.finished(upTo: Height(1), isBehind: false, at: milliseconds(1_000))
        book.finished(upTo: Height(2), isBehind: false, at: milliseconds(1_080))
        #expect(book.pace == .milliseconds(80))  // at least as fast as that
        #expect(!book.hasRoom(within: limit))
        for height in 3..<UInt64(20) {
            book.finished(upTo: Height(height), isBehind: false, at: milliseconds(1_000 + 80 * height))
        }
        #expect(book.hasRoom(within: limit))
        book.finished(upTo: Height(20), isBehind: true, at: milliseconds(9_000))
        #expect(book.pace.map { $0 < .milliseconds(20) } ?? false)  // nothing had waited before
    }

    @Test("a new view forgets what may never commit, and keeps the pace")
    func newView() {
        var book = book(1...4)
        book.finished(upTo: Height(1), isBehind: true, at: milliseconds(10))
        book.finished(upTo: Height(2), isBehind: true, at: milliseconds(60))
        book.forget()
        #expect(book.blocks == 0)
        #expect(book.pace == .milliseconds(50))
        book.proposed(Height(2), bytes: 1)
        #expect(book.blocks == 1)
    }
}

/// A proposer that does nothing but note when it was asked.
private final class ScriptedProposer: Proposer {
    /// What it was asked for, and when, in milliseconds.
    enum Call: Equatable, Sendable {
        case payload(UInt64)
        case nudge(UInt64)
    }

    let time = VirtualTime()
    private let noted = Watched<[Call]>([])
    private let emptyUntil: UInt64
    private let roomFrom: UInt64
    let quorumPace: Duration?

    init(emptyUntil: UInt64 = 0, roomFrom: UInt64 = 0, quorumPace: Duration? = nil) {
        self.emptyUntil = emptyUntil
        self.roomFrom = roomFrom
        self.quorumPace = quorumPace
    }

    var calls: [Call] { noted.value }
    var clock: ReplicaClock { time.clock }
    var tenures: Tenures { Tenures(Watched(TenureBoard())) }

    /// Lets a pacemaker pace a view.
    func begin(_ pacemaker: any Pacemaker) -> Task<Void, any Error> {
        Task { try await pacemaker.pace(Tenure(epoch: Epoch(0), view: View(0)), self) }
    }

    /// Loses the view once it was asked so often; what it was asked for.
    func end(_ pacing: Task<Void, any Error>, calls count: Int) async -> [Call] {
        _ = await waitForCalls(count)
        pacing.cancel()
        _ = await pacing.result
        return calls
    }

    func waitForCalls(_ count: Int) async -> [Call] {
        await noted.waitToTheEnd { $0.count >= count ? $0 : nil }
    }

    func doPropose(waitingUpTo limit: Duration?, ifEmpty policy: EmptyBufferPolicy) async throws -> Proposed {
        let deadline = limit.map { clock.now + $0 } ?? Timestamp(nanoseconds: .max)
        let filled = Timestamp(nanoseconds: emptyUntil * 1_000_000)
        try await clock.wait(until: min(deadline, filled))
        return note(filled <= clock.now)
    }

    func doEmptyPropose() async throws -> Proposed { note(false) }

    func waitForQuorumCertificate(on proposed: Proposed) async throws -> Bool { true }

    func hasRoom(within limit: LeadLimit) -> Bool { time.milliseconds >= roomFrom }

    func waitForRoom(within limit: LeadLimit) async throws {
        try await clock.wait(until: Timestamp(nanoseconds: roomFrom * 1_000_000))
    }

    private func note(_ isPayload: Bool) -> Proposed {
        let now = time.milliseconds
        noted.update { $0.append(isPayload ? .payload(now) : .nudge(now)) }
        return Proposed(block: .zero, height: Height(1), epoch: Epoch(0), view: View(0), isNudge: !isPayload)
    }
}

/// Time that goes on only when everybody waits for it.
private final class VirtualTime: Sendable {
    private struct State {
        var now: UInt64 = 0
        /// How many wait for each time to come.
        var waiting: [UInt64: Int] = [:]

        var toCome: [UInt64: Int] { waiting.filter { $0.key > now && $0.value > 0 } }
    }

    private let state = Watched(State())

    var milliseconds: UInt64 { state.value.now / 1_000_000 }

    var clock: ReplicaClock {
        ReplicaClock({ [state] in Timestamp(nanoseconds: state.value.now) }) { [state] duration in
            let end = state.update { state in
                let end = state.now + duration.wholeNanoseconds
                state.waiting[end, default: 0] += 1
                return end
            }
            defer { state.update { $0.waiting[end, default: 0] -= 1 } }
            try await state.wait { $0.now >= end ? () : nil }
        }
    }

    /// Goes from one time that somebody waits for to the next, up to `end` in milliseconds, whenever so many wait.
    func run(until end: UInt64, waiters: Int = 1) async {
        while true {
            let isOver = await state.waitToTheEnd { state -> Bool? in
                let toCome = state.toCome
                guard toCome.values.reduce(0, +) >= waiters, let next = toCome.keys.min() else { return nil }
                guard next <= end * 1_000_000 else { return true }
                state.now = next
                return next == end * 1_000_000
            }
            state.update { _ in }  // those whose time has come look again
            if isOver { return }
        }
    }
}
