import Foundation

/// A file descriptor that is closed when its last user is gone.
final class Descriptor: Sendable {
    /// The number that the system knows it by.
    let number: CInt

    /// Takes over a descriptor; no child process inherits it.
    init(_ number: CInt) {
        self.number = number
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(number) }

    /// Makes reads and writes return at once.
    func stopBlocking() { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }

    /// Both ends of a new pipe.
    static func pipe() throws -> (reading: Descriptor, writing: Descriptor) {
        var ends: [CInt] = [0, 0]
        guard Foundation.pipe(&ends) == 0 else { throw ToolError(system: "cannot make a pipe") }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }
}

extension ToolError {
    /// A call of the system failed, and `errno` says why.
    init(system what: String, remedy: String = "see what the system says") {
        self.init("\(what): \(String(cString: strerror(errno)))", remedy: remedy)
    }
}

/// Sockets in the file system, which only processes on this machine can reach.
enum UnixSocket {
    /// How many bytes a path may have: what fits into an address, its terminating zero included.
    static let longestPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    #if canImport(Darwin)
    /// What keeps a write to a connection that is gone from ending the process: there, a property of the socket.
    static let noSignal: CInt = 0
    #else
    /// What keeps a write to a connection that is gone from ending the process.
    static let noSignal = CInt(MSG_NOSIGNAL)
    #endif

    /// Listens at `path`, where only this user may connect; takes the place of a socket that nobody listens at any more.
    ///
    /// The caller owns the directory, so whoever listened there is gone.
    static func listen(at path: String) throws -> Descriptor {
        let socket = try make()
        var facts = stat()
        if lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
        let bound = try withAddress(of: path) { bind(socket.number, $0, $1) }
        guard bound == 0 else { throw failure("cannot make the control socket \(path)") }
        // Nobody can connect before `listen`, so there is no moment in which others could.
        guard chmod(path, 0o600) == 0, Foundation.listen(socket.number, 16) == 0 else {
            throw failure("cannot listen at the control socket \(path)")
        }
        socket.stopBlocking()
        return socket
    }

    /// Connects to whoever listens at `path`.
    static func connect(to path: String) throws -> Descriptor {
        let socket = try make()
        let connected = try withAddress(of: path) { Foundation.connect(socket.number, $0, $1) }
        guard connected == 0 else { throw failure("cannot connect to the control socket \(path)") }
        return connection(socket)
    }

    /// Takes the next connection; nil if none waits.
    static func accept(at listener: Descriptor) -> Descriptor? {
        let number = Foundation.accept(listener.number, nil, nil)
        return number < 0 ? nil : connection(Descriptor(number))
    }

    /// A connection that does not block, and does not end the process when it breaks.
    private static func connection(_ socket: Descriptor) -> Descriptor {
        socket.stopBlocking()
        #if canImport(Darwin)
        var isOn: CInt = 1
        setsockopt(socket.number, SOL_SOCKET, SO_NOSIGPIPE, &isOn, socklen_t(MemoryLayout<CInt>.size))
        #endif
        return socket
    }

    private static func make() throws -> Descriptor {
        #if canImport(Glibc)
        let kind = CInt(SOCK_STREAM.rawValue)
        #else
        let kind = SOCK_STREAM
        #endif
        let number = socket(AF_UNIX, kind, 0)
        guard number >= 0 else { throw ToolError(system: "cannot make a socket") }
        return Descriptor(number)
    }

    private static func withAddress(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws -> CInt {
        guard path.utf8.count <= longestPath else {
            throw ToolError(
                "the control socket's path \(path) has \(path.utf8.count) bytes, and a socket's may have \(longestPath)",
                remedy: "use a directory with a shorter path")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ what: String) -> ToolError {
        ToolError(system: what, remedy: "see that the directory exists, and that this user may write to it")
    }
}
