internal import HotStuffCore

/// What a replica's state machine thread has to do, and what the checks know of what it did.
struct MachineWork {
    /// What the machine's thread is busy with.
    enum Job {
        case recover
        case instruction(MachineInstruction)
        case propose
    }

    var seat: (any MachineSeat)?
    var signals = MachineSignals {}
    var commands: CommandQueue?
    /// What the ledger asked for and the machine has not begun, oldest first.
    var instructions: [MachineInstruction] = []
    /// How many of those are done.
    var done = 0
    var job: Job?
    var isRecoveryDue = false
    var isRetryScheduled = false
    /// Until when it does nothing, in nanoseconds.
    var stalledUntil: UInt64 = 0

    /// Digests of what is applied and not committed, oldest first: a mirror of the host's queue.
    var appliedDigests: [Digest?] = []
    /// The state's digest as of the last commit.
    var committedDigest: Digest?
    /// On which state each block was found valid or not, until it commits; at most as many as can be uncommitted.
    var validatedOn: [Digest: Digest] = [:]

    /// How many commits it was told of and has not done.
    var pendingCommits: Int {
        instructions.dropFirst(done).count { if case .commit = $0 { true } else { false } } + (job == nil ? 0 : 1)
    }

    /// Takes the next piece of work, if there is one and none is under way.
    mutating func next() -> Job? {
        guard job == nil, let seat else { return nil }
        if isRecoveryDue {
            isRecoveryDue = false
            return .recover
        }
        if done < instructions.count {
            let instruction = instructions[done]
            done += 1
            if done == instructions.count {
                instructions.removeAll(keepingCapacity: true)
                done = 0
            }
            return .instruction(instruction)
        }
        return seat.asking == .now ? .propose : nil
    }
}
