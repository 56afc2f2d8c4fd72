import HotStuff
import Testing

@testable import HotStuffTool

extension Cluster {
    /// A network of key-value stores in `directory`, and its processes, none of them started.
    static func make(
        _ replicas: Int, in directory: TestDirectory, application: Application = .keyValue,
        adjust: @escaping (inout Configuration) -> Void = { _ in }
    ) throws -> Cluster {
        var plan = NetworkPlan(directory: directory.path + "/net", application: application)
        plan.ports = try FreePorts.find(replicas)
        plan.adjust = adjust
        return Cluster(try Network(making: plan), program: try Program.path, interruption: nil)
    }

    /// Waits until `condition` holds, and gives `body` what happens meanwhile.
    func wait(
        upTo limit: Duration = .seconds(30), _ what: String, _ body: (Event) throws -> Void = { _ in },
        until condition: () throws -> Bool
    ) throws {
        let clock = ReplicaClock.monotonic
        let deadline = clock.now + limit
        while try !condition() {
            try #require(clock.now < deadline, "not within \(limit): \(what); \(pictures)")
            for event in try wait(until: deadline) {
                if case .ended(let number, let end) = event {
                    Issue.record("replica \(number) \(end): \(lastWords(of: number))")
                }
                try body(event)
            }
        }
    }

    /// Feeds all commands of `feed`, to whichever replica leads, until `condition` holds.
    ///
    /// - Parameter ended: called when a replica ends that was not told to; true if it was to.
    func run(
        _ feed: inout Feed, upTo limit: Duration = .seconds(60), _ what: String,
        ended: (Int, ChildProcess.End) -> Bool = { _, _ in false }, until condition: (Feed) -> Bool
    ) throws {
        let clock = ReplicaClock.monotonic
        let deadline = clock.now + limit
        while !condition(feed) {
            try #require(clock.now < deadline, "not within \(limit): \(what); \(feed.answeredCount) done; \(pictures)")
            if leader != feed.target { feed.turn(to: leader) }
            for request in feed.takeRequests() { if let target = feed.target { send(request, to: target) } }
            for event in try wait(until: deadline) {
                switch event {
                case .command(_, let result): feed.take(result)
                case .refused: feed.turn(to: nil)
                case .ended(let number, let end):
                    if ended(number, end) { continue }
                    Issue.record("replica \(number) \(end): \(lastWords(of: number))")
                case .ready, .picture, .marks, .accounts, .load, .market, .proposals: break
                }
            }
        }
    }

    /// Waits until all running replicas have executed the same, and this many commands.
    func waitForAgreement(on commands: Int, upTo limit: Duration = .seconds(30)) throws {
        try wait(upTo: limit, "\(commands) commands executed everywhere") {
            pictures.count == running.count && Set(pictures.map(\.machine.height)).count == 1
                && pictures.allSatisfy { $0.machine.commands >= commands }
        }
        #expect(pictures.allSatisfy { $0.machine.commands == commands }, "a command executes once")
        #expect(Set(pictures.map(\.machine.digest)).count == 1, "the states are equal")
    }
}
