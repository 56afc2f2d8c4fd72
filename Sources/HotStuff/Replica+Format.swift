extension Replica {
    /// Makes an empty log for a new replica of a new network: what `hotstuff testnet` does for each.
    ///
    /// Never use it to replace a log that was lost: a replica that forgot what it promised could break the promise.
    /// ``forget(_:)`` is for that.
    ///
    /// - Throws: `ReplicaError`, also if there is a log already.
    public static func format(_ configuration: Configuration) throws {
        try configuration.validate()
        try OpenedLog.format(configuration)
    }

    /// Prepares a log for a replica whose key has signed before and whose log is gone, or is a copy from an earlier time:
    /// what `hotstuff forget` does.
    ///
    /// Where there is no log, makes an empty one; one that is there is kept. Either is marked: the replica signs nothing
    /// until a quorum of the *other* validators have told it how far its signatures may reach, and two views more have
    /// begun. With four validators that takes all three others. The replica must not be running.
    ///
    /// - Returns: whether there was a log.
    /// - Throws: `ReplicaError`.
    @discardableResult
    public static func forget(_ configuration: Configuration) throws -> Bool {
        try configuration.validate()
        return try OpenedLog.forget(configuration)
    }
}
