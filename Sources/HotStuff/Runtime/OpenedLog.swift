import HotStuffStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The log, open: written by the writer's thread alone, read by others; closed when the last of them lets go of it.
struct OpenedLog: Sendable {
    /// What was found in it.
    let recovered: RecoveredLog
    private let store: ReplicaStore

    /// Opens the log of a configuration; where there is none, one for a listener, which goes with the replica.
    ///
    /// - Throws: `ReplicaError`.
    init(_ configuration: Configuration) throws {
        let (genesis, key) = (configuration.genesis, configuration.identity.key)
        do throws(StorageError) {
            store = try Self.open(configuration.directory, genesis, key)
            recovered = try store.recover()
        } catch {
            throw ReplicaError(error)
        }
    }

    private static func open(
        _ directory: String, _ genesis: Genesis, _ key: ValidatorKey
    ) throws(StorageError) -> ReplicaStore {
        do {
            return try ReplicaStore.open(directory: directory, genesis: genesis, key: key)
        } catch {
            guard error.kind == .noStore else { throw error }
            return try ReplicaStore.ephemeral(genesis: genesis, key: key)
        }
    }

    /// Makes an empty log that may vouch for its replica.
    ///
    /// - Throws: `ReplicaError`.
    static func format(_ configuration: Configuration) throws {
        do throws(StorageError) {
            try ReplicaStore.format(
                directory: configuration.directory, genesis: configuration.genesis, key: configuration.identity.key)
        } catch {
            throw ReplicaError(error)
        }
    }

    /// Marks the log as one that may lack records; makes one if there is none.
    ///
    /// - Returns: whether there was one.
    /// - Throws: `ReplicaError`.
    static func forget(_ configuration: Configuration) throws -> Bool {
        let (directory, genesis, key) = (configuration.directory, configuration.genesis, configuration.identity.key)
        do throws(StorageError) {
            let store: ReplicaStore
            do throws(StorageError) {
                store = try ReplicaStore.open(directory: directory, genesis: genesis, key: key)
            } catch {
                guard error.kind == .noStore else { throw error }
                try ReplicaStore.format(directory: directory, genesis: genesis, key: key, hasForgotten: true)
                return false
            }
            try store.markForgotten()
            return true
        } catch {
            throw ReplicaError(error)
        }
    }

    /// Makes the writes of these tickets durable, all in one transaction.
    ///
    /// - Throws: `StorageError`; then nothing may be written, nor sent, any more.
    func apply(_ writes: [[LogWrite]]) throws { try store.apply(writes) }

    /// Drops some of the oldest committed blocks.
    ///
    /// - Throws: `StorageError`; after one that is no damage nothing may be written any more.
    func prune(_ retention: Retention, within bounds: PruningBounds) throws -> Pruned {
        try store.prune(retention, within: bounds, seconds: UInt64(clamping: time(nil)))
    }

    /// The directory that the log is in.
    var directory: String { store.directory }

    /// The room that is left on its disk; nil if that cannot be told.
    var freeSpace: ByteCount? { store.freeSpace }

    /// The committed blocks as of now.
    ///
    /// - Throws: `StorageError`.
    func committedBlocks() throws -> any CommittedBlocks { try store.reader() }

    /// The directory for the state machine's own tables, beside the log and locked with it; made if it is missing.
    ///
    /// - Throws: `ReplicaError`.
    func machineDirectory() throws -> String {
        let path = "\(store.directory)/machine"
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw ReplicaError(
                .storageFailed, "cannot make the directory \(path): \(String(cString: strerror(errno)))",
                remedy: "give this user the right to write in it")
        }
        return path
    }
}

extension ReplicaError {
    /// What an error of the store means for its replica.
    init(_ error: StorageError) {
        let code: Code =
            switch error.kind {
            case .noStore, .storeExists: .invalidConfiguration
            case .wrongChain, .wrongReplica: .wrongChain
            case .inUse: .inUse
            case .damaged, .newerFormat, .noPermission, .readOnlyFileSystem, .diskFull, .mapFull, .tooManyReaders,
                .inputOutput, .fileChanged, .closed, .failed:
                .storageFailed
            }
        self.init(code, error.message, remedy: error.remedy, cause: error)
    }

    /// What an error means that came while the log was used.
    init(log error: any Error) {
        switch error {
        case let error as ReplicaError: self = error
        case let error as StorageError: self.init(error)
        default: self.init(.storageFailed, "the log failed: \(error)", remedy: "see to the cause", cause: error)
        }
    }
}
