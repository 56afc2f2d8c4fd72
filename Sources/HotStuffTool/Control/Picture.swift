import HotStuff

/// A replica as its control socket shows it.
struct Picture: Codable, Sendable, Hashable {
    /// Grows with each change, within one life of the process.
    var revision: UInt64
    /// The replica's public key in base64.
    var replica: String
    /// How far in its life it is.
    var phase: String
    /// What it is to the others at present.
    var role: String
    /// The span of one validator set.
    var epoch: UInt64
    /// The view that it is in.
    var view: UInt64
    /// The key of that view's leader in base64.
    var leader: String
    /// Durable in the log.
    var committed: UInt64
    /// Final in the state machine.
    var executed: UInt64
    /// Made by the state machine, and not yet proposed.
    var buffered: Int
    /// Proposed, and not yet certified.
    var uncertified: Int
    /// Held, and not yet committed.
    var uncommitted: Int
    /// Where it accepts peers.
    var port: UInt16
    /// How many peers it is connected to.
    var peers: Int
    /// What its state machine shows.
    var machine: MachinePicture

    /// Whether it leads its view and a block of that view has committed.
    var isLeader: Bool { role == ReplicaStatus.Role.leader.rawValue }

    /// How many blocks the leader is ahead of what has committed.
    var lead: Int { buffered + uncommitted }
}

/// A state machine as the control socket shows it.
struct MachinePicture: Codable, Sendable, Hashable {
    /// The last payload block that it has made final; 0 before the first.
    var height: UInt64 = 0
    /// Payload blocks that it has made final in this life, those of earlier lives included that it was given again.
    var blocks = 0
    /// Commands that it has applied, counted as blocks are; 0 for a machine without commands.
    var commands = 0
    /// The state's digest as of `height`, in hexadecimal; nil for a machine without one.
    var digest: String?
    /// Proposals that it has made in this life.
    var proposals = 0
    /// Blocks that it has executed in this life, other than to recover.
    var executions = 0
    /// Roll backs in this life.
    var rollBacks = 0
}
