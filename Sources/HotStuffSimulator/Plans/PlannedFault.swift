internal import HotStuffCore

/// One fault of a run's schedule.
struct PlannedFault: Sendable, Hashable, CustomStringConvertible {
    /// When it begins, from the run's beginning.
    var at: Duration
    /// How long it lasts.
    var lasting: Duration
    /// What happens.
    var kind: FaultKind

    /// When, how long and what.
    var description: String { "\(at.milliseconds) ms, for \(lasting.milliseconds) ms: \(kind)" }
}

/// What a fault does.
enum FaultKind: Sendable, Hashable, CustomStringConvertible {
    /// A node ends, and starts again at the fault's end.
    case crash(Int)
    /// All nodes end at once, and start again.
    case crashAll
    /// A node ends at its n-th effect or write from then on.
    case crashAtPoint(Int, countdown: Int)
    /// A node ends and its disk is gone; it starts again at the fault's end, as one that has forgotten.
    case diskLoss(Int)
    /// A node ends at the fault's end, and starts again with its disk as it was at the fault's beginning, as one that has
    /// forgotten.
    case restoredCopy(Int)
    /// A node ends, and starts again with another configuration.
    case reconfigure(Int, LocalConfiguration)
    /// A node does nothing for a while.
    case pause(Int)
    /// Some nodes are cut from the rest.
    case partition([Int], PartitionShape)
    /// The connection of two nodes is lost.
    case disconnect(Int, Int)
    /// Everything from one node to another takes longer.
    case slowLink(from: Int, to: Int, times: Int)
    /// Of a thousand messages so many more are lost.
    case losses(perMille: Int)
    /// A disk is slower.
    case slowDisk(Int, times: Int)
    /// A disk takes no more writes: each fails, and none of it is there afterwards.
    case diskFull(Int)
    /// The next write of a disk fails.
    case diskFailure(Int, VirtualDisk.Failure)
    /// A clock runs at another rate, in thousandths.
    case clockRate(Int, perMille: Int)
    /// A clock jumps ahead.
    case clockJump(Int, Duration)
    /// A state machine does nothing for a while.
    case stall(Int)
    /// No state machine has anything to propose.
    case quiet
    /// The state machines have something to propose in every other period only.
    case bursts(Duration)

    /// What is counted.
    var tallied: Tally.Fault {
        switch self {
        case .crash, .crashAll: .crash
        case .crashAtPoint: .crashAtWrite
        case .diskLoss, .restoredCopy: .diskLoss
        case .reconfigure: .reconfigured
        case .pause: .pause
        case .partition: .partition
        case .disconnect: .disconnect
        case .slowLink: .slowLink
        case .losses: .lost
        case .slowDisk: .slowDisk
        case .diskFull: .diskFull
        case .diskFailure: .diskFailure
        case .clockRate, .clockJump: .clock
        case .stall: .stall
        case .quiet: .quiet
        case .bursts: .bursts
        }
    }

    /// The highest number of a node that it names; −1 for none.
    var highestNode: Int {
        switch self {
        case .crash(let node), .crashAtPoint(let node, _), .reconfigure(let node, _), .pause(let node),
            .slowDisk(let node, _), .diskFull(let node), .diskFailure(let node, _), .clockRate(let node, _),
            .clockJump(let node, _), .stall(let node), .diskLoss(let node), .restoredCopy(let node):
            node
        case .partition(let nodes, _): nodes.max() ?? -1
        case .disconnect(let one, let other), .slowLink(let one, let other, _): max(one, other)
        case .crashAll, .losses, .quiet, .bursts: -1
        }
    }

    /// In words.
    var description: String {
        switch self {
        case .crash(let node): "\(node) is down"
        case .crashAll: "all are down"
        case .crashAtPoint(let node, let countdown): "\(node) crashes \(countdown) effects and writes later"
        case .reconfigure(let node, let local):
            "\(node) is down, and starts with window \(local.window.map(String.init) ?? "adaptive"), buffer "
                + "\(local.bufferDepth), view duration \(local.viewDuration.milliseconds) ms"
        case .diskLoss(let node): "\(node) is down and loses its disk"
        case .restoredCopy(let node): "\(node) gets a copy of its disk back"
        case .pause(let node): "\(node) is paused"
        case .partition(let nodes, let shape): "\(nodes) cut from the rest, \(shape)"
        case .disconnect(let one, let other): "\(one) and \(other) lose their connection"
        case .slowLink(let from, let to, let times): "from \(from) to \(to) takes \(times) times as long"
        case .losses(let perMille): "\(perMille) ‰ of all messages are lost"
        case .slowDisk(let node, let times): "the disk of \(node) takes \(times) times as long"
        case .diskFull(let node): "the disk of \(node) is full"
        case .diskFailure(let node, let failure): "the next write of \(node) fails, and is \(failure) afterwards"
        case .clockRate(let node, let perMille): "the clock of \(node) runs at \(perMille) ‰"
        case .clockJump(let node, let interval): "the clock of \(node) jumps \(interval.milliseconds) ms"
        case .stall(let node): "the state machine of \(node) stands still"
        case .quiet: "nobody has anything to propose"
        case .bursts(let period): "payloads come in bursts of \(period.milliseconds) ms"
        }
    }
}

/// Which ways a partition cuts.
enum PartitionShape: Sendable, Hashable, CustomStringConvertible {
    /// Nothing passes; `noticed` if the connections are lost at once.
    case symmetric(noticed: Bool)
    /// The side hears and is not heard.
    case mute
    /// The side is heard and does not hear.
    case deaf
    /// Nothing passes, on and off.
    case flapping(Duration)

    /// In words.
    var description: String {
        switch self {
        case .symmetric(let noticed): noticed ? "both ways, connections lost" : "both ways"
        case .mute: "not heard"
        case .deaf: "not hearing"
        case .flapping(let period): "on and off every \(period.milliseconds) ms"
        }
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: UInt64 { wholeNanoseconds / 1_000_000 }
}
