import HotStuffStorage

/// The log, open: written by the writer's thread, read by others.
struct OpenedLog: Sendable {
    /// What was found.
    let recovered: RecoveredLog
    private let store: LogStore

    /// Opens the log of a configuration.
    ///
    /// - Throws: `ReplicaError`.
    init(_ configuration: Configuration) throws {
        do {
            store = try LogStore(directory: configuration.directory, genesis: configuration.genesis)
            recovered = store.recovered
        } catch {
            throw ReplicaError(.inUse, "\(error)", remedy: "x")
        }
    }

    /// Makes changes durable, all in one transaction.
    func apply(_ writes: [LogWrite]) throws { try store.apply(writes) }

    /// Reads the log as of one moment.
    func read<R>(_ body: (any CommittedBlocks) throws -> R) throws -> R { try store.read(body) }

    static func format(_ configuration: Configuration) throws {}

    /// The directory for the state machine's own tables.
    static func machineDirectory(_ configuration: Configuration) throws -> String { configuration.directory }
}

extension ReplicaError {
    /// What a failure of the log means.
    init(storage error: any Error, _ what: String) {
        if let error = error as? ReplicaError { self = error; return }
        self.init(.storageFailed, "\(what): \(error)", remedy: "see", cause: error)
    }
}
