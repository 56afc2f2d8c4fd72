#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Small files of configuration: read whole and written whole, with errors that name the file.
enum TextFile {
    /// No configuration file is longer; application data of 16 MiB in base64 fits into a genesis.
    static let longest = 32 << 20

    /// The bytes of the file at `path`.
    ///
    /// - Parameters:
    ///   - what: what the file is, for the error.
    ///   - isSecret: whether a file that others than its owner may read is refused.
    /// - Throws: `ReplicaError.Code.invalidConfiguration`.
    static func read(_ path: String, what: String, isSecret: Bool = false) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("cannot open the \(what) \(path)", errno) }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw failure("cannot look at the \(what) \(path)", errno) }
        guard facts.st_mode & S_IFMT != S_IFDIR else {
            throw ReplicaError(
                .invalidConfiguration, "the \(what) \(path) is a directory", remedy: "name the file in it")
        }
        guard !isSecret || facts.st_mode & 0o077 == 0 else {
            throw ReplicaError(
                .invalidConfiguration, "the \(what) \(path) can be read by others than its owner",
                remedy: "run chmod 600 \(path), and think about who may have read it")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(from: file, into: $0) }
            guard count >= 0 else { throw failure("cannot read the \(what) \(path)", errno) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= longest else {
                throw ReplicaError(
                    .invalidConfiguration, "the \(what) \(path) has more than \(ByteCount.bytes(longest))",
                    remedy: "name another file")
            }
        }
    }

    /// Makes a file that did not exist; only its owner may read one with a secret.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`, also if there is such a file.
    static func write(_ bytes: [UInt8], to path: String, what: String, isSecret: Bool = false) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isSecret ? 0o600 : 0o644)
        guard file >= 0 else { throw failure("cannot create the \(what) \(path)", errno) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write($0, to: file) }
            guard count > 0 else { throw failure("cannot write the \(what) \(path)", errno) }
            written += count
        }
        guard fsync(file) == 0 else { throw failure("cannot sync the \(what) \(path)", errno) }
    }

    /// `path`, seen from the directory of the file `file` if it is relative.
    static func resolve(_ path: String, relativeTo file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    /// `path`, as it is seen from the directory of the file `file` if it lies below that.
    static func shorten(_ path: String, relativeTo file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return path }
        let directory = file[...slash]
        return path.hasPrefix(directory) && path.count > directory.count
            ? String(path.dropFirst(directory.count)) : path
    }

    private static func read(from file: CInt, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            #if canImport(Glibc)
            let count = Glibc.read(file, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
            let count = Musl.read(file, buffer.baseAddress, buffer.count)
            #elseif canImport(Darwin)
            let count = Darwin.read(file, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 || errno != EINTR { return count }
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: CInt) -> Int {
        while true {
            #if canImport(Glibc)
            let count = Glibc.write(file, bytes.baseAddress, bytes.count)
            #elseif canImport(Musl)
            let count = Musl.write(file, bytes.baseAddress, bytes.count)
            #elseif canImport(Darwin)
            let count = Darwin.write(file, bytes.baseAddress, bytes.count)
            #endif
            if count >= 0 || errno != EINTR { return count }
        }
    }

    private static func failure(_ what: String, _ code: CInt) -> ReplicaError {
        let remedy =
            switch code {
            case ENOENT: "check the path; hotstuff testnet writes a directory with all files of a network"
            case EACCES, EPERM: "give this user the right to it"
            case EEXIST: "choose another place, or remove what is there if nobody needs it"
            default: "see what the system says"
            }
        return ReplicaError(.invalidConfiguration, "\(what): \(String(cString: strerror(code)))", remedy: remedy)
    }
}
