internal import DequeModule

/// A command in the queue.
struct QueuedCommand: Sendable {
    /// Which one it is.
    let id: CommandID
    /// Its bytes.
    let command: Payload
    /// When it was submitted.
    let arrival: Timestamp
    /// Its place in the order of submission, given by the line.
    var number: UInt64
    /// All that wait for it.
    var answers: [@Sendable (CommandOutcome) -> Void]
    /// Whether it is part of a proposal that stands.
    var isDrawn = false
}

/// The state of a `CommandQueue`: commands by ID, and those that wait to be drawn, in order.
struct QueuedCommands: Sendable {
    /// All that are not settled.
    private var commands: [CommandID: QueuedCommand] = [:]
    /// IDs of those that wait to be drawn, and of some that do not wait any more; the first one does.
    private var line: Deque<CommandID> = []
    /// How many wait to be drawn.
    private(set) var waiting = 0
    /// Bytes of all that are not settled, as they count in batches.
    private(set) var bytes = 0
    private var submitted: UInt64 = 0
    /// Whether no more are taken.
    var isClosed = false
    /// What the state machine knows of commands that it has applied.
    var known: (@Sendable (CommandID) -> CommandOutcome?)?

    /// How many are not settled.
    var count: Int { commands.count }

    /// The command that would be drawn next.
    var first: QueuedCommand? { line.first.flatMap { commands[$0] } }

    /// How many IDs the line holds.
    var lineLength: Int { line.count }

    /// How many wait for this command; nil if it is not here.
    func answersDue(for id: CommandID) -> Int? { commands[id]?.answers.count }

    /// Adds one more to answer to a command that is here.
    mutating func add(_ answer: @escaping @Sendable (CommandOutcome) -> Void, to id: CommandID) {
        commands[id]?.answers.append(answer)
    }

    /// Adds a command that is not here, at the end.
    mutating func append(_ command: QueuedCommand) {
        var command = command
        command.number = submitted
        submitted += 1
        bytes += command.command.count + CommandQueue.overhead
        commands[command.id] = command
        line.append(command.id)
        waiting += 1
    }

    /// Takes the first out of the line.
    mutating func drawFirst() {
        guard let id = line.popFirst() else { return }
        commands[id]?.isDrawn = true
        waiting -= 1
        tidy()
    }

    /// Puts a drawn command in front.
    mutating func putBack(_ id: CommandID) {
        guard commands[id]?.isDrawn == true else { return }
        commands[id]?.isDrawn = false
        line.prepend(id)
        waiting += 1
    }

    /// Takes a command out, wherever it is.
    mutating func remove(_ id: CommandID) -> QueuedCommand? {
        guard let command = commands.removeValue(forKey: id) else { return nil }
        bytes -= command.command.count + CommandQueue.overhead
        if !command.isDrawn { waiting -= 1 }
        tidy()
        return command
    }

    /// Takes all out, in the order of their submission.
    mutating func removeAll() -> [QueuedCommand] {
        let all = commands.values.sorted { $0.number < $1.number }
        commands = [:]
        line = []
        waiting = 0
        bytes = 0
        return all
    }

    /// Drops IDs that no longer wait: always at the head, elsewhere once they are the greater part.
    private mutating func tidy() {
        while let id = line.first, !isWaiting(id) { line.removeFirst() }
        if line.count > 2 * waiting + 64 { compact() }
    }

    private mutating func compact() {
        var seen: Set<CommandID> = []
        let kept = line.filter { isWaiting($0) && seen.insert($0).inserted }
        line = Deque(kept)
    }

    private func isWaiting(_ id: CommandID) -> Bool { commands[id].map { !$0.isDrawn } ?? false }
}
