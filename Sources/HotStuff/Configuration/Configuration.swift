public import Logging

/// What one replica decides for itself; checked as a whole when the replica is made.
public struct Configuration: Sendable {
    /// What all replicas of the chain agree on.
    public var genesis: Genesis
    /// This replica's private key, which is who it is.
    public var identity: Identity
    /// Where its log is, and the state machine's own tables.
    public var directory: String
    /// Where it accepts peers; port 0 takes a free one, which `ReplicaStatus.listeningPort` names.
    public var listen: Endpoint
    /// Where the other replicas accept peers.
    public var peers: PeerDirectory

    /// When it proposes while it leads.
    public var pacemaker: any Pacemaker = .asSoonAsPossible
    /// How long a view may go without progress.
    public var viewDuration: any ViewDuration = ExponentialViewDuration()
    /// How far its state machine runs ahead of consensus while it leads.
    public var speculation = Speculation()
    /// What a payload must be before this replica votes for it.
    public var voting = Voting.whenDecodable
    /// How many blocks may be proposed beyond the newest certificate; nil for as many as the round trip asks for.
    public var window: Int?
    /// How many payload bytes of decided blocks wait in memory for the state machine; what is beyond waits in the log.
    public var decidedQueue = ByteCount.mebibytes(256)
    /// How many bytes of commands wait here to be proposed.
    public var commandQueue = ByteCount.mebibytes(64)
    /// How much of the committed log is kept; what the state machine still needs (`durablePosition`) is in any case.
    public var retention = Retention.everything
    /// How many of the newest blocks are kept for peers that ask for them, whatever `retention` says; at least as many as
    /// the genesis configuration's `maxWindow` are.
    ///
    /// A replica that was away for longer than its peers keep blocks cannot catch up from them.
    public var servedBlocks = 1_000
    /// How much room the log's disk is to have left, and how long to wait for it.
    public var space = Space()
    /// How many events wait for a reader before it misses some.
    public var eventBuffer = 1024
    /// How many threads check payloads; votes and certificates have one of their own beside them.
    public var verifierThreads = 1
    /// The cores that the state machine's thread runs on, by the system's numbers, whatever the process itself is kept on;
    /// none for all that the process may use.
    ///
    /// A machine that computes all the time is faster on a core that it shares with nothing: keep the process on the others
    /// (`taskset -c 1-7 …`), and name the one that is left here. On Linux only.
    public var machineCores: [Int] = []
    /// For benchmarks: every message of every kind arrives no sooner than this after it was sent; delays overlap.
    public var emulatedDelay = Duration.zero
    /// What the program, not the framework, wants to know: which state machine to run, for instance.
    public var application: [String: String] = [:]
    /// Called with each message of a peer that has been verified, on the verifiers' threads: for tests that read what
    /// this replica's peers have signed.
    package var witness: (@Sendable (Message, ValidatorKey) -> Void)?
    /// Reads the room that the log's disk has left, in place of the system: for tests.
    package var freeSpace: (@Sendable () -> ByteCount?)?
    /// Where it logs.
    public var logger: Logger
    /// The one clock that it measures by.
    public var clock = ReplicaClock.monotonic

    /// The configuration of the replica that `identity` is, with the defaults for everything else.
    public init(genesis: Genesis, identity: Identity, directory: String, listen: Endpoint, peers: PeerDirectory) {
        self.genesis = genesis
        self.identity = identity
        self.directory = directory
        self.listen = listen
        self.peers = peers
        logger = Logger(label: "hotstuff")
        logger[metadataKey: "replica"] = "\(identity.key)"
    }

    /// How far the state machine runs ahead.
    public struct Speculation: Sendable, Hashable {
        /// Proposals made ahead of `doPropose()` at most; 0 to ask for one only when all before it have committed.
        public var bufferDepth = 16
        /// Whether only as many are made ahead as were needed of late, so that a roll back throws no more away than it
        /// must; false: always `bufferDepth`.
        public var adaptsBuffer = true
        /// When the state machine executes what others lead; ahead of the commit, a commit costs `commit` alone, and a
        /// lost view a roll back.
        public var followers = FollowerExecution.whenCommitted

        /// The default.
        public init() {}

        /// Makes `bufferDepth` proposals ahead, or where it adapts no more than that.
        public init(bufferDepth: Int, adaptsBuffer: Bool = true) {
            self.bufferDepth = bufferDepth
            self.adaptsBuffer = adaptsBuffer
        }
    }

    /// How much room the log's disk is to have left.
    public struct Space: Sendable, Hashable {
        /// With less room than this, besides what is to be written, the replica writes nothing.
        ///
        /// It neither votes nor proposes until there is a quarter more. 0 bytes for a replica that goes on until a write
        /// fails, and then stops.
        public var reserve = ByteCount.mebibytes(128)
        /// How long it waits for room before it stops with an error.
        public var patience = Duration.seconds(600)

        /// The default.
        public init() {}

        /// This reserve, waited for so long.
        public init(reserve: ByteCount, patience: Duration) {
            self.reserve = reserve
            self.patience = patience
        }
    }

    /// What a payload must be before this replica votes for it; a matter of taste, not of safety.
    public enum Voting: Sendable, Hashable {
        /// Held here, length and digest checked.
        case whenHeld
        /// Also bytes that the state machine's `accepts` takes.
        case whenDecodable
        /// Also a block that the state machine's `validate` finds valid on its parent's state. Others' blocks are
        /// executed as they are received, whatever `Speculation.followers` says; a vote waits at most `limit`, after
        /// which this replica abstains and says so.
        case whenValid(limit: Duration)
    }

    /// Checks every bound.
    ///
    /// - Throws: `ReplicaError` with the code `invalidConfiguration`, naming the first value that is out of its bounds.
    public func validate() throws {
        func check(_ holds: Bool, _ what: String, _ remedy: String) throws {
            guard holds else { throw ReplicaError(.invalidConfiguration, what, remedy: remedy) }
        }
        do throws(Genesis.Invalid) {
            try genesis.validate()
        } catch {
            throw ReplicaError(
                .invalidConfiguration, "the genesis configuration is invalid: \(error)",
                remedy: "change it for all replicas alike", cause: error)
        }
        try check(!directory.isEmpty, "directory is empty", "name a directory for the log")
        try check(
            (0...Bounds.bufferDepth).contains(speculation.bufferDepth),
            "speculation.bufferDepth is \(speculation.bufferDepth)", "use 0 to \(Bounds.bufferDepth)")
        if case .whenValid(let limit) = voting {
            try check(
                limit > .zero && limit <= Bounds.validationLimit, "voting.limit is \(limit)",
                "use more than 0 and at most \(Bounds.validationLimit)")
        }
        if let cadence = pacemaker as? Cadence {
            try check(
                cadence.interval.map { $0 > .zero } ?? true, "pacemaker.interval is not positive",
                "use a positive duration, or none for as soon as possible")
            try check(
                cadence.heartbeat.map { $0 > .zero } ?? true, "pacemaker.heartbeat is not positive",
                "use a positive duration, or none")
            try check(
                cadence.lead.blocks.map { $0 >= 1 } ?? true, "pacemaker.leadBlocks is less than 1",
                "use at least 1, or none for no limit")
        }
        if let window {
            try check(
                (1...genesis.maxWindow).contains(window), "window is \(window)",
                "use 1 to \(genesis.maxWindow), the genesis configuration's maxWindow")
        }
        try check(
            decidedQueue.bytes >= 0, "decidedQueue is \(decidedQueue)", "use 0 bytes or more")
        try check(commandQueue.bytes >= 1, "commandQueue is \(commandQueue)", "use 1 byte or more")
        let isKept: Bool =
            switch retention {
            case .everything: true
            case .blocks(let count): (1...Bounds.keptBlocks).contains(count)
            case .size(let size): size.bytes > 0
            case .days(let days): (1...Bounds.keptDays).contains(days)
            }
        try check(
            isKept, "retention keeps \(retention)",
            "keep 1 to \(Bounds.keptBlocks) blocks, 1 byte or more, or 1 to \(Bounds.keptDays) days")
        try check(
            (0...Bounds.servedBlocks).contains(servedBlocks), "servedBlocks is \(servedBlocks)",
            "use 0 to \(Bounds.servedBlocks)")
        try check(
            (0...Bounds.reserve.bytes).contains(space.reserve.bytes), "space.reserve is \(space.reserve)",
            "use 0 B to \(Bounds.reserve)")
        try check(
            space.patience >= .zero && space.patience <= Bounds.patience, "space.patience is \(space.patience)",
            "use 0 to \(Bounds.patience)")
        try check(
            (1...Bounds.eventBuffer).contains(eventBuffer), "eventBuffer is \(eventBuffer)",
            "use 1 to \(Bounds.eventBuffer)")
        try check(
            (1...Bounds.verifierThreads).contains(verifierThreads), "verifierThreads is \(verifierThreads)",
            "use 1 to \(Bounds.verifierThreads)")
        for core in machineCores {
            try check(
                (0..<ThreadCores.limit).contains(core), "machineCores names \(core)",
                "use 0 to \(ThreadCores.limit - 1)")
        }
        try check(
            emulatedDelay >= .zero && emulatedDelay <= Bounds.emulatedDelay, "emulatedDelay is \(emulatedDelay)",
            "use 0 to \(Bounds.emulatedDelay)")
    }

    /// Every maximum of a configuration.
    enum Bounds {
        static let bufferDepth = 1_024
        static let lead = 1 << 20
        static let validationLimit = Duration.seconds(60)
        static let keptBlocks: UInt64 = 1 << 50
        static let keptDays: UInt64 = 100_000
        static let servedBlocks = 1 << 50
        static let reserve = ByteCount.gibibytes(1 << 20)
        static let patience = Duration.seconds(1_000_000)
        static let eventBuffer = 1 << 20
        static let verifierThreads = 64
        static let emulatedDelay = Duration.seconds(10)
    }
}
