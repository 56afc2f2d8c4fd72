internal import HotStuffCore

/// What a world is like while nothing goes wrong, and what of its faults is a matter of rates.
struct WorldSettings: Sendable {
    /// How many validators; their powers are 1 unless `powers` says otherwise.
    var replicas = 4
    /// The validators' powers, in their order; empty for equal ones.
    var powers: [UInt64] = []
    /// Keys that are no validators': listeners.
    var listeners = 0
    /// Keys that two instances use: Twins.
    var twins: [Int] = []
    /// `L`.
    var chainLength = 2
    /// `K`.
    var viewLimit: Int?
    /// The chain's `maxWindow`.
    var maxWindow = 64
    /// Each leader's window; nil to adapt.
    var window: Int?
    /// Proposals made ahead.
    var bufferDepth = 3
    /// Whether the buffer is as deep as it must be, up to that.
    var adaptsBuffer = false
    /// When replicas that do not lead execute.
    var followers = FollowerExecution.whenCommitted
    /// How long votes wait for the state machine's verdict; nil: it is not asked.
    var validationLimit: Duration?
    /// Decided payload blocks that may wait for the state machine.
    var decidedBlocks = 1_024
    /// After a commit, how long a view may go without progress.
    var viewDuration: Duration = .seconds(1)
    /// How many times that while the chain is idle.
    var idleFactor = 1
    /// The most that this grows to.
    var viewCeiling: Duration = .seconds(8)
    /// Who leads which view; nil for round robin.
    var leaders: [Int]?

    /// How long a message takes.
    var latency = Spread(.milliseconds(5), .milliseconds(15))
    /// Whether the messages of a connection arrive in the order in which they were sent.
    var keepsOrder = true
    /// Of a thousand messages, how many are lost.
    var lossPerMille = 0
    /// Of a thousand messages, how many arrive twice.
    var repeatPerMille = 0
    /// How long until a lost connection is made again.
    var redial = Spread(.milliseconds(20), .milliseconds(200))

    /// How long a group of writes takes.
    var writeTime = Spread(.microseconds(100), .milliseconds(2))
    /// What the state machine's calls cost.
    var proposeTime = Spread.always(.milliseconds(10))
    /// What the state machine's calls cost.
    var executeTime = Spread.always(.milliseconds(2))
    /// How many times longer some replicas take to execute, by their numbers.
    var slowExecution: [Int: UInt64] = [:]
    /// How long a leader's pacemaker waits between two proposals.
    var paceInterval: Duration = .zero
    /// Whether leaders propose payloads at all.
    var isPaced = true

    /// Whether messages really become bytes and are read again; verified is every message in any case.
    var encodesMessages = true
    /// Whether a committed block must be on enough disks; not where disks are lost.
    var checksDisks = true
    /// Whether certificates, and the rules that committed blocks keep, are looked at; not where too many lie.
    var checksCertificates = true
    /// Whether what honest keys sign is looked at; off to see what contradictions lead to.
    var checksSignatures = true
    /// A rule that every replica breaks, so that it can be shown that the checks notice.
    var brokenRule: BrokenRule?
    /// Lets a test change what the engine of a replica is told at each start, by the replica's number.
    var adjustEngine: (@Sendable (Int, inout EngineConfiguration) -> Void)?

    /// How many keys there are.
    var keyCount: Int { replicas + listeners }
    /// Total power.
    var power: UInt64 { powers.isEmpty ? UInt64(replicas) : powers.reduce(0, +) }
    /// The power of the validator with this number; 0 for a listener.
    func power(of number: Int) -> UInt64 {
        guard number < replicas else { return 0 }
        return powers.isEmpty ? 1 : powers[number]
    }
}

/// Leaders as a list says, again from its beginning after its end.
struct ListedLeaders: LeaderRotation {
    let numbers: [Int]
    var name: String { "listed-" + numbers.map(String.init).joined(separator: "-") }
    func leader(of view: View, among validators: ValidatorSet, startingFrom first: Int) -> Int {
        numbers[Int(view.rawValue % UInt64(numbers.count))]
    }
}
