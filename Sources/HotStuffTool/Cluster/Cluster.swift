import BatchExchange
import Foundation
import HotStuff

/// The replica processes of a network on this machine, driven from one thread.
///
/// When it goes, so do they: none outlives it, nor its process.
final class Cluster {
    /// What the processes have said or done.
    enum Event {
        /// A replica can be asked for something.
        case ready(Int)
        /// A replica shows itself; `picture(of:)` has it too.
        case picture(Int, Picture)
        /// A command was applied.
        case command(Int, ControlAnswer.CommandResult)
        /// A page of marks.
        case marks(Int, Marks)
        /// What a replica has noted of its blocks.
        case accounts(Int, AccountsPage)
        /// A synthetic machine has taken its new load.
        case load(Int)
        /// A replica has trading data for so many blocks.
        case market(Int, blocks: Int)
        /// What a replica's exchange has noted of its proposals.
        case proposals(Int, [ProposalMark])
        /// A request was not served.
        case refused(Int, ControlAnswer.Refusal)
        /// A process has ended.
        case ended(Int, ChildProcess.End)
    }

    /// One process.
    private final class Member {
        let process: ChildProcess
        var control: LineChannel?
        var picture: Picture?
        /// When to ask for the next picture; nil while one is asked for.
        var nextWatch: Timestamp?

        init(_ process: ChildProcess) { self.process = process }
    }

    /// The network.
    let network: Network
    /// Whether replicas write down what their peers have signed.
    var areWitnesses = false
    /// The least important messages in the replicas' `log.txt`.
    var logLevel = LogLevel.info
    private let program: String
    private let interruption: Interruption?
    private let clock = ReplicaClock.monotonic
    private var members: [Int: Member] = [:]
    private var events: [Event] = []

    /// Pictures of one replica come no closer than this: watching must not cost what is watched.
    private static let pictureInterval = Duration.milliseconds(40)
    /// Bytes of an answer.
    private static let longestAnswer = 1 << 20

    /// The replicas of `network`, none of them started.
    ///
    /// - Parameters:
    ///   - program: the path of this tool.
    ///   - interruption: ends waiting by an error; nil if the caller sees to that.
    init(_ network: Network, program: String, interruption: Interruption?) {
        self.network = network
        self.program = program
        self.interruption = interruption
    }

    /// The path of the program that is running.
    static var ownProgram: String {
        get throws {
            guard let path = Bundle.main.executablePath else {
                throw ToolError("cannot find this program's own path", remedy: "start it by its whole path")
            }
            return path
        }
    }

    /// The numbers of those that run, in order.
    var running: [Int] { members.keys.sorted() }

    /// What a replica showed last; nil if it does not run, or has not shown itself.
    func picture(of number: Int) -> Picture? { members[number]?.picture }

    /// The system's number for a replica's process; nil if it does not run.
    func process(of number: Int) -> Int32? { members[number]?.process.id }

    /// What all that run showed last.
    var pictures: [Picture] { running.compactMap { picture(of: $0) } }

    /// The replica that leads, as it says itself; of several the one in the highest view.
    var leader: Int? {
        running.filter { picture(of: $0)?.isLeader ?? false }.max {
            (picture(of: $0)?.view ?? 0) < (picture(of: $1)?.view ?? 0)
        }
    }

    // MARK: - Starting and ending

    /// Starts a replica, with this added to its environment; an event says when it is ready.
    func start(_ number: Int, environment: [String: String] = [:]) throws {
        let member = network.members[number]
        let process = try ChildProcess(
            [program, "run", "--config", member.configurationPath, "--log-level", logLevel.rawValue]
                + ["--until-stdin-closes"] + (areWitnesses ? ["--witness", member.witnessPath] : []),
            log: "\(member.directory)/log.txt", environment: environment)
        members[number] = Member(process)
    }

    /// Kills a replica with SIGKILL; returns when it is gone.
    func kill(_ number: Int) {
        guard let member = members.removeValue(forKey: number) else { return }
        member.process.kill(SIGKILL)
        member.process.waitForEnd()
    }

    /// Asks a replica to stop in order; an event tells when it has.
    func end(_ number: Int) {
        members[number]?.process.kill(SIGTERM)
        members[number]?.process.closeInput()
    }

    /// Asks replicas to stop, and waits until they have; those that have not by then are killed.
    ///
    /// - Returns: how each ended.
    func stop(within limit: Duration = .seconds(15)) throws -> [Int: ChildProcess.End] {
        for member in members.values {
            member.process.kill(SIGTERM)
            member.process.closeInput()
        }
        let deadline = clock.now + limit
        var ends: [Int: ChildProcess.End] = [:]
        while !members.isEmpty, clock.now < deadline {
            for case .ended(let number, let end) in try wait(until: deadline) { ends[number] = end }
        }
        for number in running {
            kill(number)
            ends[number] = .signal(SIGKILL)
        }
        return ends
    }

    /// Sends a request to a replica, if it runs and is ready.
    func send(_ request: ControlRequest, to number: Int) { members[number]?.control?.send(request.line) }

    /// The last lines of a replica's log messages, for whoever has to find out what went wrong.
    func lastWords(of number: Int) -> String {
        let path = "\(network.members[number].directory)/log.txt"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "it left no message"
    }

    // MARK: - Waiting

    /// Waits until something has happened, and returns it; nothing if nothing has by the deadline.
    func wait(until deadline: Timestamp) throws -> [Event] {
        while true {
            let now = clock.now
            askForPictures(now)
            let order = running
            try pollOnce(order, until: now, deadline)
            for number in order { try serve(number) }
            if !events.isEmpty || clock.now >= deadline {
                defer { events = [] }
                return events
            }
        }
    }

    private func askForPictures(_ now: Timestamp) {
        for member in members.values {
            guard let control = member.control, let time = member.nextWatch, time <= now else { continue }
            control.send(ControlRequest.watch(after: member.picture?.revision ?? 0).line)
            member.nextWatch = nil
        }
    }

    private func pollOnce(_ order: [Int], until now: Timestamp, _ deadline: Timestamp) throws {
        var polled: [pollfd] = []
        if let interruption {
            polled.append(pollfd(fd: interruption.descriptor.number, events: Int16(POLLIN), revents: 0))
        }
        var next = deadline
        for case let member? in order.map({ members[$0] }) {
            polled.append(
                pollfd(fd: member.process.output.descriptor.number, events: Int16(POLLIN), revents: 0))
            if let time = member.nextWatch { next = min(next, time) }
            guard let control = member.control else { continue }
            control.flush()
            let events = control.hasUnsent ? POLLIN | POLLOUT : POLLIN
            polled.append(pollfd(fd: control.descriptor.number, events: Int16(events), revents: 0))
        }
        // Rounded up, or the last part of a millisecond would be spent in a busy loop.
        let wait = Int32(clamping: ((next - now).wholeNanoseconds + 999_999) / 1_000_000)
        guard poll(&polled, nfds_t(polled.count), wait) >= 0 || errno == EINTR else {
            throw ToolError(system: "cannot wait for the replicas")
        }
        if interruption != nil, polled[0].revents != 0 {
            throw ToolError("interrupted", remedy: "the replicas are ended; run it again")
        }
    }

    /// Takes what a replica has sent.
    private func serve(_ number: Int) throws {
        guard let member = members[number] else { return }
        var isReady = false
        member.process.output.receive { _ in isReady = true }
        if isReady, member.control == nil {
            let socket = try UnixSocket.connect(to: network.members[number].socketPath)
            member.control = LineChannel(socket, longestLine: Self.longestAnswer)
            member.nextWatch = clock.now
            events.append(.ready(number))
        }
        try member.control?.receive { line in
            switch try ControlAnswer(line: line) {
            case .picture(let picture):
                member.picture = picture
                member.nextWatch = clock.now + Self.pictureInterval
                events.append(.picture(number, picture))
            case .command(let result): events.append(.command(number, result))
            case .marks(let marks): events.append(.marks(number, marks))
            case .accounts(let accounts): events.append(.accounts(number, accounts))
            case .load: events.append(.load(number))
            case .market(let blocks): events.append(.market(number, blocks: blocks))
            case .proposals(let marks): events.append(.proposals(number, marks))
            case .refused(let refusal): events.append(.refused(number, refusal))
            }
        }
        // It wrote its one line long ago: its output ends with itself.
        if member.process.output.end != nil {
            members[number] = nil
            events.append(.ended(number, member.process.waitForEnd()))
        }
    }
}
