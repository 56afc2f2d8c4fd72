import HotStuff

/// A file's commands on their way to the cluster: numbered, sent to whichever replica leads, and sent again until each
/// is answered.
///
/// Commands are sent in the order of their numbers, from the first unanswered one on after every change of leader: the
/// replicas apply each number once, and none below one that they have applied.
struct Feed {
    /// The commands.
    let commands: [String]
    /// How many have been answered.
    private(set) var answeredCount = 0
    /// The replica that they are sent to; nil while nobody leads.
    private(set) var target: Int?
    /// How many were sent more than once.
    private(set) var resentCount = 0
    private var answered: [Bool]
    /// The first that is not answered.
    private var first = 0
    /// The next to send.
    private var next = 0
    /// The first that was never sent.
    private var fresh = 0

    /// Who numbers.
    private static let client: UInt64 = 1
    /// How many may be under way: enough to fill blocks while others are agreed on, few enough that what a lost leader
    /// had is soon sent again.
    private static let ahead = 64

    /// Commands that are not sent yet.
    init(_ commands: [String]) {
        self.commands = commands
        answered = [Bool](repeating: false, count: commands.count)
    }

    /// Whether all have been answered.
    var isDone: Bool { answeredCount == commands.count }

    /// From here on sends to `target`; what is unanswered is sent again.
    mutating func turn(to target: Int?) {
        self.target = target
        next = first
    }

    /// The requests to send now.
    mutating func takeRequests() -> [ControlRequest] {
        guard target != nil else { return [] }
        var requests: [ControlRequest] = []
        while next < commands.count, next - first < Self.ahead {
            if !answered[next] {
                let id = CommandID(client: Self.client, sequence: UInt64(next + 1))
                requests.append(.submit(id, commands[next]))
                if next < fresh { resentCount += 1 } else { fresh = next + 1 }
            }
            next += 1
        }
        return requests
    }

    /// A command was applied, whoever says so.
    mutating func take(_ result: ControlAnswer.CommandResult) {
        guard result.client == Self.client, let place = Int(exactly: result.sequence).map({ $0 - 1 }),
            answered.indices.contains(place), !answered[place]
        else { return }
        answered[place] = true
        answeredCount += 1
        while first < commands.count, answered[first] { first += 1 }
    }
}
