internal import HotStuffCore

/// One replica of a world: an engine and a state machine that a crash takes, a disk that it leaves.
final class Node {
    /// Its number among all nodes; validators first, in the order of their keys, then listeners, then twins.
    let index: Int
    /// Which key it uses.
    let keyNumber: Int
    /// That key.
    let key: ValidatorKey
    /// What it does that an honest replica does not; nil for an honest one.
    var behaviour: (any Behaviour)?
    /// Whether another node has the same key.
    let isTwin: Bool
    /// What is durable.
    var disk: VirtualDisk
    /// By what it measures time.
    var clock = LocalClock()

    /// Nil while it is down.
    private var engine: Engine?
    /// Whether it runs, be it paused.
    private(set) var isUp = false
    /// Counts its starts.
    var life = 0
    /// Why it stopped itself for good, if it did.
    var halt: HaltReason?
    var signer: MessageSigner
    var verifier: Verifier
    /// What of its configuration a restart may change, as of the next start.
    var local: LocalConfiguration
    /// The same as of its last start.
    var running: LocalConfiguration
    /// Which nodes it has a connection to, as far as it knows.
    var peers: [Bool]
    /// Which of the connections with each it knows of.
    var peerGenerations: [Int]
    /// The last time that its engine was told.
    var toldTime: UInt64 = 0
    /// When its engine wants to be woken, by its own clock.
    var wakeAt: UInt64?
    /// Which wake-up counts: those on the calendar with lower numbers were put off or belong to an earlier life.
    var wakeNumber: UInt64 = 0

    // Faults that last.
    var isPaused = false
    /// What happened to it while it was paused.
    var held: [WorldEvent] = []
    /// After how many more effects and writes it crashes.
    var crashCountdown: Int?
    /// Whether it is meant to be down until somebody starts it.
    var staysDown = false

    /// Whether its disk was ever lost or exchanged for an older copy: then it cannot be asked to hold what it held.
    var hasLostDisk = false
    /// How far it has got about that, as its engine told last.
    var forgetting: Forgetting?
    /// Whether its engine has told that too many have forgotten.
    var saysTooManyForgot = false

    var machine = MachineWork()
    var pacing = PacingState()
    /// What it has proposed in this life in its present view.
    var proposed: Set<Digest> = []
    /// Up to which height its disk holds committed blocks; the checks have looked at all of them.
    var checkedHeight = 0

    init(
        index: Int, keyNumber: Int, isTwin: Bool, ring: KeyRing, chainID: Digest, disk: VirtualDisk,
        verifier: Verifier, local: LocalConfiguration, nodes: Int
    ) {
        self.index = index
        self.keyNumber = keyNumber
        key = ring.keys[keyNumber]
        self.isTwin = isTwin
        self.disk = disk
        self.verifier = verifier
        self.local = local
        running = local
        signer = MessageSigner(signer: RingSigner(ring: ring, number: keyNumber), chainID: chainID)
        peers = Array(repeating: false, count: nodes)
        peerGenerations = Array(repeating: -1, count: nodes)
    }

    /// It begins to run.
    func started(_ new: Engine) {
        engine = new
        proposed = []
        isUp = true
    }

    /// It runs no more.
    func stopped() {
        engine = nil
        isUp = false
    }

    /// What its engine wants at its start.
    func begin() -> [Effect] { engine?.start() ?? [] }

    /// What its engine answers to an input.
    func step(_ input: Input) -> [Effect] { engine?.step(input) ?? [] }

    /// What its engine tells of itself; nil while it is down.
    var status: EngineStatus? { engine?.status }

    /// How much its engine holds; nil while it is down.
    var holdings: EngineHoldings? { engine?.holdings }

    /// Whether it counts as a correct replica.
    var isHonest: Bool { behaviour == nil && !isTwin }
}

/// What a replica's operator may change from one start to the next.
struct LocalConfiguration: Sendable, Hashable {
    /// The leader's window; nil to adapt.
    var window: Int?
    /// Proposals made ahead.
    var bufferDepth: Int
    /// After a commit, how long a view may go without progress.
    var viewDuration: Duration
}

/// The calls of `doPropose()` that keep a leader busy: one at a time.
struct PacingState {
    /// Numbers the calls.
    var requests: UInt64 = 0
    /// Whether one waits for its answer, or is about to be made.
    var isWaiting = false
    /// The answers, newest last, if they are kept.
    var succeeded = 0
    /// Calls that failed because the window stayed full.
    var refused = 0
}
