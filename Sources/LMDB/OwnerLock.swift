#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The one process that may write to a directory: an exclusive `flock` on `owner.lock` in it, given up when this value
/// or the process ends, however it ends.
///
/// LMDB's own lock file lets any number of processes in, one writing after the other; two replicas on one directory
/// would each sign votes that the other's record knows nothing of. `flock` and not `fcntl`, as an `fcntl` lock is lost
/// when *any* descriptor of the file is closed in the process.
struct OwnerLock: ~Copyable {
    /// The lock file's name within the directory.
    ///
    /// It stays there when the lock is given up: removing it would let a third process lock a new file while a second
    /// one still waits on the old.
    static let fileName = "owner.lock"

    private let file: FileDescriptor

    /// Takes the lock without waiting and writes this process's id, in decimal, into the file.
    ///
    /// - Throws: kind ``LMDBError/Kind/ownedByAnotherProcess(processID:)``, or the system's error.
    init(directory: String) throws(LMDBError) {
        let file = try FileDescriptor(
            opening: "\(directory)/\(OwnerLock.fileName)", O_RDWR | O_CREAT, store: directory)
        var result: CInt
        repeat { result = flock(file.number, LOCK_EX | LOCK_NB) } while result < 0 && errno == EINTR
        guard result == 0 else {
            let code = errno
            guard code == EWOULDBLOCK else { throw LMDBError(code: code, operation: "flock", path: directory) }
            let owner = OwnerLock.processID(in: file)
            let name = owner.map { "another process (pid \($0))" } ?? "another process"
            throw LMDBError(
                kind: .ownedByAnotherProcess(processID: owner), code: code,
                message: "the directory is in use by \(name)", operation: "flock \(OwnerLock.fileName)",
                path: directory)
        }
        self.file = file
        // The id only helps whoever reads the refusal; the lock holds without it, so a failure here is no failure.
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(self.file.number, 0) == 0 { _ = pwrite(self.file.number, text, text.count, 0) }
    }

    deinit {
        _ = ftruncate(file.number, 0)
        // Not by closing alone: a child process that was forked meanwhile has the descriptor until it runs its program.
        _ = flock(file.number, LOCK_UN)
    }

    private static func processID(in file: borrowing FileDescriptor) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(file.number, &text, text.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: text[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
