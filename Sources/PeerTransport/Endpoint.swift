/// Where a peer listens: a host name or numeric address, and a TCP port.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A name to resolve, or an IPv4 or IPv6 address without brackets.
    public var host: String
    /// The TCP port; 0 asks the system for a free one, when listening.
    public var port: UInt16

    /// Names a host and port; nothing is resolved yet.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `host:port`, with brackets around an IPv6 address.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
