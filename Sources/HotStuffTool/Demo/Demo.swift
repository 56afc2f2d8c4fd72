import HotStuff
import KeyValue

/// The demo's course: feed, kill the leader, feed its successor, restart the killed one, compare.
final class Demo {
    private enum Stage {
        /// Everything is up, and stays so until enough is answered.
        case feeding
        /// The leader was killed, and nobody has taken over yet.
        case headless(dead: Int, view: UInt64, since: Timestamp)
        /// Another one leads, and the killed one is still down.
        case underSuccessor(dead: Int)
        /// The killed one was started again.
        case recovering(Int, since: Timestamp)
        /// It has taken up its log, and fetches what it missed.
        case catchingUp(Int, since: Timestamp)
        /// All four go on to the end.
        case whole
    }

    /// How many replicas there are.
    static let replicas = 4
    /// What may never happen takes no longer than this.
    private static let limit = Duration.seconds(60)

    private let input: DemoInput
    private let cluster: Cluster
    private let progress: Progress
    private let clock = ReplicaClock.monotonic
    private var feed: Feed
    private var stage = Stage.feeding
    private var sample: (time: Timestamp, blocks: Int, commands: Int)
    private var rates = (blocks: 0.0, commands: 0.0)

    /// Makes the network in `directory`; its replicas are processes of `program`, this tool.
    init(
        input: DemoInput, directory: String, program: String, progress: Progress, logLevel: LogLevel = .info
    ) throws {
        var plan = NetworkPlan(directory: directory, application: .keyValue)
        plan.ports = try FreePorts.find(Self.replicas)
        cluster = Cluster(try Network(making: plan), program: program, interruption: try Interruption())
        cluster.logLevel = logLevel
        self.input = input
        self.progress = progress
        feed = Feed(input.commands)
        sample = (clock.now, 0, 0)
    }

    /// Runs it all.
    ///
    /// - Throws: `ToolError` with the reason if it does not come to an end as it should.
    func run() throws -> DemoReport {
        let deadline = clock.now + Self.limit
        progress.say("\(Self.replicas) replica processes, \(input.commands.count) commands from \(input.path)")
        for number in 0..<Self.replicas { try cluster.start(number) }
        try waitForLeader(deadline)
        let begin = clock.now
        sample = (begin, 0, 0)
        var end: Timestamp?
        while true {
            let now = clock.now
            if end == nil, feed.isDone { end = now }
            if case .whole = stage, let end, isSettled { return try finish(begin, end) }
            guard now < deadline else { throw overdue() }
            try advance(now)
            for request in feed.takeRequests() { if let target = feed.target { cluster.send(request, to: target) } }
            for event in try cluster.wait(until: min(deadline, now + progress.interval)) { try take(event) }
            progress.show { statusLine() }
        }
    }

    // MARK: - The course

    private func waitForLeader(_ deadline: Timestamp) throws {
        while cluster.leader == nil || cluster.pictures.count < Self.replicas {
            guard clock.now < deadline else { throw overdue() }
            for event in try cluster.wait(until: deadline) { try take(event) }
        }
        feed.turn(to: cluster.leader)
        progress.say("all are up, replica \(cluster.leader ?? 0) leads view \(highestView)")
    }

    private func take(_ event: Cluster.Event) throws {
        switch event {
        case .ready, .marks, .accounts, .load, .market, .proposals: break
        case .picture: followLeader()
        case .command(_, let result): feed.take(result)
        case .refused(let number, let refusal):
            guard refusal.code != .malformed, refusal.code != .unsupported else {
                throw ToolError("replica \(number) refused a command: \(refusal.reason)", remedy: "correct the input")
            }
            // The next picture says who leads, and everything unanswered goes there.
            if number == feed.target { feed.turn(to: nil) }
        case .ended(let number, let end):
            throw ToolError(
                "replica \(number) \(end), and was not to: \(cluster.lastWords(of: number))",
                remedy: "run it again with --directory, and see its log.txt")
        }
    }

    private func followLeader() {
        guard let leader = cluster.leader, leader != feed.target else { return }
        feed.turn(to: leader)
    }

    /// Goes to the next stage if it is time for that.
    private func advance(_ now: Timestamp) throws {
        switch stage {
        case .feeding:
            guard feed.answeredCount >= input.commands.count * 2 / 5, let leader = cluster.leader else { return }
            let view = highestView
            progress.say(
                "killing replica \(leader), the leader of view \(view), with SIGKILL, after \(feed.answeredCount) commands"
            )
            cluster.kill(leader)
            feed.turn(to: nil)
            followLeader()
            stage = .headless(dead: leader, view: view, since: now)
        case .headless(let dead, let view, let since):
            guard let leader = cluster.leader, let newView = cluster.picture(of: leader)?.view, newView > view else {
                return
            }
            progress.say("view \(view) -> \(newView): replica \(leader) leads, \(seconds(now - since)) after the kill")
            stage = .underSuccessor(dead: dead)
        case .underSuccessor(let dead):
            guard feed.answeredCount >= input.commands.count * 3 / 5 else { return }
            progress.say("starting replica \(dead) again, \(feed.answeredCount) commands are done")
            try cluster.start(dead)
            stage = .recovering(dead, since: now)
        case .recovering(let dead, let since):
            guard let picture = cluster.picture(of: dead) else { return }
            let missing = (cluster.pictures.map(\.machine.commands).max() ?? 0) - picture.machine.commands
            progress.say(
                "replica \(dead) is back after \(seconds(now - since)), with \(picture.machine.commands) commands from its "
                    + "log; \(missing) are missing")
            stage = .catchingUp(dead, since: now)
        case .catchingUp(let dead, let since):
            let others = cluster.running.filter { $0 != dead }.compactMap { cluster.picture(of: $0) }
            guard let picture = cluster.picture(of: dead), let height = others.map(\.machine.height).min(),
                picture.machine.height >= height
            else { return }
            progress.say("replica \(dead) has caught up, at height \(picture.committed), after \(seconds(now - since))")
            stage = .whole
        case .whole: break
        }
    }

    /// Whether all have executed everything, as far as they show.
    private var isSettled: Bool {
        let machines = cluster.pictures.map(\.machine)
        return machines.count == Self.replicas
            && machines.allSatisfy { $0.height == machines[0].height && $0.commands >= input.commands.count }
    }

    private func finish(_ begin: Timestamp, _ end: Timestamp) throws -> DemoReport {
        progress.end()
        var alone = KeyValue()
        for command in input.commands { _ = alone.apply(command) }
        let pictures = cluster.pictures
        let time = max((end - begin) / .seconds(1), 0.001)
        var report = DemoReport()
        report.replicas = pictures.count
        report.committedHeight = pictures.map(\.committed).min() ?? 0
        report.commands = input.commands.count
        report.blocksPerSecond = Double(pictures.map(\.machine.blocks).max() ?? 0) / time
        report.commandsPerSecond = Double(input.commands.count) / time
        report.viewChanges = highestView
        report.recovered = true
        report.digests = pictures.map { $0.machine.digest ?? "none" }
        report.expectedDigest = alone.stateDigest?.hexadecimalText ?? "none"
        report.executed = pictures.map(\.machine.commands)
        report.seconds = time
        for (number, last) in try cluster.stop().sorted(by: { $0.key < $1.key }) where last != .exit(0) {
            throw ToolError(
                "replica \(number) \(last) when it was asked to stop: \(cluster.lastWords(of: number))",
                remedy: "run it again with --directory, and see its log.txt")
        }
        return report
    }

    // MARK: - What is shown

    private var highestView: UInt64 { cluster.pictures.map(\.view).max() ?? 0 }

    private func statusLine() -> String {
        let pictures = cluster.pictures
        let blocks = pictures.map(\.machine.blocks).max() ?? 0
        let now = clock.now
        let time = (now - sample.time) / .seconds(1)
        if time > 0.3 {
            rates.blocks = Double(max(0, blocks - sample.blocks)) / time
            rates.commands = Double(feed.answeredCount - sample.commands) / time
            sample = (now, blocks, feed.answeredCount)
        }
        let lead = cluster.leader.flatMap { cluster.picture(of: $0) }.map { "leader \($0.lead) ahead" } ?? "no leader"
        // Short enough for a terminal of 80 columns.
        return "height \(pictures.map(\.committed).max() ?? 0) · \(Int(rates.blocks)) blocks/s · "
            + "\(Int(rates.commands)) commands/s · \(lead) · view \(highestView) · "
            + "\(100 * feed.answeredCount / input.commands.count) %"
    }

    private func seconds(_ duration: Duration) -> String { JSON.rounded(duration / .seconds(1), digits: 2).text + " s" }

    private func overdue() -> ToolError {
        let state =
            switch stage {
            case .feeding: "with \(feed.answeredCount) of \(input.commands.count) commands done"
            case .headless(let dead, let view, _): "and nobody leads after replica \(dead), which led view \(view)"
            case .underSuccessor(let dead): "with \(feed.answeredCount) commands done, and replica \(dead) down"
            case .recovering(let dead, _): "and replica \(dead) is not back"
            case .catchingUp(let dead, _): "and replica \(dead) has not caught up"
            case .whole: "with \(feed.answeredCount) commands done, and not all replicas at the same height"
            }
        return ToolError(
            "the demo has not come to its end after \(seconds(Self.limit)), \(state)",
            remedy: "run it again with --directory, on a machine with less to do, and see the replicas' log.txt")
    }
}
