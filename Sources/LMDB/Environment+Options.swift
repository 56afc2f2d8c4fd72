extension Environment {
    /// What an environment is opened for.
    public enum OpenAccess: Sendable, Hashable {
        /// Reading and writing, as the only process; there must be a store.
        case existing
        /// Reading and writing, as the only process; the directory (not its parents) and the store are made if missing,
        /// for this user's eyes only.
        case createIfMissing
        /// Reading, beside the owner or without one: for tools. There must be a store. Takes no lock that an owner
        /// would be refused for, and syncs nothing, so that a failed write is left for the owner to find.
        ///
        /// Still writes to LMDB's own lock file, to tell the owner which pages are being read.
        case readOnly
    }

    /// How an environment is opened.
    public struct Options: Sendable, Hashable {
        /// What for.
        public var access: OpenAccess
        /// The least size of the map in bytes, rounded up to whole pages: a store that was larger stays larger.
        ///
        /// Positive. It bounds the file, and costs address space only, so be generous; see also
        /// ``Environment/grow(to:)``. Not used when reading only.
        public var mapByteCount: Int
        /// How many named databases can be opened.
        ///
        /// Not negative.
        public var databaseLimit: Int
        /// How many read transactions can be open at once, in all processes together.
        ///
        /// Positive; the first process to open the environment decides.
        public var readerLimit: Int
        /// Whether the system reads ahead.
        ///
        /// Off is better for random reads of a store larger than the memory.
        public var readsAhead: Bool

        /// How long a read transaction may be used; nil for ever.
        ///
        /// As long as one is open, pages that were freed since it began are not used again, and the file grows. Later
        /// operations of its throw kind ``LMDBError/Kind/readerTooOld``. Copies and ``Environment/checkStructure()``
        /// take as long as they take.
        public var readerAgeLimit: Duration?

        /// Options for an existing store of at most 1 GiB, 16 databases and 126 readers of a minute at most, unless
        /// told otherwise.
        public init(
            access: OpenAccess = .existing, mapByteCount: Int = 1 << 30, databaseLimit: Int = 16,
            readerLimit: Int = 126, readsAhead: Bool = true, readerAgeLimit: Duration? = .seconds(60)
        ) {
            precondition(mapByteCount > 0 && databaseLimit >= 0 && readerLimit > 0, "limits are positive")
            self.access = access
            self.mapByteCount = mapByteCount
            self.databaseLimit = databaseLimit
            self.readerLimit = readerLimit
            self.readsAhead = readsAhead
            self.readerAgeLimit = readerAgeLimit
        }
    }
}
