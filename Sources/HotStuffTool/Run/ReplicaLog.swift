import Logging

/// A log that leaves out critical messages: a replica writes one when it cannot go on, and then the command ends with
/// the same error, which is to be one line.
struct ReplicaLog: LogHandler {
    private var base: StreamLogHandler

    /// Passes everything else on to `base`.
    init(_ base: StreamLogHandler) { self.base = base }

    /// The least important messages that are written.
    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    /// What goes with every message.
    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    /// One part of it.
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    /// Writes a message, unless it is critical.
    func log(event: LogEvent) {
        if event.level < .critical { base.log(event: event) }
    }
}
