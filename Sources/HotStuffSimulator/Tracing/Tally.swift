internal import HotStuffCore

/// What a run was made of: for reports, and for expectations of scenarios.
struct Tally: Sendable {
    /// Kinds of faults that can be counted.
    enum Fault: Int, Sendable, CaseIterable, CustomStringConvertible {
        case lost, repeated, reordered, partition, disconnect, slowLink, crash, crashAtWrite, pause, clock
        case slowDisk, diskFull, diskFailure, diskLoss, stall, quiet, bursts, reconfigured, byzantine, twins

        /// Whether it happens to single messages, often.
        var isOfMessages: Bool { [.lost, .repeated, .reordered].contains(self) }

        /// What the JSON calls it.
        var description: String {
            switch self {
            case .lost: "lost_messages"
            case .repeated: "repeated_messages"
            case .reordered: "reordered_messages"
            case .partition: "partitions"
            case .disconnect: "disconnects"
            case .slowLink: "slow_links"
            case .crash: "crashes"
            case .crashAtWrite: "crashes_at_writes"
            case .pause: "pauses"
            case .clock: "clock_faults"
            case .slowDisk: "slow_disks"
            case .diskFull: "full_disks"
            case .diskFailure: "disk_failures"
            case .diskLoss: "disk_losses"
            case .stall: "machine_stalls"
            case .quiet: "quiet_times"
            case .bursts: "bursty_times"
            case .reconfigured: "reconfigured_restarts"
            case .byzantine: "byzantine_validators"
            case .twins: "twins"
            }
        }
    }

    private(set) var faults = Array(repeating: 0, count: Fault.allCases.count)
    var messages = 0
    var refusedMessages = 0
    var forgedStatements = 0
    var restarts = 0
    private(set) var suspicions = 0
    private(set) var timeouts = 0
    private(set) var viewsEntered = 0
    private(set) var highestView: UInt64 = 0
    private(set) var rollBacks = 0
    private(set) var equivocations = 0
    private(set) var refusedVotes = 0
    /// Blocks that a leader executed although it had proposed them in the same view.
    var executionsOnLeaders = 0

    /// Counts a fault.
    mutating func count(_ fault: Fault) { faults[fault.rawValue] += 1 }
    /// How often a fault was injected.
    func count(of fault: Fault) -> Int { faults[fault.rawValue] }

    /// Counts what an engine tells.
    mutating func count(_ event: EngineEvent, isHonest: Bool) {
        guard isHonest else { return }
        switch event {
        case .viewSuspected: suspicions += 1
        case .viewTimedOut: timeouts += 1
        case .viewEntered(_, let view, _):
            viewsEntered += 1
            highestView = max(highestView, view.rawValue)
        case .rolledBack: rollBacks += 1
        case .equivocation: equivocations += 1
        case .refusedToVote: refusedVotes += 1
        default: break
        }
    }

    /// Adds another run's.
    mutating func add(_ other: Tally) {
        for index in faults.indices { faults[index] += other.faults[index] }
        messages += other.messages
        refusedMessages += other.refusedMessages
        forgedStatements += other.forgedStatements
        restarts += other.restarts
        suspicions += other.suspicions
        timeouts += other.timeouts
        viewsEntered += other.viewsEntered
        highestView = max(highestView, other.highestView)
        rollBacks += other.rollBacks
        equivocations += other.equivocations
        refusedVotes += other.refusedVotes
        executionsOnLeaders += other.executionsOnLeaders
    }
}
