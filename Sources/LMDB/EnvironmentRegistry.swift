private import Synchronization

/// The directories that this process has open, so that none is opened twice.
///
/// LMDB guards its lock file with `fcntl` locks, which belong to the process: closing a second environment on the same
/// directory would drop the first one's, and another process would then take its readers for dead and overwrite the
/// pages that they read.
enum EnvironmentRegistry {
    private static let open = Mutex<Set<FileIdentity>>([])

    /// A directory's entry, given up when this value ends.
    ///
    /// Holds by identity, so that a symbolic link or a `..` in the path deceives nobody; the directory must be kept
    /// open as long, or its number could go to a new one.
    struct Claim: ~Copyable {
        private let directory: FileIdentity

        /// Enters the directory.
        ///
        /// - Throws: kind ``LMDBError/Kind/openInThisProcess``.
        init(_ directory: FileIdentity, path: String) throws(LMDBError) {
            guard EnvironmentRegistry.open.withLock({ $0.insert(directory).inserted }) else {
                throw LMDBError(
                    kind: .openInThisProcess, code: LMDBError.busyCode,
                    message: "the directory is open already in this process", operation: "open", path: path)
            }
            self.directory = directory
        }

        deinit { _ = EnvironmentRegistry.open.withLock { $0.remove(directory) } }
    }
}
