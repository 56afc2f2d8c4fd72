import HotStuff
import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The files of a small network in a directory of its own, which goes when the network does.
final class Network: Sendable {
    let directory: String
    let configurations: [Configuration]

    /// A network of `count` replicas on this machine, with formatted logs.
    init(_ count: Int, change: (inout Genesis) -> Void = { _ in }) throws {
        let directory = try makeTemporaryDirectory()
        self.directory = directory
        let identities = (0..<count).map { Identity(seed: Array(repeating: UInt8($0 + 1), count: 32)) }.compactMap { $0 }
        var genesis = Genesis(
            chainName: "test \(directory)",
            validators: try ValidatorSet(identities.map { Validator(key: $0.key, power: 1) }))
        change(&genesis)
        let ports = try freePorts(count)
        var peers = PeerDirectory()
        for (identity, port) in zip(identities, ports) {
            peers[identity.key] = Endpoint(host: "127.0.0.1", port: port)
        }
        configurations = try zip(identities, ports).enumerated().map { number, place in
            var configuration = Configuration(
                genesis: genesis, identity: place.0, directory: "\(directory)/replica-\(number)",
                listen: Endpoint(host: "127.0.0.1", port: place.1), peers: peers)
            configuration.logger.logLevel = .error
            try Replica.format(configuration)
            return configuration
        }
    }

    deinit { removeDirectory(directory) }

    /// The place of the replica with this key.
    func place(of key: ValidatorKey) -> Int? { configurations.firstIndex { $0.identity.key == key } }
}

/// A new directory that nobody else uses.
func makeTemporaryDirectory() throws -> String {
    var template = Array("/tmp/hotstuff-test-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template) else { throw POSIXFailure(code: errno) }
    return String(cString: path)
}

/// Removes a directory and all in it.
func removeDirectory(_ path: String) {
    guard let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        let child = "\(path)/\(name)"
        if unlink(child) != 0 { removeDirectory(child) }
    }
    closedir(directory)
    rmdir(path)
}

/// Ports that nobody listens at just now.
func freePorts(_ count: Int) throws -> [UInt16] {
    var sockets: [CInt] = []
    defer { for socket in sockets { close(socket) } }
    return try (0..<count).map { _ in
        let (socket, port) = try listenAnywhere()
        sockets.append(socket)
        return port
    }
}

/// A listening socket and its port; whoever asks closes it.
func listenAnywhere() throws -> (socket: CInt, port: UInt16) {
    #if canImport(Darwin)
    let socket = socket(AF_INET, SOCK_STREAM, 0)
    #else
    let socket = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(socket, address, length) == 0 && listen(socket, 1) == 0 && getsockname(socket, address, &length) == 0
        }
    }
    guard socket >= 0, result else { throw POSIXFailure(code: errno) }
    return (socket, UInt16(bigEndian: address.sin_port))
}

/// Closes a socket of `listenAnywhere`.
func closeSocket(_ socket: CInt) { close(socket) }

/// A failed system call.
struct POSIXFailure: Error {
    let code: CInt
}
