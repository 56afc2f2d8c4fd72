extension Replica {
    /// A moment's picture.
    public var status: ReplicaStatus { core.status }

    /// What happens here, from now on; bounded: a slow reader is told how many events it missed.
    ///
    /// Each access is a reader of its own, and ends with the replica.
    public var events: Events { Events(core.events.newReader()) }

    /// Committed blocks above a position, read from the log, then live: none missed, none twice, in order.
    ///
    /// May be asked for before the start. Each iterator reads at its own pace, from the log, and costs nothing while it
    /// does not. It ends when the replica stops; to go on after a restart, ask that for what is above the last one read.
    ///
    /// - Parameter position: a place in this replica's log; nil for all blocks.
    public func commits(after position: LogPosition?) -> Commits { Commits(core.logFeed, after: position) }

    /// What this replica has noted of its blocks up to now; nil if it is not running.
    ///
    /// - Parameter count: how many of the last blocks are wanted, at most 4,096.
    public func accounts(ofLast count: Int = 256) async -> BlockAccounts? { await core.accounts(ofLast: count) }
}
