internal import HotStuffCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The few things done to directories before and after LMDB has them.
enum FileTree {
    /// Makes a directory for this user's eyes only, durably, unless there is one; its parents must be there.
    static func makeDirectory(_ path: String) throws(StorageError) {
        guard mkdir(path, 0o700) != 0 else { return try LockedDirectory.sync("\(path)/..") }
        guard errno == EEXIST else { throw .system("mkdir", path: path) }
    }

    /// Makes a new directory under `TMPDIR`, or `/tmp`.
    static func makeTemporaryDirectory() throws(StorageError) -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/hotstuff-listener-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .system("mkdtemp", path: parent) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether there is nothing at `path`, or a directory with nothing in it.
    static func isAbsentOrEmpty(_ path: String) throws(StorageError) -> Bool {
        guard let names = try entries(of: path) else { return true }
        return names.isEmpty
    }

    /// Removes what is at `path`, and everything in it if it is a directory; nothing if nothing is there.
    ///
    /// Symbolic links are removed, not followed.
    static func remove(_ path: String) throws(StorageError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .system("lstat", path: path) }
            return
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try entries(of: path) ?? [] { try remove("\(path)/\(name)") }
        }
        guard systemRemove(path) == 0 else { throw .system("remove", path: path) }
    }

    /// Whether there is anything at `path`.
    static func exists(_ path: String) throws(StorageError) -> Bool {
        var status = stat()
        if lstat(path, &status) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw .system("lstat", path: path) }
        return false
    }

    /// The size of a file in bytes.
    static func size(_ path: String) throws(StorageError) -> ByteCount {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .system("lstat", path: path) }
        return .bytes(Int(status.st_size))
    }

    /// Gives what is at `path` another name; replaces an empty directory there.
    static func rename(_ path: String, to new: String) throws(StorageError) {
        guard systemRename(path, new) == 0 else { throw .system("rename to \(new)", path: path) }
    }

    /// The names in a directory; nil if there is none.
    private static func entries(of path: String) throws(StorageError) -> [String]? {
        guard let directory = opendir(path) else {
            guard errno == ENOENT else { throw .system("opendir", path: path) }
            return nil
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// A directory in which no other process formats a store meanwhile; given up when this value or the process ends.
struct LockedDirectory: ~Copyable {
    private let path: String
    private let number: CInt

    /// Takes the lock without waiting.
    init(_ path: String) throws(StorageError) {
        let number = try LockedDirectory.open(path)
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            let error =
                errno == EWOULDBLOCK
                ? StorageError(.inUse(processID: nil), path: path, detail: "another process formats a store there")
                : .system("flock", path: path)
            close(number)
            throw error
        }
        self.path = path
        self.number = number
    }

    deinit {
        // By name: a child process that this one is just making has the descriptor too, and with it the lock.
        flock(number, LOCK_UN)
        close(number)
    }

    /// Makes the directory's entries durable.
    borrowing func sync() throws(StorageError) {
        guard fsync(number) == 0 else { throw .system("fsync", path: path) }
    }

    /// Makes a directory's entries durable.
    static func sync(_ path: String) throws(StorageError) {
        let number = try open(path)
        defer { close(number) }
        guard fsync(number) == 0 else { throw .system("fsync", path: path) }
    }

    private static func open(_ path: String) throws(StorageError) -> CInt {
        let number = systemOpen(path)
        guard number >= 0 else { throw .system("open", path: path) }
        return number
    }
}

// Members of these names hide the system's calls within their types.
private func systemRemove(_ path: String) -> CInt { remove(path) }
private func systemRename(_ path: String, _ new: String) -> CInt { rename(path, new) }
private func systemOpen(_ path: String) -> CInt { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
