/// How far a replica is between its start and its end.
struct ReplicaLife: Sendable {
    /// Where it stands.
    var phase = Phase.idle
    /// What stopped it, if it did not stop because it was asked to.
    var cause: ReplicaError?
    /// Threads are being started: who stops them must wait until all are there.
    var isLaunching = false
    /// How long stopping may take.
    var stopLimit = Duration.seconds(10)
    /// That time is over: what the state machine has not begun is left.
    var isOverdue = false
    /// Some more time is over: its present call is not waited for.
    var isHopeless = false
    /// The state machine has taken up the log.
    var hasRecovered = false
    /// The view has been handed over, if it was led.
    var hasResigned = false
    /// The threads that have begun and not ended.
    var threads: Set<Thread> = []

    /// The stations, in order; none is left out but by a replica that is never started.
    enum Phase: Int, Sendable, Comparable {
        case idle, starting, running, stopping, stopped

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// A replica's threads, besides the event loops of its transport.
    enum Thread: Hashable, Sendable {
        /// Owns the engine.
        case replica
        /// Owns the log.
        case writer
        /// Owns the state machine.
        case machine
        /// Checks the state machine's large proposals.
        case checker
        /// Answers from the log.
        case reader
        /// Copies payloads into frames.
        case courier
        /// Check what peers send: 0 what is small and urgent, the others what has payloads.
        case verifier(Int)

        /// As the system shows it, for instance in `top -H`.
        var name: String {
            switch self {
            case .replica: "hs replica"
            case .writer: "hs writer"
            case .machine: "hs machine"
            case .checker: "hs checker"
            case .reader: "hs reader"
            case .courier: "hs courier"
            case .verifier(let number): "hs verifier \(number)"
            }
        }
    }
}
