internal import DequeModule
internal import Synchronization

/// Commands submitted at one replica and not yet applied there: bounded, and answered once they have committed.
///
/// Any thread submits; the state machine's thread draws commands into its proposals and settles those that are
/// applied, whichever replica proposed them. A drawn command stays until it is settled; rolled back, it returns to its
/// place at the head of the line.
public struct CommandQueue: Sendable {
    /// Bytes that a command's ID and length add to it in a batch.
    static let overhead = 20
    /// How many callers may wait for the same command.
    static let waitersLimit = 16

    private let state: SharedState
    private let limits: Limits
    private let clock: @Sendable () -> Timestamp
    private let signalWork: @Sendable () -> Void

    /// What a queue holds at most.
    public struct Limits: Sendable, Hashable {
        /// Commands, drawn ones included.
        public var commands = 100_000
        /// Their bytes.
        public var size = ByteCount.mebibytes(64)
        /// Most bytes that a payload may have; a batch of one command must fit.
        public var payload = ByteCount.mebibytes(64)
        /// What a refused client is told to wait.
        public var retryAfter: Duration = .milliseconds(20)

        /// 100,000 commands of 64 MiB in sum.
        public init() {}
    }

    /// Why a command was not taken.
    public enum Refused: Error, Sendable, Hashable {
        /// There is no room; there may be after this time.
        case full(retryAfter: Duration)
        /// No batch has room for so many bytes.
        case tooLong(ByteCount, limit: ByteCount)
        /// The replica stops.
        case stopped
    }

    /// An empty queue.
    ///
    /// - Parameters:
    ///   - clock: tells how long commands have waited.
    ///   - signalWork: called after each command that was taken, on the submitter's thread.
    public init(
        limits: Limits = Limits(), clock: @escaping @Sendable () -> Timestamp,
        signalWork: @escaping @Sendable () -> Void
    ) {
        state = SharedState()
        self.limits = limits
        self.clock = clock
        self.signalWork = signalWork
    }

    /// How many commands have been submitted and not answered.
    public var count: Int { state.line.withLock { $0.count } }

    /// Queues a command; `answer` is called once, when it has been applied here or the replica stops.
    ///
    /// Submitted again while it is here, it only gets one more to answer: the same ID means the same command. One that
    /// was applied before is answered at once. `answer` is called on the state machine's thread or on the caller's,
    /// and must be quick.
    public func submit(
        _ command: Payload, id: CommandID, answer: @escaping @Sendable (CommandOutcome) -> Void
    ) throws(Refused) {
        let size = command.count + Self.overhead
        guard size <= limits.payload.bytes else {
            throw .tooLong(.bytes(command.count), limit: .bytes(limits.payload.bytes - Self.overhead))
        }
        let now = clock()
        let taken: Result<CommandOutcome?, Refused> = state.line.withLock { line in
            if line.isClosed { return .failure(.stopped) }
            if let known = line.known?(id) { return .success(known) }
            if let waiters = line.answersDue(for: id) {
                guard waiters < Self.waitersLimit else { return .failure(.full(retryAfter: limits.retryAfter)) }
                line.add(answer, to: id)
                return .success(nil)
            }
            guard line.count < limits.commands, line.bytes + size <= limits.size.bytes else {
                return .failure(.full(retryAfter: limits.retryAfter))
            }
            line.append(QueuedCommand(id: id, command: command, arrival: now, number: 0, answers: [answer]))
            return .success(nil)
        }
        if let known = try taken.get() { answer(known) } else { signalWork() }
    }

    /// From here on asks `known` of each new command whether it was applied before, and answers it at once if so.
    ///
    /// Whoever applies a command makes it known before settling it, so that none falls between the two.
    func answerKnown(_ known: @escaping @Sendable (CommandID) -> CommandOutcome?) {
        state.line.withLock { $0.known = known }
    }

    /// How many commands are in line and not drawn, and how long the first of them has waited.
    var waiting: (count: Int, longest: Duration) {
        let now = clock()
        return state.line.withLock { line in
            (line.waiting, line.first.map { now - $0.arrival } ?? .zero)
        }
    }

    // MARK: - For the machine's thread

    /// Takes commands from the head of the line, up to so many of so many bytes in a batch; they stay in the queue until
    /// they are settled.
    public func draw(maximumCount: Int, maximumBytes: Int) -> [(id: CommandID, command: Payload)] {
        state.line.withLock { line in
            var drawn: [(id: CommandID, command: Payload)] = []
            var room = maximumBytes
            while drawn.count < maximumCount, let next = line.first, next.command.count + Self.overhead <= room {
                room -= next.command.count + Self.overhead
                line.drawFirst()
                drawn.append((next.id, next.command))
            }
            return drawn
        }
    }

    /// Returns drawn commands to the head of the line, in their order; those that are settled meanwhile stay gone.
    public func putBack(_ ids: some BidirectionalCollection<CommandID>) {
        state.line.withLock { line in
            for id in ids.reversed() { line.putBack(id) }
        }
    }

    /// Answers all who wait for this command, if it is here, and forgets it.
    public func settle(_ id: CommandID, _ outcome: @autoclosure () -> CommandOutcome) {
        // Answered outside the lock: an answer may submit the next command.
        guard let answers = state.line.withLock({ $0.remove(id) })?.answers else { return }
        let outcome = outcome()
        for answer in answers { answer(outcome) }
    }

    /// Takes no more commands, and answers those that are here: `stopped`.
    public func close() {
        let left = state.line.withLock { line in
            line.isClosed = true
            return line.removeAll()
        }
        for command in left { for answer in command.answers { answer(.stopped) } }
    }
}

/// The part that threads share.
private final class SharedState: Sendable {
    let line = Mutex(QueuedCommands())
}
