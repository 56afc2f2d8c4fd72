internal import HotStuffCore

/// A model of what LMDB promises: a group of writes is durable together or not at all, groups in their order, and what
/// was not acknowledged may or may not be there after a crash.
struct VirtualDisk {
    /// A write effect.
    struct Request {
        let writes: [LogWrite]
        let ticket: WriteTicket
    }

    /// What is durable.
    private(set) var image: DiskImage
    /// Older states, for restoring.
    private(set) var copies: [DiskImage] = []
    /// What waits while a group is being written.
    private var waiting: [Request] = []
    /// The group that is being written.
    private var group: [Request] = []
    /// How the group that is being written ends; set by faults.
    var nextFailure: Failure?
    /// Whether nothing more can be written.
    var isFull = false
    /// By how much writes are slower than usual.
    var slowness = 1

    /// How a commit fails: the replica stops, and the restart finds the group or does not.
    enum Failure: Sendable, Hashable { case absent, present }

    /// A disk that was just formatted.
    init(_ image: DiskImage) { self.image = image }

    /// Whether a group is being written.
    var isBusy: Bool { !group.isEmpty }

    /// How many blocks are committed by what is not durable yet.
    var pendingCommits: Int {
        (group + waiting).reduce(0) { count, request in
            request.writes.reduce(count) { if case .commit(let positions, _) = $1 { $0 + positions.count } else { $0 } }
        }
    }

    /// Queues a write; true if the disk is to begin a group.
    mutating func add(_ writes: [LogWrite], _ ticket: WriteTicket) -> Bool {
        waiting.append(Request(writes: writes, ticket: ticket))
        return group.isEmpty
    }

    /// Takes all that waits as one group; false if nothing does.
    mutating func begin() -> Bool {
        guard group.isEmpty, !waiting.isEmpty else { return false }
        group = waiting
        waiting.removeAll(keepingCapacity: true)
        return true
    }

    /// Makes the group durable; the last ticket, which covers all of them.
    mutating func finish() -> WriteTicket? {
        for request in group { image.apply(request.writes) }
        let last = group.last?.ticket
        group.removeAll(keepingCapacity: true)
        return last
    }

    /// The process ends: what waits is lost, and of the group being written all or nothing is there.
    mutating func crash(keepingGroup: Bool) {
        if keepingGroup { _ = finish() }
        group.removeAll()
        waiting.removeAll()
        nextFailure = nil
    }

    /// Keeps a copy of what is durable now.
    mutating func copy() { copies.append(image) }

    /// Puts an older copy, or an empty disk, in the place of what was there.
    mutating func replace(with other: DiskImage) {
        image = other
        group.removeAll()
        waiting.removeAll()
    }
}
