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
    private let reservations: [Reservation]

    /// A network of `count` replicas on this machine, with formatted logs.
    init(_ count: Int, change: (inout Genesis) -> Void = { _ in }) throws {
        let directory = try makeTemporaryDirectory()
        self.directory = directory
        let identities = (0..<count).compactMap { Identity(seed: Array(repeating: UInt8($0 + 1), count: 32)) }
        var genesis = Genesis(
            chainName: "test \(directory)",
            validators: try ValidatorSet(identities.map { Validator(key: $0.key, power: 1) }))
        change(&genesis)
        reservations = try (0..<count).map { _ in try Reservation() }
        let ports = reservations.map(\.port)
        var peers = PeerDirectory()
        for (identity, port) in zip(identities, ports) {
            peers[identity.key] = Endpoint(host: "127.0.0.1", port: port)
        }
        configurations = try zip(identities, ports).enumerated().map { number, place in
            var configuration = Configuration(
                genesis: genesis, identity: place.0, directory: "\(directory)/replica-\(number)",
                listen: Endpoint(host: "127.0.0.1", port: place.1), peers: peers)
            configuration.logger.logLevel = .error
            // Long, so that no view is lost because the machine is busy; tests of timers set their own.
            configuration.viewDuration = ExponentialViewDuration(base: .seconds(20), ceiling: .seconds(60))
            try Replica.format(configuration)
            return configuration
        }
    }

    deinit { removeDirectory(directory) }

    /// The place of the replica with this key.
    func place(of key: ValidatorKey) -> Int? { configurations.firstIndex { $0.identity.key == key } }
}

extension Configuration {
    /// Whether this replica leads the first view.
    var isFirstLeader: Bool {
        genesis.firstEpoch.leader(of: View(0), by: genesis.rotation).key == identity.key
    }
}

extension Network {
    /// The configurations of all but one replica; at other addresses they reach each other, not that
    /// one, and soon give its view up.
    func others(than place: Int, atOtherAddresses isApart: Bool) throws -> [Configuration] {
        let reservations = try configurations.map { _ in try Reservation() }
        var peers = PeerDirectory()
        for (number, reservation) in reservations.enumerated() where number != place {
            peers[configurations[number].identity.key] = Endpoint(host: "127.0.0.1", port: reservation.port)
        }
        return zip(configurations, reservations).enumerated().filter { $0.offset != place }.map { _, pair in
            var configuration = pair.0
            guard isApart else { return configuration }
            configuration.viewDuration = ExponentialViewDuration(base: .milliseconds(100), ceiling: .seconds(1))
            configuration.peers = peers
            configuration.listen = Endpoint(host: "127.0.0.1", port: pair.1.port)
            return configuration
        }
    }
}

extension Network {
    /// The configuration of a stranger who knows one of the replicas and no other.
    func listener(of place: Int) throws -> Configuration {
        let known = configurations[place]
        // Of two the one with the smaller key dials.
        let identities = (100...200).lazy.compactMap { Identity(seed: Array(repeating: $0, count: 32)) }
        guard let identity = identities.first(where: { $0.key < known.identity.key }) else {
            throw ReplicaError(.wrongChain, "no key is small enough", remedy: "look through more of them")
        }
        var configuration = known
        configuration.identity = identity
        configuration.directory = "\(directory)/listener"
        configuration.listen = Endpoint(host: "127.0.0.1", port: 0)
        configuration.peers = PeerDirectory([known.identity.key: known.listen])
        return configuration
    }
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

/// A port that the system gives to nobody else as long as this lives, though who asks for it by number may listen there.
final class Reservation: Sendable {
    let port: UInt16
    private let socket: CInt

    init() throws { (socket, port) = try bindAnywhere() }

    deinit { close(socket) }
}

/// A listening socket and its port; whoever asks closes it.
func listenAnywhere() throws -> (socket: CInt, port: UInt16) {
    let (socket, port) = try bindAnywhere()
    guard listen(socket, 1) == 0 else { throw POSIXFailure(code: errno) }
    return (socket, port)
}

private func bindAnywhere() throws -> (socket: CInt, port: UInt16) {
    #if canImport(Darwin)
    let socket = socket(AF_INET, SOCK_STREAM, 0)
    #else
    let socket = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    #endif
    var yes: CInt = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(socket, address, length) == 0 && getsockname(socket, address, &length) == 0
        }
    }
    guard socket >= 0, isBound else { throw POSIXFailure(code: errno) }
    return (socket, UInt16(bigEndian: address.sin_port))
}

/// Closes a socket of `listenAnywhere`.
func closeSocket(_ socket: CInt) { close(socket) }

/// A failed system call.
struct POSIXFailure: Error {
    let code: CInt
}
