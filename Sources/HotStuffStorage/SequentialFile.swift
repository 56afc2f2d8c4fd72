#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A file that is written or read from its beginning to its end.
struct SequentialFile: ~Copyable {
    let path: String
    private let number: CInt

    /// Makes a new file for this user's eyes only; what is there already is not overwritten.
    init(making path: String) throws(StorageError) {
        try self.init(path, O_WRONLY | O_CREAT | O_EXCL)
    }

    /// Opens a file for reading.
    init(reading path: String) throws(StorageError) { try self.init(path, O_RDONLY) }

    private init(_ path: String, _ flags: CInt) throws(StorageError) {
        let number = openFile(path, flags | O_CLOEXEC)
        guard number >= 0 else { throw .system("open", path: path) }
        self.path = path
        self.number = number
    }

    deinit { close(number) }

    /// Appends all of these bytes.
    borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = writeBytes(number, start, rest.count)
            guard count >= 0 || errno == EINTR else { throw .system("write", path: path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[max(0, count)...])
        }
    }

    /// Appends all of these bytes.
    borrowing func write(_ bytes: [UInt8]) throws(StorageError) {
        try bytes.span.bytes.withUnsafeBytes { bytes throws(StorageError) in try write(bytes) }
    }

    /// The next `count` bytes; nil if the file ends before the first of them.
    ///
    /// - Parameter count: held against a limit before: so much memory is set aside.
    borrowing func read(_ count: Int) throws(StorageError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes[done...].withUnsafeMutableBytes { readBytes(number, $0) }
            guard got >= 0 || errno == EINTR else { throw .system("read", path: path) }
            if got == 0 {
                guard done == 0 else { throw StorageError(.failed, path: path, detail: "the file is cut off") }
                return nil
            }
            done += max(0, got)
        }
        return bytes
    }

    /// Waits until the file is on the disk.
    borrowing func sync() throws(StorageError) {
        guard fsync(number) == 0 else { throw .system("fsync", path: path) }
    }
}

// Members of these names hide the system's calls within the type.
private func openFile(_ path: String, _ flags: CInt) -> CInt { open(path, flags, 0o600) }
private func writeBytes(_ number: CInt, _ start: UnsafeRawPointer, _ count: Int) -> Int { write(number, start, count) }
private func readBytes(_ number: CInt, _ target: UnsafeMutableRawBufferPointer) -> Int {
    read(number, target.baseAddress, target.count)
}
