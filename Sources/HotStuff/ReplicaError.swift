/// What can go wrong with a replica: a stable code, one sentence that says what, one that says what to do.
public struct ReplicaError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, to branch on; new codes may come in a minor version.
    public let code: Code
    /// One sentence that names the thing.
    public let message: String
    /// One sentence that says what to do.
    public let remedy: String
    /// Which call of the state machine failed, if one did.
    public let call: Call?
    /// The block that the call was about, if it was about one.
    public let position: LogPosition?
    /// After how long another try may succeed, if waiting helps.
    public let retryAfter: Duration?
    /// What the failing part threw.
    public let cause: (any Error)?

    /// An error with these parts.
    public init(
        _ code: Code, _ message: String, remedy: String, call: Call? = nil, position: LogPosition? = nil,
        retryAfter: Duration? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.call = call
        self.position = position
        self.retryAfter = retryAfter
        self.cause = cause
    }

    /// Message and remedy, on one line.
    public var description: String { "\(message): \(remedy)" }

    /// A name that stays what it is between versions.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, as in Swift.
        public let name: String

        /// The name.
        public var description: String { name }

        private init(_ name: String) { self.name = name }

        /// A configuration, genesis or key file is missing, malformed, or says what cannot be.
        public static let invalidConfiguration = Code("invalidConfiguration")
        /// The replica is not started, or is stopping.
        public static let notRunning = Code("notRunning")
        /// Another replica has the directory, or another process the port.
        public static let inUse = Code("inUse")
        /// The directory's log belongs to another genesis, or to another replica.
        public static let wrongChain = Code("wrongChain")
        /// The log could not be opened, read, written or synced.
        public static let storageFailed = Code("storageFailed")
        /// What was asked for is no longer in the log.
        public static let logPruned = Code("logPruned")
        /// The state machine's own tables are ahead of the log, or of another log.
        public static let stateAheadOfLog = Code("stateAheadOfLog")
        /// Going on could break a promise: see the message.
        public static let safetyViolated = Code("safetyViolated")
        /// The pacemaker threw an error that is no consequence of losing a view.
        public static let pacemakerFailed = Code("pacemakerFailed")
        /// The network could not be served.
        public static let transportFailed = Code("transportFailed")
        /// The state machine threw; `call` says where, `cause` what.
        ///
        /// The log is intact; the same block comes again on restart.
        public static let stateMachineFailed = Code("stateMachineFailed")
        /// The state machine's `encode` gave no bytes, too many, or bytes that its `decode` refuses.
        public static let unusablePayload = Code("unusablePayload")
        /// A bounded queue has no room: try again after `retryAfter`.
        public static let queueFull = Code("queueFull")
        /// This replica, or its state machine, has no such thing.
        public static let unsupported = Code("unsupported")
        /// What was asked for took longer than the caller allowed.
        public static let deadlineExceeded = Code("deadlineExceeded")
    }

    /// A call of the state machine.
    public enum Call: String, Sendable, Hashable {
        /// The closure that makes it.
        case make
        /// `recover(from:)`.
        case recover
        /// `propose()`.
        case propose
        /// `encode(_:)`.
        case encode
        /// `execute(_:)`.
        case execute
        /// `validate(_:)`.
        case validate
        /// `commit(_:)`.
        case commit
        /// `rollBack()` or `rollBack(keepingOldest:)`.
        case rollBack
        /// `close()`.
        case close
    }
}
