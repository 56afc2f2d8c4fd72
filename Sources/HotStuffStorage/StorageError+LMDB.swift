internal import LMDB

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

extension StorageError {
    /// What an error of LMDB's means for the store.
    init(_ error: LMDBError) {
        let kind: Kind =
            switch error.kind {
            case .storeMissing: .noStore
            case .openInThisProcess: .inUse(processID: getpid())
            case .ownedByAnotherProcess(let process): .inUse(processID: process)
            case .corrupted: .damaged(table: error.database, key: nil)
            case .notFound: .damaged(table: error.database, key: nil)
            case .wrongFormat: .damaged(table: error.database, key: nil)
            case .fileChanged: .fileChanged
            case .readOnly: .noPermission
            case .mapFull: .mapFull
            case .readersFull: .tooManyReaders
            case .closed: .closed
            case .system: Kind(errno: error.code, path: error.path)
            default: .failed
            }
        self.init(kind, path: error.path, detail: "\(error.operation): \(error.message) [\(error.code)]")
    }

    /// The `errno` of a system call, which must not have been changed since.
    static func system(_ call: String, path: String) -> StorageError {
        let code = errno
        return StorageError(
            Kind(errno: code, path: path), path: path, detail: "\(call): \(String(cString: strerror(code))) [\(code)]")
    }

    /// Runs `body` and gives every error that comes out of it this type.
    static func wrapping<Result>(path: String, _ body: () throws -> Result) throws(StorageError) -> Result {
        do {
            return try body()
        } catch {
            if let error = error as? StorageError { throw error }
            if let error = error as? LMDBError { throw StorageError(error) }
            throw StorageError(.failed, path: path, detail: "\(error)")
        }
    }
}

extension StorageError.Kind {
    /// What an `errno` means for a store under `path`.
    init(errno code: Int32, path: String) {
        switch code {
        case ENOSPC, EDQUOT: self = .diskFull
        case EACCES, EPERM: self = .noPermission
        case EROFS: self = .readOnlyFileSystem
        // LMDB reports a write that was cut short as EIO, whatever cut it short.
        case EIO where Self.isFull(path): self = .diskFull
        case EIO: self = .inputOutput
        default: self = .failed
        }
    }

    private static func isFull(_ path: String) -> Bool {
        ReplicaStore.freeSpace(at: path).map { $0 < .mebibytes(1) } ?? false
    }
}
