public import HotStuffCore

/// Why a store could not be made, opened, read or written: what, where, and what to do about it.
///
/// Branch on ``kind``; show ``description``, which is one line. After a failed write or sync every later call fails
/// too, until the store is opened anew: what the file holds is then found out before any of it is believed.
public struct StorageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, for callers that do something about it.
    public enum Kind: Sendable, Hashable {
        /// The directory has no store; only `format` makes one.
        case noStore
        /// The directory has a store already, and `format` overwrites none.
        case storeExists
        /// The store is of another chain.
        case wrongChain(found: Digest, expected: Digest)
        /// The store is another replica's.
        case wrongReplica(found: ValidatorKey, expected: ValidatorKey)
        /// What is stored is not what was written, or is not there; nil where a whole table, or the file, is meant.
        case damaged(table: String?, key: String?)
        /// The store was written by a later version of this software.
        case newerFormat(found: UInt32, known: UInt32)
        /// Another process, or another part of this one, has the store open.
        case inUse(processID: Int32?)
        /// The directory may not be read or written.
        case noPermission
        /// The file system can only be read.
        case readOnlyFileSystem
        /// The file system, or the user's share of it, is full.
        case diskFull
        /// The log is as large as it may get; nothing of what was asked was written.
        case mapFull
        /// So many processes and threads read the log that there is no room for another.
        case tooManyReaders
        /// The disk failed to read or write.
        case inputOutput
        /// The data file was removed, replaced or cut off while it was open.
        case fileChanged
        /// The store was closed.
        case closed
        /// Anything else that LMDB or the system refused: ``StorageError/detail`` has its words.
        case failed
    }

    /// What went wrong.
    public let kind: Kind
    /// The directory or file concerned.
    public let path: String
    /// The words of whoever found it: the call that failed and the system's or LMDB's text, or what was expected.
    public let detail: String

    /// The committed block that is damaged or missing, if that is all that is known to be wrong: one that is fetched
    /// again and written again is put right.
    public let damagedBlock: LogPosition?

    /// An error with these parts.
    public init(_ kind: Kind, path: String, detail: String, damagedBlock: LogPosition? = nil) {
        self.kind = kind
        self.damagedBlock = damagedBlock
        self.path = path
        self.detail = detail
    }

    /// Whether something that was stored is not what was written, or is not there.
    public var isDamage: Bool { if case .damaged = kind { true } else { false } }

    /// One sentence that says what is wrong, and with which file.
    public var message: String {
        switch kind {
        case .noStore: "\(path) holds no store"
        case .storeExists: "\(path) holds a store already"
        case .wrongChain(let found, let expected):
            "\(path) is the log of chain \(found), and the genesis configuration is that of \(expected)"
        case .wrongReplica(let found, let expected):
            "\(path) is the log of replica \(found), and the key is that of \(expected)"
        case .damaged(let table, let key):
            "\(path) is damaged\(table.map { ", in table \($0)" } ?? "")\(key.map { ", key \($0)" } ?? ""): \(detail)"
        case .newerFormat(let found, let known):
            "\(path) is of format \(found), and this version knows formats up to \(known)"
        case .inUse(let process): "\(path) is in use by \(process.map { "process \($0)" } ?? "another replica")"
        case .noPermission: "\(path) may not be read and written: \(detail)"
        case .readOnlyFileSystem: "the file system of \(path) can only be read: \(detail)"
        case .diskFull: "the disk is full under \(path): \(detail)"
        case .mapFull: "\(path) is as large as it may get: \(detail)"
        case .tooManyReaders: "\(path) has as many readers as it may have: \(detail)"
        case .inputOutput: "the disk under \(path) failed: \(detail)"
        case .fileChanged: "\(path) was changed by somebody else: \(detail)"
        case .closed: "\(path) was closed"
        case .failed: "\(path): \(detail)"
        }
    }

    /// One sentence that says what to do.
    public var remedy: String {
        switch kind {
        case .noStore: "format one; for a replica that had one and lost it, one that says so (hotstuff forget)"
        case .storeExists: "use it, or choose another directory; a store that has signed must not be replaced"
        case .wrongChain: "give the genesis configuration that the store was formatted with, or another directory"
        case .wrongReplica: "give the key that the store was formatted with, or another directory"
        case .damaged:
            damagedBlock == nil
                ? "keep a copy; check the disk; move the log away, then let the replica begin anew (hotstuff forget)"
                : "a replica with peers fetches the block again by itself; without any, put back a backup"
        case .fileChanged: "find out who did; then start the replica again, which finds out what is left"
        case .newerFormat: "run the version that wrote it, or a later one"
        case .inUse: "stop the other one, or choose another directory"
        case .noPermission: "run as the directory's owner, or give this user the right to read and write it"
        case .readOnlyFileSystem: "find out why; mount it to be written, then start the replica again"
        case .mapFull: "keep fewer blocks, or give the store a higher limit"
        case .tooManyReaders: "end tools that read the log, such as hotstuff log, then start the replica again"
        case .inputOutput:
            "see what the system's log says of the disk, then start the replica again; nothing that was acknowledged is lost"
        case .diskFull: "make room, then start the replica again; nothing that was acknowledged is lost"
        case .closed: "open it again"
        case .failed: "see to the cause, then start the replica again; nothing that was acknowledged is lost"
        }
    }

    /// Message and remedy, on one line.
    public var description: String { "\(message): \(remedy)" }
}
