internal import CLMDB

/// What went wrong in an environment, with LMDB's own code and text, the call that failed and the place.
///
/// Branch on ``kind``; show ``description``.
public struct LMDBError: Error, Sendable, Hashable {
    /// The condition, for callers that do something about it.
    public enum Kind: Sendable, Hashable {
        /// The map is full: end the transaction, ``Environment/growWhenIdle(to:)``, run it again. `MDB_MAP_FULL`.
        case mapFull
        /// Another process has grown the map, and this one has transactions open on the old one. `MDB_MAP_RESIZED`.
        case mapResized
        /// The key is there already, or an appended key doesn't sort behind the last one. `MDB_KEYEXIST`.
        case keyExists
        /// No database of that name. (A missing key is no error but `nil` or `false`.) `MDB_NOTFOUND`.
        case notFound
        /// Every slot of the reader table is taken by a living reader. `MDB_READERS_FULL`.
        case readersFull
        /// More named databases than ``Environment/Options/databaseLimit``. `MDB_DBS_FULL`.
        case databasesFull
        /// The transaction has too many changed pages. `MDB_TXN_FULL`.
        case transactionFull
        /// The transaction met an error before and can only be aborted. `MDB_BAD_TXN`.
        case transactionFailed
        /// A key is empty or longer than ``Environment/maximumKeyByteCount``, or a value longer than 4 GiB − 1.
        /// `MDB_BAD_VALSIZE`.
        case wrongSize
        /// A page is damaged or missing. `MDB_CORRUPTED`, `MDB_PAGE_NOTFOUND`.
        case corrupted
        /// The data file was removed, replaced or cut off while it was open; nothing of it can be relied on any more.
        case fileChanged
        /// A read transaction is older than it may be, and so keeps pages from being used again; begin another.
        case readerTooOld
        /// The file is not LMDB's, is of another format version, or the database is of a kind that this module
        /// doesn't handle. `MDB_INVALID`, `MDB_VERSION_MISMATCH`, `MDB_INCOMPATIBLE`.
        case wrongFormat
        /// There is no directory, or none with a store in it, and the options say not to make one.
        case storeMissing
        /// This process has the directory open already; LMDB's file locks would break if it opened it twice.
        case openInThisProcess
        /// Another process owns the directory; `processID` as that process wrote it, if it could be read.
        case ownedByAnotherProcess(processID: Int32?)
        /// An earlier write or sync failed; what the file holds can only be told by opening it anew.
        case dead
        /// The environment was closed.
        case closed
        /// Transactions are open in this process, and the operation needs that there be none.
        case busy
        /// A write was asked of an environment that was opened for reading only.
        case readOnly
        /// The system refused; ``LMDBError/code`` is an `errno`.
        case system
        /// Any other code of LMDB's.
        case other
    }

    /// The condition to branch on.
    public let kind: Kind
    /// LMDB's code (negative) or an `errno` (positive), as LMDB or the system returned it; for conditions that this
    /// module finds itself, the `errno` that comes nearest.
    public let code: Int32
    /// LMDB's own text for the code (`mdb_strerror`), or this module's for conditions that it finds itself.
    public let message: String
    /// The function that failed, by LMDB's or the system's name for it.
    public let operation: String
    /// The environment's directory, as it was given at open.
    public let path: String
    /// The named database concerned, if one was.
    public let database: String?

    /// An error that LMDB or the system returned.
    init(code: Int32, operation: String, path: String, database: String? = nil) {
        self.init(
            kind: Kind(code: code), code: code, message: String(cString: mdb_strerror(code)), operation: operation,
            path: path, database: database)
    }

    /// A condition that this module found.
    init(kind: Kind, code: Int32, message: String, operation: String, path: String, database: String? = nil) {
        self.kind = kind
        self.code = code
        self.message = message
        self.operation = operation
        self.path = path
        self.database = database
    }

    /// Whether the map was full; see ``Kind/mapFull``.
    public var isMapFull: Bool { kind == .mapFull }

    /// Whether a named database wasn't there; see ``Kind/notFound``.
    public var isNotFound: Bool { kind == .notFound }

    /// Whether the key was there already or out of order; see ``Kind/keyExists``.
    public var isKeyExists: Bool { kind == .keyExists }

    /// Whether the environment is of no more use until it is closed and opened anew; see ``Kind/dead``.
    public var isDead: Bool { kind == .dead }
}

extension LMDBError: CustomStringConvertible {
    /// One line: the place, the call, LMDB's text and code.
    public var description: String {
        let place = database.map { "\(path) (database \($0))" } ?? path
        return "\(place): \(operation): \(message) [\(code)]"
    }
}

extension LMDBError.Kind {
    /// The condition that a code of LMDB's or of the system's stands for.
    init(code: Int32) {
        switch code {
        case MDB_MAP_FULL: self = .mapFull
        case MDB_MAP_RESIZED: self = .mapResized
        case MDB_KEYEXIST: self = .keyExists
        case MDB_NOTFOUND: self = .notFound
        case MDB_READERS_FULL: self = .readersFull
        case MDB_DBS_FULL: self = .databasesFull
        case MDB_TXN_FULL: self = .transactionFull
        case MDB_BAD_TXN: self = .transactionFailed
        case MDB_BAD_VALSIZE: self = .wrongSize
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND: self = .corrupted
        case MDB_INVALID, MDB_VERSION_MISMATCH, MDB_INCOMPATIBLE: self = .wrongFormat
        case MDB_PANIC: self = .dead
        case 1...: self = .system
        default: self = .other
        }
    }
}
