extension Replica {
    /// Makes an empty log for a new replica of a new network: what `hotstuff testnet` does for each.
    ///
    /// Only this makes a log that may vouch for its replica's votes. Never use it to replace a log that was lost: a
    /// replica that forgot what it promised could break the promise, so without a log it runs as a listener.
    ///
    /// - Throws: `ReplicaError`, also if there is a log already.
    public static func format(_ configuration: Configuration) throws {
        try configuration.validate()
        try OpenedLog.format(configuration)
    }
}
