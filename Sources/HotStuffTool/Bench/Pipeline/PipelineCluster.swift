import Foundation
import HotStuff

/// Four replica processes with a synthetic machine, whose load may change while they run.
///
/// So a whole table of loads is measured without starting anything anew; only another round trip, or another
/// configuration, needs another cluster.
final class PipelineCluster {
    /// How many replicas there are.
    static let replicas = 4
    /// How long nothing may be committed before the measurement is given up.
    private static let patience = Duration.seconds(30)

    /// How often marks are read meanwhile: reading them costs the replicas time, and they keep those of half a minute.
    private static let marksInterval = Duration.seconds(10)

    fileprivate let cluster: Cluster
    private let clock = ReplicaClock.monotonic
    /// Marks of the blocks that a quorum had not committed at the last `forgetMarks`, and of all later ones, by replica.
    private var marks = [[Marks.Mark]](repeating: [], count: replicas)
    /// Up to where marks were read, by replica.
    private var read = [UInt64](repeating: 0, count: replicas)

    /// Makes this network, with ports of its own; its replicas are processes of `program`, this tool.
    ///
    /// - Parameter interruption: ends waiting; one for all clusters of a command, lest a signal come between two.
    init(_ network: NetworkPlan, program: String, logLevel: LogLevel, interruption: Interruption) throws {
        var network = network
        network.ports = try FreePorts.find(Self.replicas)
        cluster = Cluster(try Network(making: network), program: program, interruption: interruption)
        cluster.logLevel = logLevel
    }

    /// A network in `directory` whose replicas run the synthetic machine.
    ///
    /// - Parameter plan: the slowest load that will be measured: views must not be lost for being slow.
    convenience init(
        _ plan: PipelinePlan, directory: String, program: String, logLevel: LogLevel, interruption: Interruption
    ) throws {
        var network = NetworkPlan(directory: directory, application: .synthetic(plan.load))
        network.adjust = { configuration in
            configuration.emulatedDelay = plan.roundTrip / 2
            let view = Duration.seconds(2) + plan.roundTrip * 10 + plan.block * 4
            configuration.viewDuration = ExponentialViewDuration(base: view, ceiling: max(view, .seconds(60)))
            configuration.speculation.followers = plan.followers
            if !plan.speculation { configuration.speculation.bufferDepth = 0 }
            if let lead = plan.lead { configuration.pacemaker = Cadence(lead: LeadLimit(time: lead)) }
        }
        try self.init(network, program: program, logLevel: logLevel, interruption: interruption)
    }

    /// Starts the replicas, and waits for one to lead and for the first block; for none where the machine has nothing to
    /// propose yet.
    func start(untilFirstBlock: Bool = true) throws {
        for number in 0..<Self.replicas { try cluster.start(number) }
        let deadline = clock.now + Self.patience
        while (untilFirstBlock && blocks == 0) || cluster.pictures.count < Self.replicas || cluster.leader == nil {
            guard clock.now < deadline else { throw standstill() }
            try step(until: deadline)
        }
    }

    /// Stops the replicas.
    func stop() throws { _ = try cluster.stop() }

    /// Payload blocks that the third-fastest replica has committed: with four of them, a quorum has then.
    var blocks: Int {
        let counts = cluster.pictures.map(\.machine.blocks).sorted(by: >)
        return counts.count > PipelineFigures.place ? counts[PipelineFigures.place] : 0
    }

    /// The number of the replica that leads.
    ///
    /// - Throws: `ToolError` if none does.
    func leader() throws -> Int {
        guard let leader = cluster.leader else { throw noLeader() }
        return leader
    }

    /// The number of a replica that follows, and is not the slow one.
    ///
    /// - Throws: `ToolError` if none leads.
    func follower() throws -> Int { (try leader() + Self.replicas - 1) % Self.replicas }

    /// The view that the leader was in when it showed itself last.
    func view() throws -> UInt64 {
        guard let picture = cluster.picture(of: try leader()) else { throw noLeader() }
        return picture.view
    }

    /// The process of each replica.
    var processes: [Int32] { (0..<Self.replicas).compactMap { cluster.process(of: $0) } }

    // MARK: - Asking

    /// Sends a request to a replica, and waits until `answer` makes something of what comes back.
    func ask<Answer>(_ number: Int, _ request: ControlRequest, _ answer: (Cluster.Event) -> Answer?) throws -> Answer {
        cluster.send(request, to: number)
        return try wait(for: answer)
    }

    /// Sets every machine's load; one follower's `execute` may take `slowFollower` times as long.
    func set(_ load: SyntheticMachine.Load, slowFollower: Int = 1) throws {
        let slow = (try leader() + 1) % Self.replicas
        for number in 0..<Self.replicas {
            let execute = number == slow ? load.execute * slowFollower : load.execute
            cluster.send(
                .load(
                    proposeMicroseconds: Int64(clamping: load.propose.wholeNanoseconds / 1_000),
                    executeMicroseconds: Int64(clamping: execute.wholeNanoseconds / 1_000)), to: number)
            try wait { if case .load(number) = $0 { () } else { nil } }
        }
    }

    /// What a replica has noted of its blocks.
    func accounts(of number: Int, ofLast count: Int = 0) throws -> AccountsPage {
        try ask(number, .accounts(ofLast: count)) {
            if case .accounts(number, let accounts) = $0 { accounts } else { nil }
        }
    }

    /// Lets time pass.
    func run(for time: Duration) throws {
        let end = clock.now + time
        while clock.now < end { try step(until: end) }
    }

    /// Runs until all replicas have executed what is decided, with a machine that costs nothing.
    func drain() throws {
        try set(SyntheticMachine.Load(propose: .milliseconds(20), execute: .zero))
        let deadline = clock.now + Self.patience
        while true {
            let pictures = cluster.pictures
            if pictures.count == Self.replicas, pictures.allSatisfy({ $0.executed + 16 >= $0.committed }) { return }
            guard clock.now < deadline else { throw standstill() }
            try step(until: clock.now + .milliseconds(100))
        }
    }

    /// Runs until no more than so many decided blocks wait at the third-fastest replica.
    func run(untilBacklogIs count: Int) throws {
        let deadline = clock.now + Self.patience
        while true {
            let pictures = cluster.pictures
            let waiting = pictures.map { $0.committed - min($0.executed, $0.committed) }.sorted()
            if waiting.count > PipelineFigures.place, waiting[PipelineFigures.place] <= UInt64(count) { return }
            guard clock.now < deadline else { throw standstill() }
            try step(until: clock.now + .milliseconds(100))
        }
    }

    /// Runs until every replica has committed so many blocks with payload since it started.
    func run(untilBlocksAtEach count: Int) throws {
        let deadline = clock.now + Self.patience
        while cluster.pictures.contains(where: { $0.machine.blocks < count }) {
            guard clock.now < deadline else { throw standstill() }
            try step(until: deadline)
        }
    }

    /// Runs until `isOver`, which is asked now and then with the count of blocks since the beginning.
    func run(until isOver: (Int) -> Bool, _ meanwhile: (Int) throws -> Void = { _ in }) throws {
        let first = blocks
        var (last, lastChange) = (first, clock.now)
        var nextMarks = clock.now + Self.marksInterval
        while !isOver(blocks - first) {
            let now = clock.now
            if blocks != last { (last, lastChange) = (blocks, now) }
            guard now - lastChange < Self.patience else { throw standstill() }
            try step(until: now + .milliseconds(20))
            if now >= nextMarks {
                try readMarks()
                nextMarks = now + Self.marksInterval
            }
            try meanwhile(blocks - first)
        }
    }

    // MARK: - Marks

    /// Forgets the marks of what a quorum has committed: what is measured begins now.
    ///
    /// The others stay. Followers that execute slowly may be a thousand blocks apart, and what the last of a quorum commits
    /// from now on, the first has marked long ago.
    func forgetMarks() throws {
        try readMarks()
        let common = read.sorted(by: >)[PipelineFigures.place]
        for number in 0..<Self.replicas { marks[number].removeAll { $0.height <= common } }
    }

    /// All marks of what a quorum has committed since then.
    func takeMarks() throws -> [[Marks.Mark]] {
        try readMarks()
        return marks
    }

    /// Reads what is new; replicas keep only so much of it.
    private func readMarks() throws {
        for number in 0..<Self.replicas {
            while true {
                let page = try ask(number, .marks(after: Height(read[number]))) {
                    if case .marks(number, let page) = $0 { page.marks } else { nil }
                }
                marks[number] += page
                if let last = page.last { read[number] = last.height }
                // What is committed after this is of no interest, and there is always more of it.
                if page.count < Marks.page { break }
            }
        }
    }

    // MARK: - Waiting

    private func wait<Answer>(for answer: (Cluster.Event) -> Answer?) throws -> Answer {
        let deadline = clock.now + Self.patience
        while clock.now < deadline {
            for event in try events(until: deadline) {
                if let answer = answer(event) { return answer }
            }
        }
        throw standstill()
    }

    private func step(until deadline: Timestamp) throws { _ = try events(until: deadline) }

    private func events(until deadline: Timestamp) throws -> [Cluster.Event] {
        let events = try cluster.wait(until: deadline)
        for event in events {
            switch event {
            case .refused(let number, let refusal):
                throw ToolError("replica \(number) refused a request: \(refusal.reason)", remedy: "build the tool anew")
            case .ended(let number, let end):
                throw ToolError(
                    "replica \(number) \(end), and was not to: \(cluster.lastWords(of: number))",
                    remedy: "run it again with --directory, and see its log.txt")
            default: break
            }
        }
        return events
    }

    private func standstill() -> ToolError {
        ToolError(
            "nothing was committed for \(Self.patience)",
            remedy: "run it again with --directory, and see the replicas' log.txt")
    }

    /// Nobody leads, or somebody else than before.
    func noLeader() -> ToolError {
        ToolError(
            "the leader changed while it was measured", remedy: "measure again, on a machine with less to do")
    }
}

extension PipelineCluster {
    /// Measures what is running: the load is set, and has settled.
    ///
    /// - Returns: nil if the leader changed meanwhile, which is not what is measured.
    func measure(
        _ plan: PipelinePlan, ideal: Double, _ progress: (_ blocks: Int, _ time: Duration) throws -> Void = { _, _ in }
    ) throws -> PipelineFigures? {
        let clock = ReplicaClock.monotonic
        let leader = try leader()
        let view = try view()
        try forgetMarks()
        let follower = try self.follower()
        let before = try (leader: accounts(of: leader), follower: accounts(of: follower))
        let start = clock.now
        try run { blocks in
            switch plan.extent {
            case .time(let time, let leastBlocks): clock.now - start >= time && blocks >= leastBlocks
            case .blocks(let count): blocks > count
            }
        } _: {
            try progress($0, clock.now - start)
        }
        let end = clock.now
        let after = try (leader: accounts(of: leader), follower: accounts(of: follower))
        let commits = try takeMarks()
        guard cluster.leader == leader, try self.view() == view else { return nil }
        return try PipelineFigures(
            plan, ideal: ideal, commits: commits, from: start, to: end,
            accounts: after.leader.since(before.leader), follower: after.follower.since(before.follower))
    }
}
