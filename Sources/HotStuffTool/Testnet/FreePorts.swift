import Foundation

/// Ports on the loopback address that nobody listens at.
enum FreePorts {
    /// So many different ones, which the system has chosen; whoever is quicker may still take one.
    static func find(_ count: Int) throws -> [UInt16] {
        // All are held until all are found, or the system could give one twice.
        let sockets = try (0..<count).map { _ in try bind() }
        return sockets.map(\.port)
    }

    private static func bind() throws -> (socket: Descriptor, port: UInt16) {
        #if canImport(Glibc)
        let kind = CInt(SOCK_STREAM.rawValue)
        #else
        let kind = SOCK_STREAM
        #endif
        let number = socket(AF_INET, kind, 0)
        guard number >= 0 else { throw ToolError(system: "cannot make a socket") }
        let descriptor = Descriptor(number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let bound = Foundation.bind(number, address, size)
                return bound == 0 ? getsockname(number, address, &size) : bound
            }
        }
        guard result == 0 else { throw ToolError(system: "cannot find a free port on 127.0.0.1") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
