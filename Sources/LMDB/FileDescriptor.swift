#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// An open file or directory, closed when this value ends.
struct FileDescriptor: ~Copyable {
    /// The system's number for it.
    let number: CInt

    /// Opens `path`, close-on-exec, so that no child process keeps a lock that its parent gave up.
    ///
    /// - Throws: the `errno` of `open`, as an error about `store`.
    init(opening path: String, _ flags: CInt, mode: mode_t = 0o600, store: String) throws(LMDBError) {
        var number: CInt
        repeat { number = open(path, flags | O_CLOEXEC, mode) } while number < 0 && errno == EINTR
        guard number >= 0 else { throw LMDBError(code: errno, operation: "open \(path)", path: store) }
        self.number = number
    }

    deinit { _ = close(number) }

    /// Which file it is, whatever path led there.
    func identity(store: String) throws(LMDBError) -> FileIdentity {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw LMDBError(code: errno, operation: "fstat", path: store) }
        return FileIdentity(device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(status.st_ino))
    }

    /// Waits until all of the file that the kernel holds is on the disk.
    func sync(store: String) throws(LMDBError) { try FileDescriptor.sync(number, store: store) }

    /// Waits until all of the file that the kernel holds is on the disk.
    ///
    /// - Throws: the `errno` of `fsync`. Trying again would prove nothing: after a failure kernels mark the lost pages
    ///   clean, and the second attempt succeeds without them.
    static func sync(_ number: CInt, store: String) throws(LMDBError) {
        var result: CInt
        #if canImport(Darwin)
        // There, fsync stops at the drive's cache.
        repeat { result = fcntl(number, F_FULLFSYNC) } while result < 0 && errno == EINTR
        #else
        repeat { result = fsync(number) } while result < 0 && errno == EINTR
        #endif
        guard result >= 0 else { throw LMDBError(code: errno, operation: "fsync", path: store) }
    }
}

/// A file, told from all others on the machine while it is held open.
struct FileIdentity: Sendable, Hashable {
    /// The device that it is on.
    let device: UInt64
    /// Its number there (inode).
    let number: UInt64
}
